import { availableParallelism } from 'node:os';
import { clipSources } from './clip-sources.ts';
import { type ClipRequest, type ExaminedClip, examineClip } from './examine-clip.ts';
import type { Clip } from './types.ts';
import { createWorkerPool } from './worker-pool.ts';

export interface ExamineClipsOptions {
  /** Threads; by default one for each core. 0: none. */
  readonly workers?: number;
  /** What more is wanted of a clip, by its place. */
  readonly extras?: (index: number) => Pick<ClipRequest, 'example' | 'descriptors'>;
  readonly signal?: AbortSignal;
}

/** A group is handed to a thread when it has so many clips, or so many bytes of an archive. */
const groupClips = 16;
const groupBytes = 8 << 20;
/** Clips below which a thread of its own costs more than it saves. */
const clipsOfThread = 48;

/**
 * Examines clips on threads, and gives what was read of each in their order. Only so much is under way at once as keeps the
 * threads busy. Throws the signal's reason where it is aborted.
 */
export async function* examineClips(
  clips: readonly Clip[],
  { workers = availableParallelism(), extras, signal }: ExamineClipsOptions = {},
): AsyncGenerator<ExaminedClip> {
  const threads = Math.min(workers, Math.floor(clips.length / clipsOfThread));
  const pool = threads < 1 ? undefined : createExaminePool(threads);
  const underWay: Promise<ExaminedClip[]>[] = [];
  try {
    for await (const group of groupsOf(clips, extras, signal)) {
      signal?.throwIfAborted();
      const examined = pool ? pool.run(group) : examineGroup(group);
      // It is awaited in its turn; until then a rejection must not count as unhandled.
      examined.catch(() => {});
      underWay.push(examined);
      if (underWay.length >= 2 * Math.max(1, threads)) yield* (await underWay.shift()) ?? [];
    }
    for (const examined of underWay) {
      signal?.throwIfAborted();
      yield* await examined;
    }
  } finally {
    await pool?.close();
  }
}

function createExaminePool(threads: number) {
  const worker = { name: 'examine-worker', from: import.meta.url };
  return createWorkerPool<readonly ClipRequest[], ExaminedClip[]>(worker, undefined, threads);
}

/** What a worker answers to a group of clips. */
export async function examineGroup(group: readonly ClipRequest[]): Promise<ExaminedClip[]> {
  const examined: ExaminedClip[] = [];
  for (const request of group) examined.push(await examineClip(request));
  return examined;
}

async function* groupsOf(
  clips: readonly Clip[],
  extras: ExamineClipsOptions['extras'],
  signal: AbortSignal | undefined,
): AsyncGenerator<ClipRequest[]> {
  let group: ClipRequest[] = [];
  let size = 0;
  let index = 0;
  for await (const { path, bytes, start, end } of clipSources(clips, signal)) {
    group.push({ path, bytes, start, end, ...extras?.(index++) });
    size += bytes?.length ?? 0;
    if (group.length < groupClips && size < groupBytes) continue;
    yield group;
    group = [];
    size = 0;
  }
  if (group.length > 0) yield group;
}
