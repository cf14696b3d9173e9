import path from 'node:path';
import { BadInputError } from '../errors.ts';
import { cacheDirectory } from './cache-directory.ts';
import { catalogueNames, definitions } from './definitions.ts';
import { openFolder } from './folder-dataset.ts';
import { openManifest } from './manifest-dataset.ts';
import type { Dataset, SplitChoice } from './types.ts';

export interface OpenDatasetOptions {
  readonly split?: SplitChoice;
  /** The label column of the task: seeded splits share out its classes evenly. */
  readonly label?: string;
  /** Where prepared data sets lie; by default `cacheDirectory()`. */
  readonly cacheDirectory?: string;
  readonly signal?: AbortSignal;
  /** Steps of what must be made first (rendering notes), of all. */
  readonly onProgress?: (done: number, total: number) => void;
}

/**
 * Opens a data set by its name in a pipeline: `folder:PATH`, `manifest:FILE` or a name of the catalogue. Paths are taken relative to the
 * working folder (the pipeline's loader has resolved them against the pipeline file). Throws BadInputError where it is not
 * known, not there, or has no clips.
 */
export async function openDataset(spec: string, options: OpenDatasetOptions = {}): Promise<Dataset> {
  const split = options.split ?? 'official';
  if (spec.startsWith('folder:')) return openFolder(path.resolve(spec.slice('folder:'.length)), split, options.label);
  if (spec.startsWith('manifest:'))
    return openManifest(path.resolve(spec.slice('manifest:'.length)), split, options.label);
  if (spec === 'notes') {
    const { openNotes } = await import('./notes.ts');
    return openNotes(options.cacheDirectory ?? cacheDirectory(), split, options);
  }
  const load = definitions[spec];
  if (!load) {
    throw new BadInputError(
      `dataset: expected folder:PATH, manifest:FILE or one of ${catalogueNames.join(', ')}, found "${spec}"`,
    );
  }
  const cache = options.cacheDirectory ?? cacheDirectory();
  const [definition, { readSourceTree }, { preparedRoot }] = await Promise.all([
    load(),
    import('./source-tree.ts'),
    import('./prepared-root.ts'),
  ]);
  const tree = await readSourceTree(preparedRoot(cache, spec), cache, options.signal);
  return definition.open(tree, split, options.label);
}
