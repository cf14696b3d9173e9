import { summarizeCutoffs } from './cutoff-table.ts';
import { inputRates } from './input-rates.ts';
import { type CutoffColumn, paperCutoff, paperRows } from './paper-figures.ts';
import { arePaperTasks, type PaperRow, paperRowOf, rowName } from './paper-row.ts';
import type { FinishedRun } from './run-record.ts';
import type { RunVariant } from './run-variant.ts';
import type { DeviationKind, Spread } from './spread.ts';
import { type Column, figure, type Table } from './table.ts';

type Variant = RunVariant<FinishedRun>;

const columns: { heading: string; paper: CutoffColumn; decimals: number }[] = [
  { heading: 'stride time', paper: 'stride_time', decimals: 2 },
  { heading: 'stride freq.', paper: 'stride_frequency', decimals: 2 },
  { heading: 'cut-off Hz', paper: 'cutoff_time_hz', decimals: 2 },
  { heading: 'cut-off cycles/mel', paper: 'cutoff_frequency_cycles_per_mel', decimals: 4 },
];

interface StrideRow {
  name: string;
  paper: string | undefined;
  sameData: boolean;
  /** A multi-task model of other tasks than the paper's five. */
  otherTasks: boolean;
  variant: Variant;
}

function strideRow(variant: Variant): StrideRow | undefined {
  const [first] = variant.group.runs;
  const [task] = first?.pipeline.tasks ?? [];
  if (first === undefined || task === undefined) return undefined;
  if (variant.setting === 'multi-task') {
    const sameData = first.pipeline.tasks.every((entry) => paperRowOf(entry)?.sameData === true);
    const otherTasks = sameData && !arePaperTasks(first.pipeline.tasks);
    return { name: 'multi-task', paper: 'multi-task', sameData, otherTasks, variant };
  }
  const paper: PaperRow | undefined = paperRowOf(task);
  return { name: rowName(task), paper: paper?.row, sameData: paper?.sameData ?? true, otherTasks: false, variant };
}

function order(row: StrideRow): number {
  const index = paperRows.indexOf(row.paper ?? '');
  return index < 0 ? paperRows.length : index;
}

/**
 * Table 2: strides of DiffStride's first layer and the cut-offs they stand for (the paper's convention), each taken seed by
 * seed and then averaged, beside the paper's. Shared strides and λ > 0 are left out. Undefined where no run is left.
 */
export function strideTable(variants: readonly Variant[], deviation: DeviationKind = 'sample'): Table | undefined {
  const own = variants.filter(
    (variant) => variant.pooling === 'diffstride' && !variant.shared && variant.complexity === 0,
  );
  const rows = own
    .map(strideRow)
    .filter((row) => row !== undefined)
    .sort((a, b) => order(a) - order(b));
  if (rows.length === 0) return undefined;
  const repeated = (name: string) => rows.filter((row) => row.name === name).length > 1;
  const otherData = rows.some((row) => row.paper !== undefined && !row.sameData);
  return {
    id: 'table-2',
    title: 'Table 2. Learned strides of the first layer and their cut-off frequencies',
    columns: [
      { heading: 'task', kind: 'text' },
      ...columns.flatMap((column): Column[] => [
        { heading: column.heading, kind: 'figure' },
        { heading: 'paper', kind: 'paper' },
      ]),
    ],
    rows: rows.map((row) => {
      const summary = summarizeCutoffs(row.variant.group, 1, inputRates, deviation);
      const measured: Record<CutoffColumn, Spread | undefined> = {
        stride_time: summary.time.stride,
        stride_frequency: summary.frequency.stride,
        cutoff_time_hz: summary.time.paper,
        cutoff_frequency_cycles_per_mel: summary.frequency.paper,
      };
      const name = repeated(row.name) ? `${row.name}: ${row.variant.label}` : row.name;
      const mark = row.paper !== undefined && !row.sameData ? '*' : row.otherTasks ? '†' : '';
      return {
        cells: [
          `${name}${mark}`,
          ...columns.flatMap((column) => [
            figure(measured[column.paper], column.decimals),
            row.paper && figure(paperCutoff(row.paper, column.paper), column.decimals),
          ]),
        ],
      };
    }),
    notes: [
      'Cut-off: ⌊N/(2S)⌋·f/N with N = 160, f = 100 frames/s in time and N = mel bins, f = 1 in frequency; seed by seed, then averaged.',
      `± ${deviation} standard deviation; the paper’s multi-task row is a population one (its 0.30 Hz is 0.29 by its strides).`,
      ...(otherData
        ? ['* recordings other than the paper’s; beside them stand its figures for the nearest task.']
        : []),
      ...(rows.some((row) => row.otherTasks)
        ? ['† a model of other tasks than the paper’s five; beside it stands the paper’s model of all five.']
        : []),
    ],
  };
}
