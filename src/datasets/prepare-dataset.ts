import { existsSync, mkdirSync, statSync } from 'node:fs';
import path from 'node:path';
import { BadInputError } from '../errors.ts';
import type { ResolvedLogMelOptions } from '../features/index.ts';
import { openDataset } from './catalogue.ts';
import type { DatasetDefinition, DatasetFile } from './dataset-definition.ts';
import { download, wrongWith } from './download.ts';
import type { TransformSource } from './extractor.ts';
import { openFeatureStore } from './feature-cache.ts';
import { freeBytes } from './full-disk.ts';
import { rememberRoot } from './prepared-root.ts';
import { readSourceTree } from './source-tree.ts';
import type { BadClip, Dataset } from './types.ts';

export interface PrepareDatasetOptions {
  readonly cacheDirectory: string;
  /** Folder with the archives or the extracted tree, and where downloads go. */
  readonly root?: string;
  readonly download?: boolean;
  readonly features: ResolvedLogMelOptions;
  /** Seconds of a window. */
  readonly window: number;
  /** Keep samples instead of features, as `features.waveform` of a pipeline. */
  readonly waveform?: boolean;
  readonly transform?: TransformSource;
  readonly workers?: number;
  readonly maxBad?: number;
  readonly signal?: AbortSignal;
  /** Read what is in the cache already and compare it with its checksums; what is damaged is computed again. */
  readonly verify?: boolean;
  /** Something that a person wants to know before it is done, or once. */
  readonly onRemark?: (text: string) => void;
  readonly onProgress?: (
    phase: 'download' | 'render' | 'features',
    what: string,
    done: number,
    total: number | undefined,
  ) => void;
  /** For tests: how often and how soon a failed request is tried again. */
  readonly retries?: number;
  readonly retryDelay?: number;
}

export interface PreparedDataset {
  readonly name: string;
  readonly root: string;
  readonly clips: number;
  /** Clips shorter than a window. */
  readonly padded: number;
  /** Clips found and expected of each official part. */
  readonly counts: Readonly<Record<string, { readonly found: number; readonly expected: number }>>;
  readonly complete: boolean;
  readonly bad: readonly BadClip[];
  readonly notes: readonly string[];
}

/**
 * Makes a public data set ready: fetches what is missing (`download`), checks what has a published checksum, indexes it, compares its counts with the official ones, and
 * extracts its features to the cache. Each step goes on from where an interrupted one stopped.
 */
export async function prepareDataset(
  definition: DatasetDefinition,
  options: PrepareDatasetOptions,
): Promise<PreparedDataset> {
  const { cacheDirectory, signal, onRemark } = options;
  const root = path.resolve(options.root ?? path.join(cacheDirectory, 'downloads', definition.name));
  await checkFiles(definition, root, options);
  if (options.download) await downloadFiles(definition, root, options);
  if (!existsSync(root)) {
    throw new BadInputError(
      `${definition.name}: expected its archives or its extracted files in ${root}, found nothing; give --root FOLDER, or --download`,
    );
  }
  const tree = await readSourceTree(root, cacheDirectory, signal);
  const dataset = definition.open(tree, 'official');
  const found = definition.count(dataset);
  const counts = Object.fromEntries(
    Object.entries(definition.expected).map(([part, expected]) => [part, { found: found[part] ?? 0, expected }]),
  );
  const differing = Object.entries(counts).filter(([, count]) => count.found !== count.expected);
  for (const note of dataset.notes) onRemark?.(note);
  for (const [part, count] of differing) {
    onRemark?.(
      `${definition.name}: expected ${count.expected} clips of ${part}, found ${count.found}: this is not the whole official data set`,
    );
  }
  mkdirSync(cacheDirectory, { recursive: true });
  tellCacheNeed(definition, dataset, options);
  const prepared = await prepareFeatures(dataset, options);
  rememberRoot(cacheDirectory, definition.name, root);
  return { ...prepared, root, counts, complete: differing.length === 0 };
}

/** Makes a data set of one's own (`folder:`, `manifest:`) or the rendered notes ready: indexes it and extracts its features to the cache. */
export async function prepareOwnDataset(spec: string, options: PrepareDatasetOptions): Promise<PreparedDataset> {
  const { cacheDirectory, signal } = options;
  for (const option of ['root', 'download'] as const) {
    if (options[option]) throw new BadInputError(`--${option}: expected with a public data set, found with ${spec}`);
  }
  const dataset = await openDataset(spec, {
    cacheDirectory,
    signal,
    onProgress: (done, total) => options.onProgress?.('render', spec, done, total),
  });
  for (const note of dataset.notes) options.onRemark?.(note);
  return prepareFeatures(dataset, options);
}

async function prepareFeatures(dataset: Dataset, options: PrepareDatasetOptions): Promise<PreparedDataset> {
  const store = await openFeatureStore(dataset, {
    ...options,
    onDamaged: (file) => options.onRemark?.(`${file}: damaged; it is computed again`),
    onProgress: (done, total) => options.onProgress?.('features', dataset.name, done, total),
  });
  store.close();
  const { name, root, notes } = dataset;
  return {
    name,
    root,
    clips: store.clips.length,
    padded: store.padded,
    counts: {},
    complete: true,
    bad: store.bad,
    notes,
  };
}

async function downloadFiles(
  definition: DatasetDefinition,
  root: string,
  options: PrepareDatasetOptions,
): Promise<void> {
  mkdirSync(root, { recursive: true });
  const missing = definition.files.filter((file) => !existsSync(path.join(root, file.name)));
  if (missing.length === 0) return;
  tellNeed(definition, missing, root, options);
  for (const file of missing) {
    options.signal?.throwIfAborted();
    await download(file.url, path.join(root, file.name), {
      bytes: file.bytes,
      checksum: file.checksum,
      signal: options.signal,
      ...(options.retries !== undefined ? { retries: options.retries } : {}),
      ...(options.retryDelay !== undefined ? { retryDelay: options.retryDelay } : {}),
      onProgress: (done, total) => options.onProgress?.('download', file.name, done, total),
    });
  }
}

function gigabytes(bytes: number): string {
  return (bytes / 1e9).toFixed(1);
}

/** Says how much room the features of a data set's clips take, before they are extracted. */
function tellCacheNeed(definition: DatasetDefinition, dataset: Dataset, options: PrepareDatasetOptions): void {
  const { hopLength, bins, sampleRate } = options.features;
  const seconds = dataset.clips.length * definition.clipSeconds;
  const bytesOfSecond = options.waveform
    ? sampleRate * (dataset.pcm16Rate === sampleRate ? 2 : 4)
    : (sampleRate / hopLength) * bins * (dataset.precision === 'float16' ? 2 : 4);
  options.onRemark?.(
    `${definition.name}: the cache takes up to ${gigabytes(seconds * bytesOfSecond)} GB in ${options.cacheDirectory}, ${gigabytes(freeBytes(options.cacheDirectory))} GB free`,
  );
}

/** Says how much is about to be fetched and how much room there is; throws where it cannot fit. */
function tellNeed(
  definition: DatasetDefinition,
  missing: readonly DatasetFile[],
  root: string,
  options: PrepareDatasetOptions,
): void {
  const known = missing.every((file) => file.bytes !== undefined);
  const weight = (name: string) => statSync(path.join(root, name), { throwIfNoEntry: false })?.size ?? 0;
  const arrived = (files: readonly DatasetFile[]) =>
    files.reduce((sum, { name }) => sum + weight(name) + weight(`${name}.partial`), 0);
  const needed = known
    ? missing.reduce((sum, file) => sum + (file.bytes ?? 0), 0) - arrived(missing)
    : Math.max(0, definition.approximateBytes - arrived(definition.files));
  const free = freeBytes(root);
  const about = known ? '' : 'about ';
  options.onRemark?.(
    `${definition.title} (${definition.licence}): ${about}${gigabytes(needed)} GB to fetch to ${root}, ${gigabytes(free)} GB free`,
  );
  if (known && needed > free) {
    throw new BadInputError(
      `${root}: expected room for ${gigabytes(needed)} GB, found ${gigabytes(free)} GB free: ${gigabytes(needed - free)} GB are missing`,
    );
  }
}

/** Checks archives that were brought along and have a published length or checksum. */
async function checkFiles(definition: DatasetDefinition, root: string, options: PrepareDatasetOptions): Promise<void> {
  for (const file of definition.files) {
    const archive = path.join(root, file.name);
    if (!existsSync(archive)) continue;
    const problem = await wrongWith(archive, { bytes: file.bytes, checksum: file.checksum, signal: options.signal });
    if (problem !== undefined) options.onRemark?.(`${archive}: ${problem}: this is not the official file`);
  }
}
