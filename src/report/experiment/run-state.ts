import { existsSync } from 'node:fs';
import { readdir } from 'node:fs/promises';
import path from 'node:path';
import { isDeepStrictEqual } from 'node:util';
import { loadPipeline } from '../../pipeline/load.ts';
import { isLeftover, readPipeline, readRun, runFiles } from '../../train/run-folder.ts';
import type { PlannedRun } from './plan.ts';

/** Where a planned run stands: to be started, to be gone on with, ended, or its folder holds another run. */
export type RunState = 'missing' | 'interrupted' | 'done' | 'other';

/** Settings that do not change what a run computes. */
const irrelevant = new Set(['backend']);

function relevant(pipeline: object): object {
  return Object.fromEntries(
    Object.entries(pipeline).filter(([key, value]) => !irrelevant.has(key) && value !== undefined),
  );
}

/** Looks into the folder of a planned run, and changes nothing in it: the run may be going on in another process. */
export async function stateOf(run: PlannedRun, directory: string): Promise<RunState> {
  if (!existsSync(directory)) return 'missing';
  if (!existsSync(path.join(directory, runFiles.pipeline))) {
    return (await readdir(directory)).every(isLeftover) ? 'missing' : 'other';
  }
  const planned = await loadPipeline(run.pipeline, { set: run.set, seed: run.seed });
  if (!isDeepStrictEqual(relevant(readPipeline(directory)), relevant(planned))) return 'other';
  if (!existsSync(path.join(directory, runFiles.result))) return 'interrupted';
  await readRun(directory); // refuses one whose files were damaged
  return 'done';
}
