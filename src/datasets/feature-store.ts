import path from 'node:path';
import { FeatureReader } from './feature-reader.ts';
import { readEntry, shardName, type ValueBytes } from './feature-shard.ts';
import { fromHalf } from './half-float.ts';
import { fromPcm16 } from './pcm-samples.ts';
import type { PlannedShard } from './shard-plan.ts';
import type { BadClip, Clip, FeatureStore } from './types.ts';
import { evaluationStarts, type WindowPlan } from './windows.ts';

/** A data set's clips with their rows in the shards' tables: what reading needs, in typed arrays so that 300,000 clips weigh little. */
export interface StoredClips {
  readonly clips: readonly Clip[];
  readonly bad: readonly BadClip[];
  /** For each clip: its shard, first byte, frames stored, training frames, own samples. */
  readonly shard: Uint32Array;
  readonly offset: Float64Array;
  readonly frames: Uint32Array;
  readonly trainingFrames: Uint32Array;
  readonly samples: Uint32Array;
}

/**
 * Joins clips with the tables of their shards; unreadable clips are set apart, `reasonOf` reads why. `readingOrder` says which clip is where in
 * the shards, where that is not the order of `clips`.
 */
export function joinTables(
  clips: readonly Clip[],
  readingOrder: Uint32Array | undefined,
  shards: readonly PlannedShard[],
  tables: readonly Buffer[],
  reasonOf: (shard: PlannedShard, offset: number, length: number) => string,
): StoredClips {
  /** Place in the shards of each clip. */
  const places = new Uint32Array(clips.length);
  for (let place = 0; place < clips.length; place++) places[readingOrder?.[place] ?? place] = place;
  const shardOf = new Uint32Array(clips.length);
  for (const [number, { from, to }] of shards.entries()) shardOf.fill(number, from, to);

  const good: Clip[] = [];
  const bad: BadClip[] = [];
  const shard = new Uint32Array(clips.length);
  const offset = new Float64Array(clips.length);
  const frames = new Uint32Array(clips.length);
  const trainingFrames = new Uint32Array(clips.length);
  const samples = new Uint32Array(clips.length);
  for (const [number, clip] of clips.entries()) {
    const place = places[number] as number;
    const planned = shards[shardOf[place] as number] as PlannedShard;
    const entry = readEntry(tables[shardOf[place] as number] as Buffer, place - planned.from);
    if (entry.unreadable) {
      bad.push({ id: clip.id, path: clip.path, reason: reasonOf(planned, entry.offset, entry.frames) });
      continue;
    }
    const index = good.push(clip) - 1;
    shard[index] = shardOf[place] as number;
    offset[index] = entry.offset;
    frames[index] = entry.frames;
    trainingFrames[index] = entry.trainingFrames;
    samples[index] = entry.samples;
  }
  return { clips: good, bad, shard, offset, frames, trainingFrames, samples };
}

/** A store over shards of log-mel features, or of samples, which are frames of one value. */
export function shardStore(
  stored: StoredClips,
  shards: readonly PlannedShard[],
  folder: string,
  shape: { bins: number; valueBytes: ValueBytes; waveform: boolean },
  windows: WindowPlan,
): FeatureStore {
  const { bins, valueBytes } = shape;
  const reader = new FeatureReader(valueBytes, shape.waveform ? fromPcm16 : fromHalf);
  const files = shards.map((shard) => path.join(folder, shardName(shard.key)));
  let padded = 0;
  for (let index = 0; index < stored.clips.length; index++) {
    if ((stored.samples[index] as number) < windows.samples) padded++;
  }

  function at(column: Uint32Array | Float64Array, index: number): number {
    const value = index < stored.clips.length ? column[index] : undefined;
    if (value === undefined) throw new RangeError(`clip ${index}: expected 0 … ${stored.clips.length - 1}`);
    return value;
  }

  return {
    bins,
    clips: stored.clips,
    bad: stored.bad,
    padded,
    trainingFrames: (index) => at(stored.trainingFrames, index),
    evaluationStarts: (index) => evaluationStarts(at(stored.samples, index), windows),
    read(index, start, frames, target, offset) {
      if (start < 0 || start + frames > at(stored.frames, index)) {
        throw new RangeError(
          `clip ${stored.clips[index]?.id}: expected frames within 0 … ${stored.frames[index]}, found ${start} … ${start + frames}`,
        );
      }
      const file = files[at(stored.shard, index)] as string;
      reader.read(file, at(stored.offset, index) + start * bins * valueBytes, frames * bins, target, offset);
    },
    close: () => reader.close(),
  };
}
