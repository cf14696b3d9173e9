import { z } from 'zod';
import tables from './paper-tables.json' with { type: 'json' };
import type { Pooling, Setting } from './run-variant.ts';
import type { Spread } from './spread.ts';

/** A figure as the paper prints it: value and standard deviation over three runs. */
const printed = z.tuple([z.number(), z.number()]);
const byRow = z.record(z.string(), z.array(printed));
const columns = z.array(z.string());

const paperTablesSchema = z.looseObject({
  source: z.string(),
  table_1: z.looseObject({ columns, single_task: byRow, multi_task: byRow }),
  table_2: z.looseObject({ columns }).catchall(z.union([columns, z.array(printed)])),
  table_a1: z.looseObject({ columns }).catchall(z.union([columns, z.array(z.number())])),
  table_a2: z.looseObject({ columns }).catchall(z.union([columns, z.array(z.number())])),
  table_a7: z.looseObject({ columns }).catchall(z.union([columns, z.array(printed)])),
});

const paper = paperTablesSchema.parse(tables);

/** Riad, Teboul, Grangier, Zeghidour, ICLR 2022: where every figure of this file is from. */
export const paperSource: string = paper.source;

/** Number of runs behind every figure of the paper. */
const paperRuns = 3;

function spread(entry: readonly (string | number)[] | string | number | undefined): Spread | undefined {
  if (!Array.isArray(entry)) return undefined;
  const [mean, deviation] = entry;
  return typeof mean === 'number' && typeof deviation === 'number' ? { mean, deviation, count: paperRuns } : undefined;
}

/** Rows of Tables 1, 2 and A.7 in the paper's order. */
export const paperRows: readonly string[] = Object.keys(paper.table_1.single_task).filter((row) => row !== 'mean');

const settingKeys = { 'single-task': 'single_task', 'multi-task': 'multi_task' } as const;

/** Table 1: accuracy in % (the row `mean` included). */
export function paperAccuracy(setting: Setting, row: string, pooling: Pooling): Spread | undefined {
  const table = paper.table_1[settingKeys[setting]];
  return spread(table[row]?.[paper.table_1.columns.indexOf(pooling)]);
}

export type CutoffColumn = 'stride_time' | 'stride_frequency' | 'cutoff_time_hz' | 'cutoff_frequency_cycles_per_mel';

/** Table 2: strides and cut-offs of the first layer (the row `multi-task` included). */
export function paperCutoff(row: string, column: CutoffColumn): Spread | undefined {
  if (row === 'columns') return undefined;
  return spread(paper.table_2[row]?.[paper.table_2.columns.indexOf(column)]);
}

/** Table A.7: accuracy in % of the multi-task model with one stride for both axes, or one for each. */
export function paperSharedAccuracy(row: string, shared: boolean): Spread | undefined {
  if (row === 'columns') return undefined;
  const column = paper.table_a7.columns.findIndex((name) => name.startsWith('shared') === shared);
  return spread(paper.table_a7[row]?.[column]);
}

/** Table A.1: number of classes, training and test clips of a dataset. */
export function paperCounts(row: string): { classes: number; train: number; test: number } | undefined {
  const entry = row === 'columns' ? undefined : paper.table_a1[row];
  const [classes, train, test] = entry ?? [];
  return typeof classes === 'number' && typeof train === 'number' && typeof test === 'number'
    ? { classes, train, test }
    : undefined;
}

/** Table A.2: time and peak memory relative to strided convolution. */
export function paperCost(row: string, pooling: Pooling): number | undefined {
  const entry = row === 'columns' ? undefined : paper.table_a2[row]?.[paper.table_a2.columns.indexOf(pooling)];
  return typeof entry === 'number' ? entry : undefined;
}

/** Rows of Table A.2 in the paper's order. */
export const paperCostRows: readonly string[] = Object.keys(paper.table_a2).filter((row) => row !== 'columns');
