import { archiveMembers } from './archive.ts';
import type { ClipSource } from './extract.ts';
import type { Clip } from './types.ts';

/**
 * Where the samples of each of some clips are, in their order. Clips that are files are to be read by whoever wants them; archives are streamed
 * here, once from the beginning to the last clip that is needed, so clips of an archive come in its order. Throws where one is not in its place.
 */
export async function* clipSources(clips: readonly Clip[], signal?: AbortSignal): AsyncGenerator<ClipSource> {
  for (let from = 0; from < clips.length; ) {
    const first = clips[from] as Clip;
    let to = from + 1;
    while (to < clips.length && sameArchive(first, clips[to] as Clip)) to++;
    const run = clips.slice(from, to);
    if (first.member === undefined) yield* run;
    else yield* archiveSources(first.path, run, signal);
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
  run: readonly Clip[],
  signal?: AbortSignal,
): AsyncGenerator<ClipSource> {
  const wanted = new Set(run.map(({ member }) => member));
  let next = 0;
  for await (const member of archiveMembers(archive, (name) => wanted.has(name), signal)) {
    if (!member.bytes) continue;
    for (; run[next]?.member === member.name; next++) {
      const { start, end } = run[next] as Clip;
      yield { path: `${archive}/${member.name}`, bytes: member.bytes, start, end };
    }
    if (next === run.length) return;
  }
  throw new Error(`${archive}: expected "${run[next]?.member}" in its place, found none: the archive has changed`);
}
