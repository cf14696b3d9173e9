import { accuracyTable, sharedStrideTable } from '../../src/report/accuracy-tables.ts';
import { roundHalfUp } from '../../src/report/round.ts';
import { groupRuns } from '../../src/report/run-group.ts';
import { classifyGroups } from '../../src/report/run-variant.ts';
import { strideTable } from '../../src/report/stride-table.ts';
import { cellText, type Table } from '../../src/report/table.ts';
import { type AccuracyFigures, paperFigures, paperTask, rowNames, runsOfFigures } from './paper-runs.ts';
import { syntheticRun, uniforms } from './synthetic-run.ts';

const settings = { single_task: 'single-task', multi_task: 'multi-task' } as const;

function printed(entry: [number, number] | string | undefined): string {
  if (entry === undefined || typeof entry === 'string') throw new Error('no figure');
  return `${entry[0].toFixed(1)} ± ${entry[1].toFixed(1)}`;
}

/** Cells of one row of a table: ours at odd places, the paper's at even ones. */
function cells(table: Table | undefined, row: string, section?: string): string[] {
  const found = table?.rows.find((entry) => entry.cells[0] === row && entry.section === section);
  return found?.cells.slice(1).map(cellText) ?? [];
}
const ours = (texts: string[]) => texts.filter((_, index) => index % 2 === 0);
const theirs = (texts: string[]) => texts.filter((_, index) => index % 2 === 1);

function tablesOf(figures: AccuracyFigures) {
  const variants = classifyGroups(groupRuns(runsOfFigures(figures)));
  return { first: accuracyTable(variants), shared: sharedStrideTable(variants) };
}

describe('from runs whose means and deviations are the paper’s', () => {
  const { first, shared } = tablesOf(paperFigures);

  describe.each(['single_task', 'multi_task'] as const)('Table 1, %s', (key) => {
    test.each(rowNames)('has the row "%s" to the last digit, ours and the paper’s', (row) => {
      const expected = paperFigures.table_1[key][row]?.map(printed);
      expect(ours(cells(first, row, settings[key]))).toEqual(expected);
      expect(theirs(cells(first, row, settings[key]))).toEqual(expected);
    });
  });

  test('Table 1 has the mean rows of the paper, but for the three that do not follow from its own rows', () => {
    expect(ours(cells(first, 'mean', 'single-task'))).toEqual(['85.9 ± 9.7', '86.0 ± 9.2', '87.6 ± 8.5']);
    expect(ours(cells(first, 'mean', 'multi-task'))).toEqual(['83.5 ± 10.0', '83.5 ± 9.5', '85.0 ± 8.9']);
    expect(theirs(cells(first, 'mean', 'single-task'))).toEqual(['85.0 ± 9.3*', '86.0 ± 9.2', '88.3 ± 8.7†']);
    expect(theirs(cells(first, 'mean', 'multi-task'))).toEqual(['83.5 ± 10.0', '83.5 ± 9.6‡', '85.0 ± 8.9']);
    expect(first?.notes.slice(-3)).toEqual([
      '* the paper prints 85.0 ± 9.3; by its own rows it is 85.9 ± 9.7.',
      '† the paper prints 88.3 ± 8.7; by its own rows it is 87.6 ± 8.5.',
      '‡ the paper prints 83.5 ± 9.6; by its own rows it is 83.5 ± 9.5.',
    ]);
  });

  test.each([...rowNames, 'mean'])('Table A.7 has the row "%s" to the last digit', (row) => {
    const expected = (paperFigures.table_a7[row] as [number, number][]).map(printed);
    expect(ours(cells(shared, row))).toEqual(expected);
    expect(theirs(cells(shared, row))).toEqual(expected);
  });
});

describe('from runs with invented figures', () => {
  const random = uniforms(6);
  const invent = (): [number, number] => [Number((20 + 60 * random()).toFixed(1)), Number((5 * random()).toFixed(1))];
  const rows = (count: number) =>
    Object.fromEntries(rowNames.map((row) => [row, Array.from({ length: count }, invent)]));
  const multi = rows(3);
  const invented: AccuracyFigures = {
    table_1: { single_task: rows(3), multi_task: multi },
    table_a7: Object.fromEntries(rowNames.map((row) => [row, [invent(), multi[row]?.[2] ?? [0, 0]]])),
  };
  const { first, shared } = tablesOf(invented);

  test('every task row is theirs, and the paper’s stays beside it', () => {
    for (const [key, section] of Object.entries(settings) as ['single_task' | 'multi_task', string][]) {
      for (const row of rowNames) {
        expect(ours(cells(first, row, section))).toEqual(invented.table_1[key][row]?.map(printed));
        expect(theirs(cells(first, row, section))).toEqual(paperFigures.table_1[key][row]?.map(printed));
      }
    }
    for (const row of rowNames) {
      expect(ours(cells(shared, row))).toEqual((invented.table_a7[row] as [number, number][]).map(printed));
    }
  });

  test('the mean rows are the mean of the means and the sample sd over all fifteen values', () => {
    const expected = [0, 1, 2].map((column) => {
      const values = rowNames.flatMap((row) => {
        const [mean, deviation] = invented.table_1.single_task[row]?.[column] ?? [Number.NaN, Number.NaN];
        return [mean - deviation, mean, mean + deviation];
      });
      const centre = values.reduce((sum, value) => sum + value, 0) / 15;
      const squares = values.reduce((sum, value) => sum + (value - centre) ** 2, 0);
      return `${roundHalfUp(centre, 1)} ± ${roundHalfUp(Math.sqrt(squares / 14), 1)}`;
    });
    expect(ours(cells(first, 'mean', 'single-task'))).toEqual(expected);
  });
});

test('a mean row is left open where a task has no run', () => {
  const runs = runsOfFigures(paperFigures).filter(
    (run) => !(run.pipeline.name === 'single-birds' && run.pipeline.model.pooling === 'spectral'),
  );
  const table = accuracyTable(classifyGroups(groupRuns(runs)));
  expect(ours(cells(table, 'mean', 'single-task'))).toEqual(['85.9 ± 9.7', '–', '87.6 ± 8.5']);
  expect(ours(cells(table, 'birdsong detection', 'single-task'))[1]).toBe('–');
});

describe('a multi-task model of some of the paper’s tasks', () => {
  const some = (rows: string[], shared = false) =>
    [0, 1].map((seed) => {
      const tasks = rows.map((row) => ({ ...paperTask(row), accuracy: 0.7 }));
      return syntheticRun({ name: 'music', pooling: 'diffstride', shared, seed, tasks, steps: 20 });
    });
  const music = ['music (instrument)', 'music (pitch)'];
  const variants = (runs: ReturnType<typeof some>) => classifyGroups(groupRuns(runs));

  test('has the paper’s figures marked beside it in Table 1', () => {
    const table = accuracyTable(variants(some(music)));
    expect(theirs(cells(table, 'music (pitch)', 'multi-task'))).toEqual(['89.9 ± 0.3*']);
    expect(table?.notes.at(-1)).toBe(
      '* a head of the paper’s model of all five tasks, beside one of a model of other tasks.',
    );
  });

  test('has them marked in Table A.7', () => {
    const table = sharedStrideTable(variants([...some(music), ...some(music, true)]));
    expect(theirs(cells(table, 'music (pitch)'))).toEqual(['86.7 ± 0.5*', '89.9 ± 0.3*']);
  });

  test('is marked in Table 2', () => {
    const table = strideTable(variants(some(music)));
    expect(table?.rows[0]?.cells[0]).toBe('multi-task†');
    expect(table?.notes.at(-1)).toContain('† a model of other tasks than the paper’s five');
  });

  test('is told from the model of all five, which has no mark', () => {
    const all = variants(some(rowNames));
    expect(theirs(cells(accuracyTable(all), 'music (pitch)', 'multi-task'))).toEqual(['89.9 ± 0.3']);
    expect(strideTable(all)?.rows[0]?.cells[0]).toBe('multi-task');
    expect(
      theirs(cells(accuracyTable(variants([...some(music), ...some(rowNames)])), 'music (pitch)', 'multi-task')),
    ).toEqual(['89.9 ± 0.3*', '89.9 ± 0.3']);
  });
});
