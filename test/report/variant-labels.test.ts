import { accuracyTable, sharedStrideTable } from '../../src/report/accuracy-tables.ts';
import { differenceTable } from '../../src/report/difference-table.ts';
import { groupRuns } from '../../src/report/run-group.ts';
import { classifyGroups } from '../../src/report/run-variant.ts';
import { strideTable } from '../../src/report/stride-table.ts';
import { cellText, type Table } from '../../src/report/table.ts';
import { type SyntheticRun, syntheticRun } from './synthetic-run.ts';

const words = { name: 'words', dataset: 'folder:/home/me/words', classes: ['a', 'b'], accuracy: 0.9 };
const pitch = { name: 'pitch', dataset: 'notes', label: 'pitch', classes: ['60', '61'], accuracy: 0.5 };
const instrument = { name: 'instrument', dataset: 'notes', label: 'family', classes: ['reed', 'organ'], accuracy: 0.4 };

function seeds(run: Partial<SyntheticRun>, count = 3) {
  return Array.from({ length: count }, (_, seed) =>
    syntheticRun({ name: 'words', pooling: 'diffstride', tasks: [words], steps: 20, seed, ...run }),
  );
}
const classify = (runs: ReturnType<typeof seeds>) => classifyGroups(groupRuns(runs));
const labels = (runs: ReturnType<typeof seeds>) => classify(runs).map((variant) => variant.label);
const ours = (table: Table | undefined) =>
  table?.columns.filter((column) => column.kind === 'figure').map((column) => column.heading);
const texts = (table: Table | undefined) => table?.rows.map((row) => row.cells.map(cellText));

describe('runs that differ by more than the seed never share a cell', () => {
  const rates = [0.001, 0.002, 0.004];
  const sweep = rates.flatMap((learningRate, index) =>
    seeds({ train: { steps: 20, learningRate }, tasks: [{ ...words, accuracy: 0.7 + 0.1 * index }] }),
  );

  test('a sweep of a training setting is a column a value, of as many runs as there are seeds', () => {
    const table = accuracyTable(classify(sweep));
    expect(ours(table)).toEqual(rates.map((rate) => `diffstride (learningRate=${rate})`));
    expect(texts(table)?.[0]?.filter((_, index) => index % 2 === 1)).toEqual([
      '70.0 ± 0.0',
      '80.0 ± 0.0',
      '90.0 ± 0.0',
    ]);
    expect(table?.notes[0]).toContain('over 3 runs (seeds) a cell');
  });

  test('the number of runs a cell is counted from the cells', () => {
    const table = accuracyTable(classify([...seeds({}), ...seeds({ pooling: 'strided' }, 1)]));
    expect(table?.notes[0]).toContain('over 1 to 3 runs (seeds) a cell');
  });

  test('another task of one of the values stands in that value’s column', () => {
    const runs = [...sweep, ...seeds({ name: 'pitch', tasks: [pitch], train: { steps: 20, learningRate: 0.002 } })];
    expect(ours(accuracyTable(classify(runs)))).toHaveLength(3);
    expect(labels(runs).at(-1)).toBe('diffstride (learningRate=0.002)');
  });

  test('folders of one name are told apart by the folders above them', () => {
    const runs = [...seeds({}), ...seeds({ tasks: [{ ...words, dataset: 'folder:/home/me/other/words' }] })];
    expect(labels(runs)).toEqual(['diffstride (dataset=folder:me/words)', 'diffstride (dataset=folder:other/words)']);
  });

  test('multi-task models of different tasks are told apart by their tasks', () => {
    const runs = [
      ...seeds({ name: 'two', tasks: [words, pitch] }),
      ...seeds({ name: 'three', tasks: [words, pitch, instrument] }),
      ...seeds({ name: 'notes', tasks: [pitch, instrument] }),
    ];
    expect(labels(runs)).toEqual([
      'diffstride (tasks=words + pitch)',
      'diffstride (tasks=words + pitch + instrument)',
      'diffstride (tasks=pitch + instrument)',
    ]);
  });

  test('runs that differ by the pipeline’s name alone are told apart by it', () => {
    expect(labels([...seeds({}), ...seeds({ name: 'again' })])).toEqual([
      'diffstride (name=words)',
      'diffstride (name=again)',
    ]);
  });

  test('the same model on different tasks keeps one label', () => {
    expect(labels([...seeds({}), ...seeds({ name: 'pitch', tasks: [pitch] })])).toEqual(['diffstride', 'diffstride']);
  });

  test('Table A.7 has a column for every model with a stride for each axis', () => {
    const tasks = [words, pitch];
    const table = sharedStrideTable(
      classify([
        ...seeds({ tasks, shared: true }),
        ...seeds({ tasks }),
        ...seeds({ tasks, model: { pooling: 'diffstride', smoothness: { relative: 0.05 } } }),
      ]),
    );
    expect(ours(table)?.[0]).toBe('shared stride');
    expect(ours(table)?.slice(1)).toEqual([
      expect.stringMatching(/^different strides, diffstride \(.*smoothness=4/),
      expect.stringMatching(/^different strides, diffstride \(.*smoothness.relative=0.05/),
    ]);
    expect(table?.notes[0]).toContain('over 3 runs (seeds) a cell');
  });

  test('no two rows of differences or of Table 2 have the same name', () => {
    const variants = classify([...sweep, ...seeds({ pooling: 'strided', train: { steps: 20, learningRate: 0.001 } })]);
    const differences = texts(differenceTable(variants))?.map(([task, models]) => `${task}: ${models}`) ?? [];
    expect(new Set(differences).size).toBe(3);
    expect(differences).toHaveLength(3);
    const strides = texts(strideTable(variants))?.map(([name]) => name);
    expect(strides).toEqual(rates.map((rate) => `words: diffstride (learningRate=${rate})*`));
  });
});

test('groups that differ by many settings are still told apart by their names', () => {
  const channels = [
    [8, 8, 8, 8, 8, 8],
    [16, 16, 16, 16, 16, 16],
    [16, 16, 16, 16, 16, 32],
  ];
  const groups = groupRuns(channels.flatMap((list) => seeds({ model: { pooling: 'diffstride', channels: list } }, 1)));
  expect(new Set(groups.map((group) => group.label)).size).toBe(3);
});
