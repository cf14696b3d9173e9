import { createHash } from 'node:crypto';
import { closeSync, mkdirSync, openSync, readSync, rmSync } from 'node:fs';
import path from 'node:path';
import { BadInputError } from '../errors.ts';
import { frameCount, type ResolvedLogMelOptions } from '../features/index.ts';
import { cacheDirectory as defaultCacheDirectory } from './cache-directory.ts';
import { clipGroups } from './clip-groups.ts';
import {
  createExtractor,
  type Extractor,
  type ExtractorSettings,
  loadTransform,
  type TransformSource,
} from './extractor.ts';
import { readIndex, writeIndex } from './feature-index.ts';
import { formatVersion, isUndamaged, readShardTable, shardName } from './feature-shard.ts';
import { joinTables, shardStore } from './feature-store.ts';
import { removeAbandoned, writeOnce } from './partial-file.ts';
import { writeShards } from './prepare-shards.ts';
import { type PlannedShard, planShards } from './shard-plan.ts';
import type { Clip, Dataset, FeatureStore } from './types.ts';
import { waveformStore } from './waveform-store.ts';
import { planWindows } from './windows.ts';

export interface FeatureStoreOptions {
  readonly features: ResolvedLogMelOptions;
  /** Length of a window in seconds. */
  readonly window: number;
  readonly cacheDirectory?: string;
  /** Share of clips that may be unreadable. */
  readonly maxBad?: number;
  /** Keep the clips' samples at the features' rate, and take features of them when they are read (default: keep features). */
  readonly waveform?: boolean;
  /** How a value of a feature is stored; by default as the data set recommends, else float32. Samples are always kept without loss. */
  readonly precision?: 'float16' | 'float32';
  /** What computes the frames; by default JavaScript. Features of one transform are never read for another's. */
  readonly transform?: TransformSource;
  /** What extracts instead of this process's threads; it must give what they would. */
  readonly extractor?: Extractor;
  /** Threads; by default one for each core. */
  readonly workers?: number;
  /** Read what is there already and compare it with its checksums; a shard that is damaged is removed and computed again. */
  readonly verify?: boolean;
  /** Told of each file that `verify` removes. */
  readonly onDamaged?: (file: string) => void;
  readonly signal?: AbortSignal;
  /** Clips done, of all. */
  readonly onProgress?: (done: number, total: number) => void;
}

/**
 * The features of a data set, from the cache; what is not there is computed first. Clips that cannot be read are left out and
 * listed in `bad`. Throws BadInputError where they are more than `maxBad` (default 1 %) of the clips, and the signal's reason where
 * it is aborted; shards that were finished before stay, so that the next call goes on from there.
 */
export async function openFeatureStore(dataset: Dataset, options: FeatureStoreOptions): Promise<FeatureStore> {
  const { features, window } = options;
  if (options.waveform) {
    const samples = await openSampleStore(dataset, options);
    const windows = planWindows(window, features, (count) => frameCount(count, features));
    return waveformStore(samples, { features, windows, transform: await loadTransform(options.transform) });
  }
  // A source that has no transform for this machine leaves the default one, under whose name features are then kept.
  const transform = (await loadTransform(options.transform)) && options.transform;
  const valueBytes = (options.precision ?? dataset.precision ?? 'float32') === 'float16' ? 2 : 4;
  return openStore(dataset, options, { features, window, waveform: false, valueBytes, transform });
}

/**
 * The samples of a data set's clips at the features' sample rate, mono, from the cache as `openFeatureStore`: a store of frames of one
 * value, all of them the clip's own. They are kept without loss: in two bytes where all recordings are 16-bit PCM at that rate, else as float32.
 */
export function openSampleStore(dataset: Dataset, options: FeatureStoreOptions): Promise<FeatureStore> {
  const { features, window } = options;
  const valueBytes = dataset.pcm16Rate === features.sampleRate ? 2 : 4;
  return openStore(dataset, options, { features, window, waveform: true, valueBytes });
}

async function openStore(
  dataset: Dataset,
  options: FeatureStoreOptions,
  settings: ExtractorSettings,
): Promise<FeatureStore> {
  const { features, valueBytes, waveform } = settings;
  const windows = planWindows(options.window, features, (samples) => frameCount(samples, features));
  const description = describeSettings(settings);
  const settingsKey = createHash('sha256').update(description).digest('hex');
  const folder = path.join(options.cacheDirectory ?? defaultCacheDirectory(), 'features', settingsKey.slice(0, 16));
  mkdirSync(folder, { recursive: true });
  removeAbandoned(folder);
  writeOnce(folder, 'settings.json', Buffer.from(`${description}\n`));

  const shape = { bins: waveform ? 1 : features.bins, valueBytes, waveform };
  const reading = inReadingOrder(dataset);
  const shards = planShards(reading, settingsKey, shape);
  const plan = { shards, settingsKey, shape };
  if (options.verify) await removeDamaged(folder, shards, options);
  const tables = readIndex(folder, shards) ?? (await completeTables(reading, plan, folder, settings, options));
  const stored = joinTables(dataset.clips, dataset.readingOrder, shards, tables, (shard, offset, length) =>
    readReason(path.join(folder, shardName(shard.key)), offset, length),
  );
  refuseTooManyBad(dataset, stored.bad, options.maxBad ?? 0.01);
  return shardStore(stored, shards, folder, shape, windows);
}

/** The settings that decide what is stored, as JSON with sorted keys: the same settings always give the same text. */
function describeSettings(settings: ExtractorSettings): string {
  if (settings.waveform) {
    const { waveform, valueBytes, features } = settings;
    const described = { format: formatVersion, waveform, valueBytes, features: { sampleRate: features.sampleRate } };
    return JSON.stringify(described, undefined, 2);
  }
  const features = Object.fromEntries(Object.entries(settings.features).sort(([a], [b]) => (a < b ? -1 : 1)));
  return JSON.stringify(
    {
      format: formatVersion,
      window: settings.window,
      waveform: settings.waveform,
      valueBytes: settings.valueBytes,
      transform: settings.transform?.name ?? 'fft.js',
      features,
    },
    undefined,
    2,
  );
}

/** Removes shards whose data does not have the checksums in their tables. */
async function removeDamaged(
  folder: string,
  shards: readonly PlannedShard[],
  options: FeatureStoreOptions,
): Promise<void> {
  for (const shard of shards) {
    options.signal?.throwIfAborted();
    if (!readShardTable(folder, shard) || (await isUndamaged(folder, shard))) continue;
    const file = path.join(folder, shardName(shard.key));
    rmSync(file);
    options.onDamaged?.(file);
  }
}

/** The clips in the order in which they are read and stored. */
function inReadingOrder({ clips, readingOrder }: Dataset): readonly Clip[] {
  return readingOrder ? Array.from(readingOrder, (index) => clips[index] as Clip) : clips;
}

/** The shards of a data set, and what their keys are made of besides its clips. */
interface CachePlan {
  readonly shards: readonly PlannedShard[];
  readonly settingsKey: string;
  readonly shape: Parameters<typeof planShards>[2];
}

/** The tables of all shards, after extracting those that are missing or not whole. */
async function completeTables(
  clips: readonly Clip[],
  { shards, settingsKey, shape }: CachePlan,
  folder: string,
  settings: ExtractorSettings,
  options: FeatureStoreOptions,
): Promise<Buffer[]> {
  const tables = shards.map((shard) => readShardTable(folder, shard));
  const missing = shards.filter((_, index) => tables[index] === undefined);
  if (missing.length > 0) {
    const total = clips.length;
    let done = total - missing.reduce((sum, shard) => sum + shard.clips, 0);
    options.onProgress?.(done, total);
    const extractor = options.extractor ?? createExtractor(settings, total - done, options.workers);
    try {
      await writeShards(clipGroups(clips, missing, options.signal), {
        folder,
        settings,
        extractor,
        clips: total - done,
        isUnchanged: (shard) => {
          const [again] = planShards(clips.slice(shard.from, shard.to), settingsKey, shape);
          return again?.key === shard.key;
        },
        signal: options.signal,
        onClips(clips) {
          done += clips;
          options.onProgress?.(done, total);
        },
      });
    } finally {
      await extractor.close();
    }
  }
  const complete = shards.map((shard, index) => {
    const table = tables[index] ?? readShardTable(folder, shard);
    if (!table)
      throw new Error(`${path.join(folder, shardName(shard.key))}: written, but it cannot be read back whole`);
    return table;
  });
  writeIndex(folder, shards, complete);
  return complete;
}

function readReason(file: string, offset: number, length: number): string {
  const descriptor = openSync(file, 'r');
  try {
    const bytes = Buffer.alloc(length);
    readSync(descriptor, bytes, 0, length, offset);
    return bytes.toString('utf8');
  } finally {
    closeSync(descriptor);
  }
}

function refuseTooManyBad(dataset: Dataset, bad: FeatureStore['bad'], maxBad: number): void {
  if (bad.length === 0 || bad.length <= maxBad * dataset.clips.length) return;
  const first = bad.slice(0, 3).map(({ reason }) => reason);
  const share = ((100 * bad.length) / dataset.clips.length).toFixed(1);
  throw new BadInputError(
    `${dataset.name}: expected at most ${100 * maxBad} % unreadable clips, found ${bad.length} of ${dataset.clips.length} (${share} %): ${first.join('; ')}${bad.length > first.length ? '; …' : ''}`,
  );
}
