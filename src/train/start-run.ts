import { existsSync, mkdirSync, readdirSync, rmSync } from 'node:fs';
import path from 'node:path';
import { isDeepStrictEqual } from 'node:util';
import { parse } from 'yaml';
import { writeFileAtomicSync } from '../atomic-file.ts';
import { BadInputError } from '../errors.ts';
import { resolvePipeline, serializePipeline } from '../pipeline/load.ts';
import type { Pipeline } from '../pipeline/schema.ts';
import { takeLock } from '../process-lock.ts';
import type { Environment } from './results.ts';
import {
  isLeftover,
  isTemporary,
  type Labels,
  readEnvironment,
  readLabels,
  readMetrics,
  readPipeline,
  runFiles,
  runLock,
} from './run-folder.ts';
import type { Head } from './sources.ts';

function entriesOf(folder: string): string[] {
  return existsSync(folder) ? readdirSync(folder).filter((name) => !isLeftover(name)) : [];
}

/**
 * Refuses a folder that a run cannot be written to: one that holds a run, without `resume`; one that holds another pipeline's; one
 * that holds anything else. Changes nothing, so that a run that fails before it starts leaves nothing to clear away.
 */
export function refuseTakenFolder(out: string, pipeline: Pipeline, resume: boolean): void {
  const entries = entriesOf(out);
  if (entries.length === 0) return;
  const started = entries.includes(runFiles.pipeline);
  if (!resume) {
    throw new BadInputError(
      `${out}: expected a new or empty folder, found ${started ? 'a run; --resume goes on with it' : 'other files'}`,
    );
  }
  if (!started) throw new BadInputError(`${out}: expected a run to go on with, found no ${runFiles.pipeline} in it`);
  refuseOtherPipeline(out, pipeline);
}

/** A run goes on only as it began, but for the backend. */
function refuseOtherPipeline(out: string, asked: Pipeline): void {
  const before = readPipeline(out);
  // As the folder would hold it: a setting given as undefined is one that was not given.
  const pipeline = resolvePipeline(parse(serializePipeline(asked)));
  const differing = (Object.keys({ ...before, ...pipeline }) as (keyof Pipeline)[]).find(
    (key) => key !== 'backend' && !isDeepStrictEqual(before[key], pipeline[key]),
  );
  if (differing !== undefined) {
    throw new BadInputError(
      `${out}: expected the pipeline that the run was started with, found another "${differing}"`,
    );
  }
}

/** Weights learned for one class must not answer for another. */
function refuseOtherLabels(out: string, labels: Labels): void {
  if (!existsSync(path.join(out, runFiles.labels))) return;
  const before = readLabels(out);
  const differing = Object.keys({ ...before, ...labels }).find(
    (task) => !isDeepStrictEqual(before[task], labels[task]),
  );
  if (differing !== undefined) {
    throw new BadInputError(
      `${out}: expected the classes that the run was started with, found others for the task "${differing}": its data have changed`,
    );
  }
}

/**
 * Makes the run folder and what describes the run in it, `pipeline.yaml` first: from then on the folder is a run's, and can be gone on with.
 * Of a run that goes on the first environment stays; each later one is added to its `resumed`. A result is taken away, being no longer that
 * of the run, and so is what a killed process left half written.
 *
 * @returns what ends the run in this process: until then no other can write to the folder.
 * @throws BadInputError where another process trains there, the folder was taken in the meantime (`refuseTakenFolder`), or a run that
 *   goes on would have other classes.
 */
export function startRun(
  out: string,
  pipeline: Pipeline,
  options: { resume: boolean; heads: readonly Head[]; environment: Environment },
): () => void {
  mkdirSync(out, { recursive: true });
  const finish = takeLock(path.join(out, runLock), 'trains in this folder');
  try {
    refuseTakenFolder(out, pipeline, options.resume);
    describeRun(out, pipeline, options);
  } catch (error) {
    finish();
    throw error;
  }
  return finish;
}

function describeRun(
  out: string,
  pipeline: Pipeline,
  { heads, environment }: { heads: readonly Head[]; environment: Environment },
): void {
  const checkpoints = path.join(out, 'checkpoints');
  for (const folder of [out, checkpoints]) {
    if (!existsSync(folder)) continue;
    for (const name of readdirSync(folder)) if (isTemporary(name)) rmSync(path.join(folder, name), { force: true });
  }
  const labels = Object.fromEntries(heads.map(({ name, label, classes }) => [name, { label, classes: [...classes] }]));
  refuseOtherLabels(out, labels);
  const write = (name: string, text: string) => writeFileAtomicSync(path.join(out, name), text);
  const json = (value: unknown) => `${JSON.stringify(value, undefined, 2)}\n`;
  const first = existsSync(path.join(out, runFiles.environment)) ? readEnvironment(out) : undefined;
  rmSync(path.join(out, runFiles.result), { force: true });
  write(runFiles.pipeline, serializePipeline(pipeline));
  mkdirSync(checkpoints, { recursive: true });
  write(runFiles.labels, json(labels));
  write(
    runFiles.environment,
    json(first ? { ...first, resumed: [...(first.resumed ?? []), environment] } : environment),
  );
}

/** Drops what a killed run logged behind its last checkpoint: those steps are taken again. */
export function truncateMetrics(out: string, step: number): void {
  const kept = readMetrics(out).filter((line) => line.step <= step);
  writeFileAtomicSync(path.join(out, runFiles.metrics), kept.map((line) => `${JSON.stringify(line)}\n`).join(''));
}
