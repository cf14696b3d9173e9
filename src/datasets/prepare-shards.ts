import { statfsSync } from 'node:fs';
import type { ClipSource, ExtractedClip, ExtractionSettings } from './extract.ts';
import type { Extractor } from './extractor.ts';
import { ShardWriter } from './feature-shard.ts';
import type { PlannedShard } from './shard-plan.ts';

/** Clips of one shard that are extracted together. */
export interface ClipGroup {
  readonly shard: PlannedShard;
  readonly sources: readonly ClipSource[];
}

export interface PrepareOptions {
  readonly folder: string;
  readonly settings: ExtractionSettings;
  readonly extractor: Extractor;
  readonly signal?: AbortSignal;
  /** Called with the number of clips that were added since the last call. */
  readonly onClips?: (clips: number) => void;
}

/**
 * Extracts groups, which come shard by shard in order, on as many lanes as the extractor has, and writes the shards one after the other in that
 * order: what a shard holds depends on nothing but its clips and the settings. Stops at the first error or when the signal is
 * aborted, leaving finished shards and nothing else.
 */
export async function writeShards(
  groups: Iterable<ClipGroup> | AsyncIterable<ClipGroup>,
  options: PrepareOptions,
): Promise<void> {
  const { extractor, signal } = options;
  const underWay: { shard: PlannedShard; extracted: Promise<ExtractedClip[]> }[] = [];
  let writer: ShardWriter | undefined;

  async function writeFirst(): Promise<void> {
    const first = underWay.shift();
    if (!first) return;
    const extracted = await first.extracted;
    signal?.throwIfAborted();
    writer ??= new ShardWriter(options.folder, first.shard);
    for (const clip of extracted) addClip(writer, clip);
    if (writer.full) {
      await writer.finish();
      writer = undefined;
    }
    options.onClips?.(extracted.length);
  }

  try {
    for await (const { shard, sources } of groups) {
      signal?.throwIfAborted();
      const extracted = extractor.extract(sources);
      // It is awaited in its turn; until then a rejection must not count as unhandled.
      extracted.catch(() => {});
      underWay.push({ shard, extracted });
      while (underWay.length >= 2 * extractor.lanes) await writeFirst();
    }
    while (underWay.length > 0) await writeFirst();
  } catch (error) {
    writer?.abandon();
    throw explainFullDisk(error, options.folder);
  }
}

function addClip(writer: ShardWriter, clip: ExtractedClip): void {
  if ('reason' in clip) {
    const data = Buffer.from(clip.reason);
    writer.add({ frames: data.length, trainingFrames: 0, samples: 0, unreadable: true }, data);
  } else {
    const { frames, trainingFrames, samples, data } = clip;
    writer.add({ frames, trainingFrames, samples, unreadable: false }, data);
  }
}

/** A full disk, said so that one knows where and how much is left; other errors as they are. */
function explainFullDisk(error: unknown, folder: string): unknown {
  if ((error as NodeJS.ErrnoException | undefined)?.code !== 'ENOSPC') return error;
  const { bavail, bsize } = statfsSync(folder);
  const megabytes = Math.floor((bavail * bsize) / 1e6);
  return Object.assign(
    new Error(
      `${folder}: the disk is full (${megabytes} MB free); make room or set SPECTRIDE_CACHE, then start again: what is finished is kept`,
    ),
    { code: 'ENOSPC' },
  );
}
