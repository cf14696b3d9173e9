import type { Pipeline } from '../pipeline/schema.ts';
import type { Environment, MetricsLine, RunResult } from '../train/results.ts';
import type { Labels } from '../train/run-folder.ts';

/** What reports read of a run folder; `src/train/run-folder.ts` reads and checks one. */
export interface RunRecord {
  directory: string;
  pipeline: Pipeline;
  environment: Environment;
  /** Task → its label column and its classes, whether or not any clip was scored. */
  labels: Labels;
  metrics: MetricsLine[];
  /** Absent while the run has not ended. */
  result?: RunResult;
}

/** A run that has ended. */
export type FinishedRun = RunRecord & { result: RunResult };

/** Runs that have ended, in the order given. */
export function finished(runs: readonly RunRecord[]): FinishedRun[] {
  return runs.filter((run): run is FinishedRun => run.result !== undefined);
}
