import { createHash } from 'node:crypto';
import { existsSync, readFileSync } from 'node:fs';
import path from 'node:path';
import { crc32 } from 'node:zlib';
import { entryBytes, formatVersion, indexMagic, isShardOf } from './feature-shard.ts';
import { replaceFile } from './partial-file.ts';
import type { PlannedShard } from './shard-plan.ts';

const indexHeaderBytes = 64;

/** SHA-256 over the keys of a data set's shards, in order. */
function indexKey(shards: readonly PlannedShard[]): string {
  const hash = createHash('sha256');
  for (const shard of shards) hash.update(shard.key);
  return hash.digest('hex');
}

/** Writes the tables of all shards of a data set, in order, as one file. */
export function writeIndex(folder: string, shards: readonly PlannedShard[], tables: readonly Buffer[]): void {
  const body = Buffer.concat(
    shards.flatMap((shard, index) => {
      const count = Buffer.alloc(4);
      count.writeUInt32LE(shard.clips);
      return [Buffer.from(shard.key, 'hex'), count, tables[index] as Buffer];
    }),
  );
  const key = indexKey(shards);
  const header = Buffer.alloc(indexHeaderBytes);
  header.write(indexMagic, 0, 'latin1');
  header.writeUInt32LE(formatVersion, 8);
  header.writeUInt32LE(shards.length, 12);
  header.write(key, 16, 'hex');
  header.writeUInt32LE(crc32(body, crc32(header.subarray(0, 48))), 48);
  replaceFile(folder, `${key}.index`, Buffer.concat([header, body]));
}

/** The tables of all shards from their index; undefined where it is missing or damaged, or where a shard's file is not there whole. */
export function readIndex(folder: string, shards: readonly PlannedShard[]): Buffer[] | undefined {
  const key = indexKey(shards);
  const file = path.join(folder, `${key}.index`);
  if (!existsSync(file)) return undefined;
  const bytes = readFileSync(file);
  const header = bytes.subarray(0, indexHeaderBytes);
  const body = bytes.subarray(indexHeaderBytes);
  const known =
    header.length === indexHeaderBytes &&
    header.toString('latin1', 0, 8) === indexMagic &&
    header.readUInt32LE(8) === formatVersion &&
    header.readUInt32LE(12) === shards.length &&
    header.toString('hex', 16, 48) === key &&
    header.readUInt32LE(48) === crc32(body, crc32(header.subarray(0, 48)));
  if (!known) return undefined;
  const tables: Buffer[] = [];
  let at = 0;
  for (const shard of shards) {
    const table = body.subarray(at + 36, at + 36 + shard.clips * entryBytes);
    if (body.readUInt32LE(at + 32) !== shard.clips || !isShardOf(folder, shard, table)) return undefined;
    tables.push(table);
    at += 36 + table.length;
  }
  return tables;
}
