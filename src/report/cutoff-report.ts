import { BadInputError } from '../errors.ts';
import { type ConventionChoice, type CutoffSummary, cutoffTable, summarizeCutoffs } from './cutoff-table.ts';
import { groupLabels } from './group-labels.ts';
import { inputRates } from './input-rates.ts';
import { groupRuns } from './run-group.ts';
import type { FinishedRun } from './run-record.ts';
import { classifyGroups } from './run-variant.ts';
import type { DeviationKind } from './spread.ts';
import type { Table } from './table.ts';

export interface CutoffReportOptions {
  /** One layer, or all of them. */
  layer?: number;
  convention?: ConventionChoice;
  deviation?: DeviationKind;
}

/** The cut-offs of runs, grouped by pipeline, as figures and as a table. Throws a BadInputError for a layer no run has. */
export function cutoffReport(
  runs: readonly FinishedRun[],
  { layer, convention, deviation }: CutoffReportOptions = {},
): { summaries: CutoffSummary[]; table: Table } {
  const deepest = Math.max(0, ...runs.flatMap((run) => run.result.axes.map((axis) => axis.block)));
  if (layer !== undefined && layer > deepest) {
    throw new BadInputError(`--layer: expected a layer from 1 to ${deepest}, found ${layer}`);
  }
  const layers = layer === undefined ? Array.from({ length: deepest }, (_, index) => index + 1) : [layer];
  const groups = groupRuns(runs);
  const labels = groupLabels(classifyGroups(groups));
  const summaries = groups.flatMap((group, index) =>
    layers.map((entry) =>
      summarizeCutoffs({ ...group, label: labels[index] ?? group.label }, entry, inputRates, deviation),
    ),
  );
  return { summaries, table: cutoffTable(summaries, { convention, deviation }) };
}
