import { groupRuns } from '../../src/report/run-group.ts';
import { classifyGroups } from '../../src/report/run-variant.ts';
import { cutoffContrastTable, strideMovementTable } from '../../src/report/stride-movement.ts';
import { cellText } from '../../src/report/table.ts';
import { syntheticRun } from './synthetic-run.ts';

const six = (first: [number, number]): [number, number][] => [first, [2, 2], [1, 1], [2, 2], [1, 1], [2, 2]];

function runs(name: string, strides: [number, number][]) {
  const task = { name, dataset: `folder:${name}`, classes: ['a', 'b'], accuracy: 0.9 };
  return strides.map((first, seed) =>
    syntheticRun({ name, pooling: 'diffstride', seed, tasks: [task], strides: six(first), steps: 60 }),
  );
}

const variants = classifyGroups(
  groupRuns([
    ...runs('words', [
      [1.7, 1.8],
      [1.72, 1.9],
      [1.71, 2.0],
    ]),
    ...runs('pitch', [
      [1.9, 1.85],
      [1.95, 1.95],
      [1.85, 1.9],
    ]),
  ]),
);
const texts = (table: ReturnType<typeof strideMovementTable>) => table?.rows.map((row) => row.cells.map(cellText));

test('strides move from where the network starts, counted in deviations of the seeds', () => {
  expect(texts(strideMovementTable(variants))).toEqual([
    ['words', 'time', '2.000', '1.710 ± 0.010', '−0.290', '29.0'],
    ['words', 'frequency', '2.000', '1.900 ± 0.100', '−0.100', '1.0'],
    ['pitch', 'time', '2.000', '1.900 ± 0.050', '−0.100', '2.0'],
    ['pitch', 'frequency', '2.000', '1.900 ± 0.050', '−0.100', '2.0'],
  ]);
});

test('cut-offs of two tasks differ where Welch’s test says so, and are noise where it does not', () => {
  const [time, frequency] = texts(cutoffContrastTable(variants)) ?? [];
  // scipy.stats.ttest_ind(50 / [1.7, 1.72, 1.71], 50 / [1.9, 1.95, 1.85], equal_var=False)
  expect(time).toEqual([
    'words − pitch',
    'time, Hz',
    '29.24 ± 0.17',
    '26.33 ± 0.69',
    '+2.91',
    '5.8',
    '0.014',
    'they differ',
  ]);
  expect(frequency?.slice(-2)).toEqual(['0.970', 'within noise']);
});

test('nothing is compared where a task has one seed', () => {
  const one = classifyGroups(groupRuns([...runs('words', [[1.7, 1.8]]), ...runs('pitch', [[1.9, 1.85]])]));
  expect(cutoffContrastTable(one)).toBeUndefined();
  expect(texts(strideMovementTable(one))?.[0]?.at(-1)).toBe('–');
});
