import { clipSources } from './clip-sources.ts';
import type { ClipSource } from './extract.ts';
import type { ClipGroup } from './prepare-shards.ts';
import type { PlannedShard } from './shard-plan.ts';
import type { Clip } from './types.ts';

/** A group is handed to a thread when it has so many clips, or so many bytes of an archive. */
const groupClips = 16;
const groupBytes = 8 << 20;

/** The clips of some shards in groups, in order; where their samples are, as `clipSources` says. */
export async function* clipGroups(
  clips: readonly Clip[],
  shards: readonly PlannedShard[],
  signal?: AbortSignal,
): AsyncGenerator<ClipGroup> {
  let sources: ClipSource[] = [];
  let bytes = 0;
  let shard: PlannedShard | undefined;
  const wanted = shards.flatMap(({ from, to }) => clips.slice(from, to));
  const shardOfEach = eachShard(shards);
  for await (const source of clipSources(wanted, signal)) {
    const planned = shardOfEach.next().value ?? shard;
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

/** The shard of every clip of some shards, in order. */
function* eachShard(shards: readonly PlannedShard[]): Generator<PlannedShard, undefined> {
  for (const shard of shards) for (let clip = shard.from; clip < shard.to; clip++) yield shard;
}
