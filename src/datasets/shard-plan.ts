import { createHash } from 'node:crypto';
import { statSync } from 'node:fs';
import type { ShardShape, ValueBytes } from './feature-shard.ts';
import type { Clip } from './types.ts';

/** Clips `from` … `to` − 1 of a data set, and the shard that holds their features. */
export interface PlannedShard extends ShardShape {
  readonly from: number;
  readonly to: number;
}

const meanClips = 128;
const mostClips = 512;

/**
 * Divides a data set into shards. A shard begins at clips whose id hashes to a multiple of 128, so that a clip that is added or removed
 * changes one shard and leaves the others as they are. A shard's key is the SHA-256 of the settings and, for each of its clips, of id, path,
 * segment and the file's size and times: what is read back under that key cannot be stale.
 */
export function planShards(
  clips: readonly Clip[],
  settingsKey: string,
  shape: { bins: number; valueBytes: ValueBytes },
): PlannedShard[] {
  const shards: PlannedShard[] = [];
  const stampOf = memoizedStamp();
  let from = 0;
  let hash = createHash('sha256').update(settingsKey);
  for (const [index, clip] of clips.entries()) {
    if (index > from && (index - from === mostClips || beginsShard(clip.id))) close(index);
    hash.update(
      `\n${clip.id}\0${clip.path}\0${clip.member ?? ''}\0${clip.start ?? ''}\0${clip.end ?? ''}\0${stampOf(clip.path)}`,
    );
  }
  if (clips.length > from) close(clips.length);
  return shards;

  function close(to: number): void {
    shards.push({ ...shape, key: hash.digest('hex'), clips: to - from, from, to });
    from = to;
    hash = createHash('sha256').update(settingsKey);
  }
}

/** 32-bit FNV-1a of the id, finished so that its low bits depend on all of it. */
function beginsShard(id: string): boolean {
  let hash = 0x811c9dc5;
  for (let i = 0; i < id.length; i++) hash = Math.imul(hash ^ id.charCodeAt(i), 0x01000193);
  hash = Math.imul(hash ^ (hash >>> 16), 0x85ebca6b);
  return ((hash ^ (hash >>> 13)) >>> 0) % meanClips === 0;
}

/** Size, time of modification and time of change of a file; `missing` where it is not there. Segments of one file are next to each other. */
function memoizedStamp(): (file: string) => string {
  let last = '';
  let stamp = '';
  return (file) => {
    if (file !== last) {
      last = file;
      stamp = fileStamp(file);
    }
    return stamp;
  };
}

/** What changes when a file changes, even if its size and modification time are put back. */
export function fileStamp(file: string): string {
  const status = statSync(file, { bigint: true, throwIfNoEntry: false });
  return status ? `${status.size}/${status.mtimeNs}/${status.ctimeNs}` : 'missing';
}
