import { availableParallelism } from 'node:os';
import path from 'node:path';
import { BadInputError, messageOf } from '../../errors.ts';
import { buildReport, printedTables } from '../build-report.ts';
import { exampleClip } from '../example-clip.ts';
import { loadFinishedRuns } from '../load-runs.ts';
import type { Table } from '../table.ts';
import { writeReport } from '../write-report.ts';
import { type CostSample, costTable } from './cost-table.ts';
import { measureCosts, readCosts } from './measure-costs.ts';
import { planRuns } from './plan.ts';
import { type ExperimentOutcome, type ExperimentProgress, runExperiment } from './run-experiment.ts';
import { type RunState, stateOf } from './run-state.ts';
import { readExperiment } from './schema.ts';

export interface PerformExperimentOptions {
  out?: string;
  jobs: number;
  seeds?: readonly number[];
  backend?: string;
  dryRun?: boolean;
  /** How the `spectride` command is called in a process of its own. */
  command: readonly string[];
  signal?: AbortSignal;
  onProgress?: (progress: ExperimentProgress) => void;
  onMeasure?: (sample: CostSample, done: number, total: number) => void;
}

export interface PerformedExperiment extends ExperimentOutcome {
  /** Under `dryRun`: every run and where it stands. */
  planned?: { id: string; state: RunState }[];
  /** Tables of the report as far as runs are done. */
  tables: Table[];
  /** Path of the report's page. */
  report?: string;
}

/** Threads of each of several runs at a time, so that together they take the machine's cores and no more. */
function threadsOfJob(jobs: number): string {
  return process.env.SPECTRIDE_THREADS ?? String(Math.max(1, Math.floor(availableParallelism() / jobs)));
}

/** Reads an experiment file, does what is missing of it, and writes the report of all its runs that are done. */
export async function performExperiment(file: string, options: PerformExperimentOptions): Promise<PerformedExperiment> {
  const experiment = await readExperiment(file);
  const out = options.out ?? path.join('runs', experiment.name);
  const all = planRuns(experiment, file);
  const { seeds } = options;
  const runs = seeds === undefined ? all : all.filter((run) => seeds.includes(run.seed));
  const unknown = seeds?.filter((seed) => all.every((run) => run.seed !== seed)) ?? [];
  if (unknown.length > 0) {
    const known = [...new Set(all.map((run) => run.seed))].join(', ');
    throw new BadInputError(`--seeds: expected some of ${known}, found ${unknown.join(', ')}`);
  }
  if (options.dryRun) {
    const planned = [];
    for (const run of runs) planned.push({ id: run.id, state: await stateOf(run, path.join(out, run.id)) });
    return { done: [], failed: [], interrupted: false, planned, tables: [] };
  }
  const backend = options.backend === undefined ? [] : ['--backend', options.backend];
  const outcome = await runExperiment(runs, {
    out,
    jobs: options.jobs,
    command: options.command,
    extra: backend,
    environment: options.jobs > 1 ? { SPECTRIDE_THREADS: threadsOfJob(options.jobs) } : {},
    signal: options.signal,
    onProgress: options.onProgress,
  });
  const tables: Table[] = [];
  if (experiment.measure !== undefined && !outcome.interrupted) {
    try {
      await measureCosts(experiment.measure, {
        out,
        backend: options.backend,
        signal: options.signal,
        onProgress: options.onMeasure,
      });
    } catch (error) {
      if (options.signal?.aborted) throw error;
      // As a run that fails, it stops nothing else.
      outcome.failed.push({ id: 'measure', reason: messageOf(error) });
    }
  }
  const costs = await readCosts(out);
  if (costs !== undefined) tables.push(costTable(costs));
  if (outcome.done.length === 0 && tables.length === 0) return { ...outcome, tables };
  const finished = outcome.done.length === 0 ? [] : await loadFinishedRuns(outcome.done);
  const learned = finished.find((run) => run.pipeline.model.pooling === 'diffstride');
  const report = await buildReport(finished, {
    title: experiment.title ?? experiment.name,
    example: learned && (await exampleClip(learned)),
    tables,
  });
  const page = await writeReport(report, path.join(out, 'report'));
  return { ...outcome, tables: printedTables(report.tables), report: page };
}
