import { existsSync } from 'node:fs';
import { readdir, rm } from 'node:fs/promises';
import path from 'node:path';
import { isDeepStrictEqual } from 'node:util';
import { loadPipeline } from '../../pipeline/load.ts';
import { checkpointFile, readRun, runFiles } from '../../train/run-folder.ts';
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

/**
 * Looks into the folder of a planned run. A run that was killed before its first checkpoint has nothing worth keeping: its
 * folder is removed and it counts as missing. A folder that is no run's is never touched.
 */
export async function stateOf(run: PlannedRun, directory: string): Promise<RunState> {
  if (!existsSync(directory)) return 'missing';
  if (!existsSync(path.join(directory, runFiles.pipeline))) {
    return (await readdir(directory)).length === 0 ? 'missing' : 'other';
  }
  const checkpointed = existsSync(checkpointFile(directory, 'state'));
  const ended = existsSync(path.join(directory, runFiles.result));
  if (!checkpointed && !ended) {
    await rm(directory, { recursive: true });
    return 'missing';
  }
  const planned = await loadPipeline(run.pipeline, { set: run.set, seed: run.seed });
  const found = await readRun(directory);
  if (!isDeepStrictEqual(relevant(found.pipeline), relevant(planned))) return 'other';
  return ended ? 'done' : 'interrupted';
}
