import { type Dirent, existsSync } from 'node:fs';
import { readdir, stat } from 'node:fs/promises';
import path from 'node:path';
import { BadInputError } from '../errors.ts';
import { readRun } from '../train/run-folder.ts';
import { distinctRuns } from './run-group.ts';
import { type FinishedRun, finished, type RunRecord } from './run-record.ts';

/** How many folders deep run folders are looked for below a folder that is none itself. */
const searchDepth = 3;

async function runFoldersBelow(directory: string, depth: number): Promise<string[]> {
  if (existsSync(path.join(directory, 'pipeline.yaml'))) return [directory];
  if (depth === 0) return [];
  const entries: Dirent[] = await readdir(directory, { withFileTypes: true });
  const folders = entries
    .filter((entry) => entry.isDirectory() && !entry.name.startsWith('.') && entry.name !== 'node_modules')
    .map((entry) => path.join(directory, entry.name))
    .sort((a, b) => a.localeCompare(b, 'en', { numeric: true }));
  const found = [];
  for (const folder of folders) found.push(...(await runFoldersBelow(folder, depth - 1)));
  return found;
}

/**
 * The run folders that `paths` name: each is one itself, or a folder with run folders up to three levels below it. Every
 * folder comes once. Throws a BadInputError for a path that does not exist or holds no run.
 */
export async function findRunFolders(paths: readonly string[]): Promise<string[]> {
  const found = new Set<string>();
  for (const given of paths) {
    const entry = await stat(given).catch(() => undefined);
    if (entry === undefined) throw new BadInputError(`${given}: expected a run folder, found nothing there`);
    if (!entry.isDirectory()) throw new BadInputError(`${given}: expected a run folder, found a file`);
    const folders = await runFoldersBelow(path.resolve(given), searchDepth);
    if (folders.length === 0) {
      throw new BadInputError(`${given}: expected a run folder, or folders of runs, found no pipeline.yaml in it`);
    }
    for (const folder of folders) found.add(folder);
  }
  return [...found];
}

/** Reads the runs that `paths` name, ended or not. */
export async function loadRuns(paths: readonly string[]): Promise<RunRecord[]> {
  return Promise.all((await findRunFolders(paths)).map((folder) => readRun(folder)));
}

/** Reads the runs that `paths` name and leaves out those that have not ended, of which `onUnfinished` is told; throws where none has. */
export async function loadFinishedRuns(
  paths: readonly string[],
  onUnfinished?: (run: RunRecord) => void,
): Promise<FinishedRun[]> {
  const runs = await loadRuns(paths);
  const ended = finished(runs);
  const first = runs[0];
  if (ended.length === 0 && first !== undefined) {
    throw new BadInputError(
      `${first.directory}: expected a run that has ended, found no result.json (resume it with train --resume)`,
    );
  }
  for (const run of runs) if (run.result === undefined) onUnfinished?.(run);
  return ended;
}

/**
 * Reads the runs that `paths` name for a summary over seeds: those that have ended, each seed of a setting once. `onLeftOut` is told of
 * every other.
 */
export async function loadDistinctRuns(
  paths: readonly string[],
  onLeftOut: (text: string) => void,
): Promise<FinishedRun[]> {
  const all = await loadFinishedRuns(paths, (run) => onLeftOut(`${run.directory}: has not ended; left out`));
  const { runs, repeats } = distinctRuns(all);
  for (const { run, of } of repeats) {
    onLeftOut(`${run.directory}: repeats seed ${run.pipeline.seed} of ${of.directory}; left out`);
  }
  return runs;
}
