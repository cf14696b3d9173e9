import { complexityFigure } from '../../src/report/charts/complexity-chart.ts';
import { renderChart } from '../../src/report/charts/render-chart.ts';
import { groupRuns } from '../../src/report/run-group.ts';
import { classifyGroups } from '../../src/report/run-variant.ts';
import { cellText } from '../../src/report/table.ts';
import { type SyntheticRun, syntheticRun } from './synthetic-run.ts';

const words = { name: 'words', dataset: 'folder:words', classes: ['a', 'b'], accuracy: 0.9 };

function sweep(weights: number[], change: Partial<SyntheticRun> = {}) {
  return weights.map((complexity) =>
    syntheticRun({ name: 'words', pooling: 'diffstride', seed: 0, tasks: [words], steps: 20, complexity, ...change }),
  );
}
const figureOf = (runs: ReturnType<typeof sweep>) => complexityFigure(classifyGroups(groupRuns(runs)));
const rows = (runs: ReturnType<typeof sweep>) => figureOf(runs)?.data.rows.map((row) => row.cells.map(cellText)) ?? [];

describe('Figure 4', () => {
  test('has the cost of every λ relative to the model without the regulariser', () => {
    expect(rows(sweep([0, 1, 3])).map((cells) => [cells[1], cells.at(-1)])).toEqual([
      ['0', '1.00'],
      ['1', '0.50'],
      ['3', '0.25'],
    ]);
  });

  test('compares with no model where none was trained without the regulariser', async () => {
    expect(rows(sweep([1, 3])).map((cells) => cells.slice(-2))).toEqual([
      ['1150.0', '–'],
      ['575.0', '–'],
    ]);
    const figure = figureOf(sweep([1, 3]));
    const svg = figure && (await renderChart(figure.spec, figure.label));
    expect(svg).toContain('>multiply-adds, millions<');
    expect(svg).not.toContain('relative to');
  });

  test('keeps models apart that differ by more than λ', () => {
    const mixed = rows([...sweep([0, 1]), ...sweep([1, 3], { shared: true })]);
    expect(mixed.map((cells) => [cells[0], cells[1], cells.at(-1)])).toEqual([
      ['words (words, diffstride)', '0', '1.00'],
      ['words (words, diffstride)', '1', '0.50'],
      ['words (words, diffstride (shared stride))', '1', '–'],
      ['words (words, diffstride (shared stride))', '3', '–'],
    ]);
  });

  test('is of sweeps only: one λ for each of several models is none', () => {
    expect(figureOf([...sweep([0]), ...sweep([1], { shared: true })])).toBeUndefined();
  });
});
