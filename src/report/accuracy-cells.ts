import type { TaskSettings } from '../pipeline/schema.ts';
import type { TaskScore } from '../train/results.ts';
import { paperRows } from './paper-figures.ts';
import { type PaperRow, paperRowOf, rowName } from './paper-row.ts';
import type { FinishedRun } from './run-record.ts';
import type { RunVariant } from './run-variant.ts';
import { mean, type Spread, standardDeviation } from './spread.ts';

/** A row of an accuracy table. */
export interface TaskRow {
  name: string;
  paper: PaperRow | undefined;
}

/** A task's score on the test clips, or undefined where the run has none. */
export function testScore(run: FinishedRun, task: string): TaskScore | undefined {
  return run.result.evaluation
    .find((evaluation) => evaluation.split === 'test')
    ?.tasks.find((score) => score.task === task);
}

/** Test accuracies in %, one a run, of the task of that row. */
export function accuraciesOf(variant: RunVariant<FinishedRun>, row: string): number[] {
  return variant.group.runs.flatMap((run) =>
    run.pipeline.tasks
      .filter((task) => rowName(task) === row)
      .map((task) => testScore(run, task.name)?.accuracy)
      .filter((accuracy) => accuracy !== undefined)
      .map((accuracy) => 100 * accuracy),
  );
}

function order(row: TaskRow): number {
  const index = paperRows.indexOf(row.paper?.row ?? '');
  return index < 0 ? paperRows.length : index;
}

/** The rows that these runs fill: the paper's in its order, then others as they come. */
export function taskRows(variants: readonly RunVariant<FinishedRun>[]): TaskRow[] {
  const found = new Map<string, TaskRow>();
  const tasks: TaskSettings[] = variants.flatMap((variant) => variant.group.runs.flatMap((run) => run.pipeline.tasks));
  for (const task of tasks) {
    const name = rowName(task);
    if (!found.has(name)) found.set(name, { name, paper: paperRowOf(task) });
  }
  return [...found.values()].sort((a, b) => order(a) - order(b));
}

/**
 * The row `mean` of the paper's tables: the mean of the tasks' means, and the sample standard deviation over all values
 * (every task, every seed). Undefined unless every task has a value.
 */
export function meanRow(accuracies: readonly (readonly number[])[]): Spread | undefined {
  if (accuracies.length === 0 || accuracies.some((values) => values.length === 0)) return undefined;
  const all = accuracies.flat();
  return { mean: mean(accuracies.map(mean)), deviation: standardDeviation(all), count: all.length };
}

/** Mean and variance of all values, put together from each row's own mean, deviation and number of runs. */
function pooled(rows: readonly Spread[]): Spread {
  const centre = mean(rows.map((row) => row.mean));
  const count = rows.reduce((sum, row) => sum + row.count, 0);
  const squares = rows.reduce(
    (sum, row) => sum + (row.count - 1) * (row.deviation ?? 0) ** 2 + row.count * (row.mean - centre) ** 2,
    0,
  );
  return { mean: centre, deviation: Math.sqrt(squares / (count - 1)), count };
}

/**
 * What the rule of `meanRow` gives from printed rows of equally many runs, and whether a printed mean row follows from them.
 * Rounded rows shift their mean by up to `halfDigit`, which is allowed for; they move the deviation that far only where all of
 * them were rounded away from the mean, which is not.
 */
export function checkPrintedMean(
  rows: readonly Spread[],
  printed: Spread,
  halfDigit: number,
): { computed: Spread; follows: boolean } {
  const computed = pooled(rows);
  const ownRounding = halfDigit + 1e-9;
  return {
    computed,
    follows:
      Math.abs(printed.mean - computed.mean) <= halfDigit + ownRounding &&
      Math.abs((printed.deviation ?? 0) - (computed.deviation ?? 0)) <= ownRounding,
  };
}
