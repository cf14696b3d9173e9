import { buildReport } from '../../src/report/build-report.ts';
import { paperFigures, runsOfFigures } from './paper-runs.ts';
import { syntheticRun, uniforms } from './synthetic-run.ts';

const random = uniforms(3);
const example = {
  name: 'a clip',
  map: { rows: 98, columns: 64, values: Float32Array.from({ length: 98 * 64 }, () => random()) },
};

describe('the report', () => {
  const words = { name: 'words', dataset: 'words', classes: ['yes', '<script>alert(1)</script>'], accuracy: 0.9 };
  const runs = [0, 1].flatMap((seed) =>
    [0, 1].map((complexity) =>
      syntheticRun({
        name: 'tiny <b>',
        pooling: 'diffstride',
        seed,
        complexity,
        tasks: [words],
        strides: [
          [1.8 + 0.01 * seed, 1.9],
          [2.1, 2.2],
        ],
        steps: 60,
      }),
    ),
  );
  const report = buildReport(runs, { title: 'A & B', example });

  test('is one file that loads nothing and runs nothing', async () => {
    const { html } = await report;
    expect(html).not.toMatch(/<script|<link|@import|<iframe|javascript:|\son\w+=/i);
    for (const [, target] of html.matchAll(/(?:src|href)="([^"]*)"/g)) {
      expect(target).toMatch(/^(#|data:image\/png;base64,)/);
    }
    expect(html).not.toMatch(/url\((?!#)/);
  });

  test('escapes what comes from runs', async () => {
    const { html } = await report;
    expect(html).toContain('<title>A &amp; B</title>');
    expect(html).not.toContain('<b>tiny');
    expect(html).not.toContain('tiny <b>');
    expect(html).toContain('&lt;script&gt;');
  });

  test('has a text alternative and a table for every drawing but the spectrograms', async () => {
    const { html } = await report;
    const drawings = html.match(/<svg role="img" aria-label="[^"]{20,}"/g) ?? [];
    expect(drawings.length).toBe((html.match(/<svg /g) ?? []).length);
    expect((html.match(/<summary>As a table<\/summary>/g) ?? []).length).toBe(drawings.length - 1);
  });

  test('numbers its figures in order', async () => {
    const numbers = [...(await report).html.matchAll(/<b>Figure (\d+)\.<\/b>/g)].map(([, number]) => Number(number));
    expect(numbers).toEqual(numbers.map((_, index) => index + 1));
    expect(numbers.length).toBeGreaterThan(7);
  });

  test('follows the reader’s light or dark preference and prints on white', async () => {
    const { html } = await report;
    expect(html).toContain('prefers-color-scheme: dark');
    expect(html).toContain('@media print');
    const used = new Set([...html.matchAll(/var\((--[\w-]+)\)/g)].map(([, name]) => name));
    for (const name of used) expect(html).toMatch(new RegExp(`${name}: #`));
  });

  test('shows strides, curves, confusions, the regulariser and cut-offs', async () => {
    const { html } = await report;
    for (const id of [
      'figure-4',
      'first-layer',
      'first-layer-masks',
      'stride-distribution',
      'global-striding',
      'strides-1',
      'validation-accuracy',
      'training-loss',
      'confusion-1-words',
      'cut-offs',
      'table-2',
      'runs',
    ]) {
      expect(html).toContain(`id="${id}"`);
    }
    const ids = [...html.matchAll(/ id="([^"]*)"/g)].map(([, id]) => id);
    expect(ids).toEqual([...new Set(ids)]);
  });

  test('has the paper’s tables where the runs fill them', async () => {
    const full = await buildReport(runsOfFigures(paperFigures).map((run) => ({ ...run, metrics: [] })));
    expect(full.tables.map((table) => table.id)).toEqual(
      expect.arrayContaining(['table-1', 'table-2', 'table-a1', 'table-a7', 'differences']),
    );
    expect(full.html).toContain('the paper prints 85.0 ± 9.3; by its own rows it is 85.9 ± 9.7.');
  });
});
