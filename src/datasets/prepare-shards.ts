import type { ClipSource, ExtractedClip, ExtractionSettings } from './extract.ts';
import type { Extractor } from './extractor.ts';
import { ShardWriter } from './feature-shard.ts';
import { explainFullDisk } from './full-disk.ts';
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
  /** Clips of all groups, to tell how much a full disk lacks. */
  readonly clips: number;
  /** Whether the files of a shard are still those that it was planned for. */
  readonly isUnchanged: (shard: PlannedShard) => boolean;
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
  let unreadable = false;
  /** Clips and bytes of all shards, and bytes of the one that is begun. */
  const written = { clips: 0, bytes: 0, begun: 0 };

  async function writeFirst(): Promise<void> {
    const first = underWay.shift();
    if (!first) return;
    const extracted = await first.extracted;
    signal?.throwIfAborted();
    writer ??= new ShardWriter(options.folder, first.shard);
    for (const clip of extracted) {
      addClip(writer, clip);
      unreadable ||= 'reason' in clip;
      const bytes = 'data' in clip ? clip.data.length : 0;
      written.clips++;
      written.bytes += bytes;
      written.begun += bytes;
    }
    if (writer.full) {
      // A clip that vanished while it was to be read, with its disk for instance, must not count as unreadable for good.
      if (unreadable && !options.isUnchanged(first.shard)) {
        throw new Error(`${first.shard.key}: recordings changed or vanished while they were read; start again`);
      }
      unreadable = false;
      await writer.finish();
      writer = undefined;
      written.begun = 0;
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
    // Clips not yet written are taken to be as long as those before them, and the shard that was begun is written anew.
    const left = ((options.clips - written.clips) * written.bytes) / written.clips;
    throw explainFullDisk(error, {
      folder: options.folder,
      needed: written.clips === 0 ? undefined : left + written.begun,
      advice: 'make room or set SPECTRIDE_CACHE, then start again: what is finished is kept',
    });
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
