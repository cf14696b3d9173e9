import { archiveMembers } from './archive.ts';
import type { ClipSource } from './extract.ts';
import type { ClipGroup } from './prepare-shards.ts';
import type { PlannedShard } from './shard-plan.ts';
import type { Clip } from './types.ts';

/** A group is handed to a thread when it has so many clips, or so many bytes of an archive. */
const groupClips = 16;
const groupBytes = 8 << 20;

interface PlannedClip {
  readonly shard: PlannedShard;
  readonly clip: Clip;
}

/**
 * The clips of some shards in groups, in order. Clips that are files are read by whoever extracts them; archives are streamed here, once
 * from the beginning to the last clip that is needed.
 */
export async function* clipGroups(
  clips: readonly Clip[],
  shards: readonly PlannedShard[],
  signal?: AbortSignal,
): AsyncGenerator<ClipGroup> {
  let sources: ClipSource[] = [];
  let bytes = 0;
  let shard: PlannedShard | undefined;
  for await (const { planned, source } of plannedSources(clips, shards, signal)) {
    if (shard && sources.length > 0 && (shard !== planned || sources.length === groupClips || bytes >= groupBytes)) {
      yield { shard, sources };
      sources = [];
      bytes = 0;
    }
    shard = planned;
    sources.push(source);
    bytes += source.bytes?.length ?? 0;
  }
  if (shard && sources.length > 0) yield { shard, sources };
}

async function* plannedSources(
  clips: readonly Clip[],
  shards: readonly PlannedShard[],
  signal?: AbortSignal,
): AsyncGenerator<{ planned: PlannedShard; source: ClipSource }> {
  const all = shards.flatMap((shard) =>
    clips.slice(shard.from, shard.to).map((clip): PlannedClip => ({ shard, clip })),
  );
  for (let from = 0; from < all.length; ) {
    const archive = (all[from] as PlannedClip).clip;
    let to = from + 1;
    while (to < all.length && sameArchive(archive, (all[to] as PlannedClip).clip)) to++;
    const run = all.slice(from, to);
    if (archive.member === undefined) for (const { shard, clip } of run) yield { planned: shard, source: clip };
    else yield* archiveSources(archive.path, run, signal);
    from = to;
  }
}

function sameArchive(a: Clip, b: Clip): boolean {
  if (a.member === undefined || b.member === undefined) return a.member === b.member;
  return a.path === b.path;
}

/** The clips of one archive, which come in its order. Several clips may be segments of one member. */
async function* archiveSources(
  archive: string,
  run: readonly PlannedClip[],
  signal?: AbortSignal,
): AsyncGenerator<{ planned: PlannedShard; source: ClipSource }> {
  const wanted = new Set(run.map(({ clip }) => clip.member));
  let next = 0;
  for await (const member of archiveMembers(archive, (name) => wanted.has(name), signal)) {
    if (!member.bytes) continue;
    for (; run[next]?.clip.member === member.name; next++) {
      const { shard, clip } = run[next] as PlannedClip;
      const { start, end } = clip;
      yield { planned: shard, source: { path: `${archive}/${member.name}`, bytes: member.bytes, start, end } };
    }
    if (next === run.length) return;
  }
  throw new Error(`${archive}: expected "${run[next]?.clip.member}" in its place, found none: the archive has changed`);
}
