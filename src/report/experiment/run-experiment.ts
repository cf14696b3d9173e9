import { spawn } from 'node:child_process';
import { createWriteStream } from 'node:fs';
import { mkdir } from 'node:fs/promises';
import path from 'node:path';
import { finished } from 'node:stream/promises';
import type { PlannedRun } from './plan.ts';
import { stateOf } from './run-state.ts';

export interface ExperimentProgress {
  run: PlannedRun;
  event: 'skipped' | 'started' | 'resumed' | 'done' | 'failed' | 'interrupted';
  /** Runs that are over, skipped ones included, of all. */
  over: number;
  total: number;
  /** Seconds that this attempt took. */
  seconds?: number;
  /** Why it failed: the last line it wrote to stderr. */
  reason?: string;
}

export interface ExperimentOutcome {
  /** Folders of the runs that are done, in the order of the plan. */
  done: string[];
  /** Runs that failed, each with its log, and under `measure` a measurement that did. */
  failed: { id: string; reason: string; log?: string }[];
  interrupted: boolean;
}

export interface RunExperimentOptions {
  /** Folder of the experiment: a run folder a run, and `logs/`. */
  out: string;
  /** Runs at a time, each in a process of its own. */
  jobs: number;
  /** Command line of a training run, before the arguments of `train`. */
  command: readonly string[];
  /** Further arguments of every run. */
  extra?: readonly string[];
  environment?: NodeJS.ProcessEnv;
  signal?: AbortSignal;
  onProgress?: (progress: ExperimentProgress) => void;
}

interface Attempt {
  code: number | null;
  lastLine: string;
}

/** Runs one child; its output goes to `log`. An abort is passed on as SIGINT, at which a run writes a checkpoint and ends. */
async function attempt(
  command: readonly string[],
  log: string,
  environment: NodeJS.ProcessEnv | undefined,
  signal: AbortSignal | undefined,
): Promise<Attempt> {
  const [executable = '', ...args] = command;
  const file = createWriteStream(log, { flags: 'a' });
  const written = finished(file);
  written.catch(() => {}); // it is awaited below; until then a log that cannot be written must not end the process
  // The channel closes when this process is killed, at which the child ends too (src/cli/program.ts).
  const stdio: ['ignore', 'pipe', 'pipe', 'ipc'] = ['ignore', 'pipe', 'pipe', 'ipc'];
  const child = spawn(executable, args, { env: { ...process.env, ...environment }, stdio });
  const interrupt = () => child.kill('SIGINT');
  signal?.addEventListener('abort', interrupt, { once: true });
  let tail = '';
  child.stdout?.pipe(file, { end: false });
  child.stderr?.pipe(file, { end: false });
  child.stderr?.setEncoding('utf8').on('data', (text: string) => {
    tail = (tail + text).slice(-4000);
  });
  try {
    const code = await new Promise<number | null>((resolve, reject) => {
      child.on('error', reject);
      child.on('close', (status) => resolve(status));
    });
    const lines = tail.split(/[\r\n]+/).map((line) => line.trim());
    return { code, lastLine: lines.findLast((line) => line !== '') ?? '' };
  } finally {
    signal?.removeEventListener('abort', interrupt);
    file.end();
    await written;
  }
}

/**
 * Does what is missing of an experiment: starts runs, goes on with interrupted ones, skips those that are done. A run that
 * fails is listed in the outcome and stops no other.
 */
export async function runExperiment(
  runs: readonly PlannedRun[],
  { out, jobs, command, extra = [], environment, signal, onProgress }: RunExperimentOptions,
): Promise<ExperimentOutcome> {
  await mkdir(path.join(out, 'logs'), { recursive: true });
  const failed: ExperimentOutcome['failed'] = [];
  const done = new Set<PlannedRun>();
  const waiting = [...runs];
  let over = 0;
  const stopped = () => signal?.aborted === true;
  const report = (run: PlannedRun, event: ExperimentProgress['event'], more: Partial<ExperimentProgress> = {}) =>
    onProgress?.({ run, event, over, total: runs.length, ...more });

  async function perform(run: PlannedRun): Promise<void> {
    const directory = path.join(out, run.id);
    const log = path.join(out, 'logs', `${run.id}.log`);
    const state = await stateOf(run, directory);
    if (state === 'done') {
      over += 1;
      done.add(run);
      report(run, 'skipped');
      return;
    }
    if (state === 'other')
      throw new Error(`${directory} holds a run of other settings; remove it or choose another --out`);
    if (stopped()) return; // while the folder was read; nothing waits from here to the start of the process
    report(run, state === 'interrupted' ? 'resumed' : 'started');
    const started = performance.now();
    const args = ['train', run.pipeline, '--seed', String(run.seed), '--out', directory];
    for (const assignment of run.set) args.push('--set', assignment);
    if (state === 'interrupted') args.push('--resume');
    const { code, lastLine } = await attempt([...command, ...args, ...extra], log, environment, signal);
    const seconds = (performance.now() - started) / 1000;
    if (code === 0) {
      over += 1;
      done.add(run);
      report(run, 'done', { seconds });
    } else if (stopped()) {
      report(run, 'interrupted', { seconds });
    } else {
      throw new Error(lastLine === '' ? `ended with code ${code}` : lastLine.replace(/^spectride: /, ''));
    }
  }

  async function worker(): Promise<void> {
    for (let run = waiting.shift(); run !== undefined && !stopped(); run = waiting.shift()) {
      try {
        await perform(run);
      } catch (error) {
        over += 1;
        const reason = error instanceof Error ? error.message : String(error);
        failed.push({ id: run.id, reason, log: path.join(out, 'logs', `${run.id}.log`) });
        report(run, 'failed', { reason });
      }
    }
  }

  await Promise.all(Array.from({ length: Math.max(1, jobs) }, worker));
  return {
    done: runs.filter((run) => done.has(run)).map((run) => path.join(out, run.id)),
    failed,
    interrupted: stopped(),
  };
}
