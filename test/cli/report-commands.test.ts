import { existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { syntheticRun, writeSyntheticRun } from '../report/synthetic-run.ts';
import { runCli } from './run-cli.ts';

const folder = mkdtempSync(path.join(tmpdir(), 'spectride-reports-'));
afterAll(() => rmSync(folder, { recursive: true }));

/** The first layer's strides of the paper's row "acoustic scenes". */
const strides: [number, number][] = [
  [1.94, 2.021],
  [1.89, 1.972],
  [1.84, 1.986],
];
const clips = 100;
const task = { name: 'words', dataset: 'words', classes: ['yes', 'no'], accuracy: 0.9, clips };

/** Clips of which the first `correct` are right. */
function predictions(correct: number): string {
  return Array.from({ length: clips }, (_, index) => {
    const predicted = index < correct ? 'yes' : 'no';
    return JSON.stringify({ task: 'words', id: `clip-${index}`, truth: 'yes', predicted, probability: 0.9 });
  }).join('\n');
}

strides.forEach(([time, frequency], seed) => {
  const run = syntheticRun({
    name: 'scenes',
    pooling: 'diffstride',
    seed,
    tasks: [task],
    strides: [
      [time, frequency],
      [2, 2],
      [1, 1],
      [2, 2],
      [1, 1],
      [2, 2],
    ],
    steps: 60,
  });
  const directory = path.join(folder, 'runs', `scenes-${seed}`);
  writeSyntheticRun(run, directory);
  writeFileSync(path.join(directory, 'predictions.test.jsonl'), predictions(90 - 2 * seed));
});
const runs = [0, 1, 2].map((seed) => path.join(folder, 'runs', `scenes-${seed}`));

describe('spectride cutoffs', () => {
  test('prints the row of Table 2 for three seeds, from their folders or the folder above', async () => {
    const one = await runCli(['cutoffs', ...runs, '--layer', '1', '--convention', 'paper']);
    expect(one).toMatchObject({ code: 0, stderr: '' });
    for (const figure of ['1.89 ± 0.05', '1.99 ± 0.03', '26.25 ± 0.63', '0.2448 ± 0.0090']) {
      expect(one.stdout).toContain(figure);
    }
    expect((await runCli(['cutoffs', path.join(folder, 'runs'), '--layer', '1', '--convention', 'paper'])).stdout).toBe(
      one.stdout,
    );
  });

  test('prints one JSON document with full precision', async () => {
    const { stdout } = await runCli(['cutoffs', ...runs, '--layer', '1', '--json']);
    const [group] = (JSON.parse(stdout) as { groups: { time: { paper: { mean: number; count: number } } }[] }).groups;
    expect(group?.time.paper).toMatchObject({ mean: 26.25, count: 3 });
  });

  test('refuses a layer that no run has, and a folder without runs', async () => {
    const layer = await runCli(['cutoffs', ...runs, '--layer', '7']);
    expect(layer).toMatchObject({ code: 2, stdout: '' });
    expect(layer.stderr).toBe('spectride: --layer: expected a layer from 1 to 6, found 7\n');
    const empty = await runCli(['cutoffs', path.join(folder, 'runs', 'scenes-0', 'none')]);
    expect(empty).toMatchObject({ code: 2, stdout: '' });
  });

  test('names the file of a run folder that is half written', async () => {
    const half = path.join(folder, 'half');
    writeSyntheticRun(syntheticRun({ name: 'half', pooling: 'strided', seed: 0, tasks: [task], steps: 60 }), half);
    rmSync(path.join(half, 'labels.json'));
    const { code, stderr } = await runCli(['cutoffs', half]);
    expect(code).toBe(2);
    expect(stderr).toContain('half');
    rmSync(half, { recursive: true });
  });
});

describe('spectride compare', () => {
  test('says that two clips of a hundred are noise', async () => {
    const [first = '', second = ''] = runs;
    const { code, stdout } = await runCli(['compare', first, second]);
    expect(code).toBe(0);
    // Only the first run is right on two clips, the second on none: a coin shows that with probability 0.5.
    expect(stdout).toMatch(/words\s+100\s+90\.0\s+88\.0\s+−2\.0\s+.*\s2\s+0\s+0\.500\s+within noise/);
  });

  test('refuses a folder of several runs, rather than take the first of them', async () => {
    const [first = '', second = ''] = runs;
    const several = path.dirname(first);
    const { code, stderr } = await runCli(['compare', second, several]);
    expect(code).toBe(2);
    expect(stderr).toMatch(/expected one run, found \d+; name one of them/);
  });

  test('refuses runs that were not scored on the same clips', async () => {
    const [first = '', second = ''] = runs;
    const other = path.join(folder, 'other');
    writeSyntheticRun(
      syntheticRun({
        name: 'x',
        pooling: 'strided',
        seed: 0,
        tasks: [{ name: 'words', dataset: 'words', classes: ['a', 'b'], accuracy: 1 }],
        steps: 60,
      }),
      other,
    );
    const missing = await runCli(['compare', first, other]);
    expect(missing).toMatchObject({ code: 2 });
    expect(missing.stderr).toContain('predictions.test.jsonl');
    const shorter = predictions(50).split('\n').slice(1).join('\n');
    writeFileSync(path.join(other, 'predictions.test.jsonl'), shorter);
    expect((await runCli(['compare', second, other])).stderr).toContain('found 99 without clip-0');
  });
});

describe('spectride strides', () => {
  test('gives shares of the multiply-adds that add up with the heads’ to the whole', async () => {
    const { stdout } = await runCli(['strides', runs[0] ?? '', '--json']);
    const [study] = (
      JSON.parse(stdout) as { runs: { total: number; axes: { share: number; convolution: number; pool: number }[] }[] }
    ).runs;
    const sum = study?.axes.reduce((total, axis) => total + axis.convolution + axis.pool, 0) ?? 0;
    expect(study?.axes).toHaveLength(12);
    expect((study?.total ?? 0) - sum).toBe(512 * 2);
    const shares = study?.axes.reduce((total, axis) => total + axis.share, 0) ?? 0;
    expect(shares).toBeCloseTo(1, 4);
  });
});

describe('spectride report', () => {
  test('writes a page and every table as Markdown, LaTeX and CSV', async () => {
    const out = path.join(folder, 'report');
    const { code, stdout } = await runCli(['report', ...runs, '--out', out]);
    expect(code).toBe(0);
    expect(stdout).toContain(path.join(out, 'index.html'));
    expect(readFileSync(path.join(out, 'index.html'), 'utf8')).toMatch(/^<!doctype html>/);
    for (const extension of ['md', 'tex', 'csv']) {
      expect(existsSync(path.join(out, 'tables', `table-2.${extension}`))).toBe(true);
    }
    expect(readFileSync(path.join(out, 'tables', 'table-2.csv'), 'utf8')).toContain('26.25,0.625');
  });

  test('needs --out', async () => {
    expect(await runCli(['report', ...runs])).toMatchObject({ code: 2, stdout: '' });
  });
});
