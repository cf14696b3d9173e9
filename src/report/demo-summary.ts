import { buildReport } from './build-report.ts';
import { cutoffReport } from './cutoff-report.ts';
import type { CutoffSummary } from './cutoff-table.ts';
import { exampleClip } from './example-clip.ts';
import { groupRuns } from './run-group.ts';
import type { FinishedRun } from './run-record.ts';
import { classifyGroups } from './run-variant.ts';
import { scoreTable } from './score-table.ts';
import type { Table } from './table.ts';
import { writeReport } from './write-report.ts';

/** What the demo answers: scores on the test clips, the first layer's strides as cut-offs, and where the report lies. */
export interface DemoSummary {
  scores: Table;
  cutoffs: CutoffSummary[];
  cutoffTable: Table;
  report: string;
}

/** Writes the report of the demo's run and gathers what it prints. */
export async function demoSummary(runs: readonly FinishedRun[], directory: string): Promise<DemoSummary> {
  const [run] = runs;
  const cutoffs = cutoffReport(runs, { layer: 1 });
  const example = run && (await exampleClip(run));
  const report = await buildReport(runs, { example });
  return {
    scores: scoreTable(classifyGroups(groupRuns(runs))),
    cutoffs: cutoffs.summaries,
    cutoffTable: cutoffs.table,
    report: await writeReport(report, directory),
  };
}
