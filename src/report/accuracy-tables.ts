import { accuraciesOf, checkPrintedMean, meanRow, type TaskRow, taskRows } from './accuracy-cells.ts';
import { paperAccuracy, paperRows, paperSharedAccuracy } from './paper-figures.ts';
import { arePaperTasks } from './paper-row.ts';
import type { FinishedRun } from './run-record.ts';
import type { Pooling, RunVariant, Setting } from './run-variant.ts';
import { type Spread, spreadOf } from './spread.ts';
import { type Cell, type Column, cellText, figure, type Table } from './table.ts';

type Variant = RunVariant<FinishedRun>;
type PaperLookup = (row: string) => Spread | undefined;

/** A column of ours with the paper's beside it. */
interface AccuracyColumn {
  heading: string;
  variants: Variant[];
  paper: PaperLookup;
}

const settings: readonly Setting[] = ['single-task', 'multi-task'];
const poolings: readonly Pooling[] = ['strided', 'spectral', 'diffstride'];
/** Marks of notes, in the order in which they are given out. */
const marks = ['*', '†', '‡', '§', '¶', '‖', '**', '††', '‡‡'];

/** Collects notes, one mark for each different text. */
class Notes {
  readonly #texts: string[] = [];

  /** The mark under which `text` will stand below the table. */
  mark(text: string): string {
    if (!this.#texts.includes(text)) this.#texts.push(text);
    return marks[this.#texts.indexOf(text)] ?? '';
  }

  get lines(): string[] {
    return this.#texts.map((text, index) => `${marks[index] ?? ''} ${text}`);
  }
}

function valuesOf({ variants }: AccuracyColumn, row: TaskRow): number[] {
  return variants.flatMap((variant) => accuraciesOf(variant, row.name));
}

/** Says where the paper's printed mean row does not follow from its own rows by the rule of `meanRow`. */
function paperMeanMark(paper: PaperLookup, notes: Notes): string | undefined {
  const printed = paper('mean');
  const rows = paperRows.map(paper).filter((row) => row !== undefined);
  if (printed === undefined || rows.length < paperRows.length) return undefined;
  const { computed, follows } = checkPrintedMean(rows, printed, 0.05);
  if (follows) return undefined;
  return notes.mark(
    `the paper prints ${cellText(figure(printed, 1))}; by its own rows it is ${cellText(figure(computed, 1))}.`,
  );
}

/** Marks the paper's figure beside a head of a multi-task model that has not the paper's five tasks. */
function otherTasksMark(column: AccuracyColumn, row: TaskRow, notes: Notes): string | undefined {
  const other = column.variants.some(
    ({ setting, group }) => setting === 'multi-task' && group.runs.some((run) => !arePaperTasks(run.pipeline.tasks)),
  );
  if (!other || row.paper?.sameData !== true || valuesOf(column, row).length === 0) return undefined;
  return notes.mark('a head of the paper’s model of all five tasks, beside one of a model of other tasks.');
}

function sectionRows(
  section: string | undefined,
  rows: readonly TaskRow[],
  columns: readonly AccuracyColumn[],
  notes: Notes,
): Table['rows'] {
  const present = rows.filter((row) => columns.some((column) => valuesOf(column, row).length > 0));
  if (present.length === 0) return [];
  const lines: Table['rows'] = present.map((row) => {
    const other = row.paper !== undefined && !row.paper.sameData;
    const mark = other
      ? notes.mark('recordings other than the paper’s; beside them stand its figures for the nearest task.')
      : undefined;
    return {
      section,
      cells: [
        `${row.name}${mark ?? ''}`,
        ...columns.flatMap((column): Cell[] => [
          figure(spreadOf(valuesOf(column, row)), 1),
          row.paper && figure(column.paper(row.paper.row), 1, { mark: otherTasksMark(column, row, notes) }),
        ]),
      ],
    };
  });
  if (present.length < 2) return lines;
  const isPaperSet = present.length === paperRows.length && present.every((row) => row.paper?.sameData === true);
  lines.push({
    section,
    emphasis: true,
    cells: [
      'mean',
      ...columns.flatMap((column): Cell[] => [
        figure(meanRow(present.map((row) => valuesOf(column, row))), 1),
        isPaperSet ? figure(column.paper('mean'), 1, { mark: paperMeanMark(column.paper, notes) }) : undefined,
      ]),
    ],
  });
  return lines;
}

function withPaper(columns: readonly AccuracyColumn[]): Column[] {
  return [
    { heading: 'task', kind: 'text' },
    ...columns.flatMap((column): Column[] => [
      { heading: column.heading, kind: 'figure' },
      { heading: 'paper', kind: 'paper' },
    ]),
  ];
}

/** Number of runs behind the cells of our columns, mean rows left out. */
function runCounts(rows: Table['rows']): string {
  const cells = rows.filter((row) => !row.emphasis).flatMap((row) => row.cells.filter((_, index) => index % 2 === 1));
  const counts = cells.flatMap((cell) => (typeof cell === 'object' ? [cell.count] : [])).sort((a, b) => a - b);
  const [least = 0] = counts;
  const most = counts.at(-1) ?? 0;
  return least === most ? `${least} ${least === 1 ? 'run' : 'runs'}` : `${least} to ${most} runs`;
}

function accuracyNotes(rows: Table['rows']): string[] {
  return [
    `Test accuracy by clip in %, mean ± sample sd over ${runCounts(rows)} (seeds) a cell.`,
    ...(rows.some((row) => row.emphasis)
      ? ['mean: the mean of the tasks’ means ± the sample sd over all task × seed values.']
      : []),
  ];
}

/**
 * Table 1: accuracy by task, setting and pooling, beside the paper's. Shared strides are Table A.7's and λ > 0 is Figure 4's,
 * so they are left out. Undefined where no run is left that has test clips.
 */
export function accuracyTable(variants: readonly Variant[]): Table | undefined {
  const own = variants.filter((variant) => !variant.shared && variant.complexity === 0);
  if (own.length === 0) return undefined;
  const notes = new Notes();
  const labels = poolings.flatMap((pooling) => {
    const ofPooling = own.filter((variant) => variant.pooling === pooling);
    return [...new Set(ofPooling.map((variant) => variant.label))].map((label) => ({ pooling, label }));
  });
  const rows = settings.flatMap((setting) => {
    const columns = labels.map(
      ({ pooling, label }): AccuracyColumn => ({
        heading: label,
        variants: own.filter((variant) => variant.setting === setting && variant.label === label),
        paper: (row) => paperAccuracy(setting, row, pooling),
      }),
    );
    return sectionRows(setting, taskRows(columns.flatMap((column) => column.variants)), columns, notes);
  });
  if (rows.length === 0) return undefined;
  return {
    id: 'table-1',
    title: 'Table 1. Accuracy of strided convolution, spectral pooling and DiffStride',
    columns: withPaper(labels.map(({ label }) => ({ heading: label, variants: [], paper: () => undefined }))),
    rows,
    notes: [...accuracyNotes(rows), ...notes.lines],
  };
}

/** Table A.7: the multi-task DiffStride model with one stride for both axes of a layer, and with one for each. Undefined without test clips. */
export function sharedStrideTable(variants: readonly Variant[]): Table | undefined {
  const own = variants.filter(
    (variant) => variant.setting === 'multi-task' && variant.pooling === 'diffstride' && variant.complexity === 0,
  );
  if (!own.some((variant) => variant.shared)) return undefined;
  const notes = new Notes();
  const columns = [true, false].flatMap((shared): AccuracyColumn[] => {
    const ofKind = own.filter((variant) => variant.shared === shared);
    const kind = shared ? 'shared stride' : 'different strides';
    return ofKind.map((variant) => ({
      heading: ofKind.length === 1 ? kind : `${kind}, ${variant.label}`,
      variants: [variant],
      paper: (row) => paperSharedAccuracy(row, shared),
    }));
  });
  const rows = sectionRows(undefined, taskRows(own), columns, notes);
  if (rows.length === 0) return undefined;
  return {
    id: 'table-a7',
    title: 'Table A.7. One stride for both axes, or one for each (multi-task DiffStride)',
    columns: withPaper(columns),
    rows,
    notes: [...accuracyNotes(rows), ...notes.lines],
  };
}
