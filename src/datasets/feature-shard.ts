import { closeSync, fstatSync, fsync, openSync, readSync, renameSync, rmSync, writeSync } from 'node:fs';
import { readFile } from 'node:fs/promises';
import path from 'node:path';
import { promisify } from 'node:util';
import { crc32 } from 'node:zlib';
import { partialName } from './partial-file.ts';

/**
 * The files of the feature cache, byte by byte as `docs/feature-cache.md` says. A shard holds the features of some clips; an index
 * repeats the tables of all shards of a data set, so that opening a large one reads one file.
 */

export const shardMagic = 'SPECTFTR';
export const indexMagic = 'SPECTIDX';
export const formatVersion = 1;
export const headerBytes = 80;
export const entryBytes = 32;

/** Bytes of a value: 4 is IEEE binary32; 2 is binary16 for features, an integer of 16-bit PCM for samples. */
export type ValueBytes = 2 | 4;

/** One row of a shard's table. */
export interface ShardEntry {
  /** Where the data begins in the shard. */
  readonly offset: number;
  /** Frames stored, or the bytes of the reason where `unreadable`. */
  readonly frames: number;
  /** Frames that training windows are drawn from. */
  readonly trainingFrames: number;
  /** The clip's own samples at the features' rate, before zeros are added. */
  readonly samples: number;
  readonly unreadable: boolean;
  /** CRC-32 of the data. */
  readonly checksum: number;
}

export interface ShardShape {
  /** SHA-256 of the settings and of the clips' sources, in hex. */
  readonly key: string;
  readonly bins: number;
  readonly valueBytes: ValueBytes;
  readonly clips: number;
}

export function shardName(key: string): string {
  return `${key}.shard`;
}

export function entryLength(
  entry: Pick<ShardEntry, 'frames' | 'unreadable'>,
  shape: { bins: number; valueBytes: number },
): number {
  return entry.unreadable ? entry.frames : entry.frames * shape.bins * shape.valueBytes;
}

export function writeEntry(table: Buffer, row: number, entry: ShardEntry): void {
  const at = row * entryBytes;
  table.writeBigUInt64LE(BigInt(entry.offset), at);
  table.writeUInt32LE(entry.frames, at + 8);
  table.writeUInt32LE(entry.trainingFrames, at + 12);
  table.writeUInt32LE(entry.samples, at + 16);
  table.writeUInt32LE(entry.unreadable ? 1 : 0, at + 20);
  table.writeUInt32LE(entry.checksum, at + 24);
}

export function readEntry(table: Buffer, row: number): ShardEntry {
  const at = row * entryBytes;
  return {
    offset: Number(table.readBigUInt64LE(at)),
    frames: table.readUInt32LE(at + 8),
    trainingFrames: table.readUInt32LE(at + 12),
    samples: table.readUInt32LE(at + 16),
    unreadable: table.readUInt32LE(at + 20) !== 0,
    checksum: table.readUInt32LE(at + 24),
  };
}

function header(shape: ShardShape, fileLength: number, table: Buffer): Buffer {
  const bytes = Buffer.alloc(headerBytes);
  bytes.write(shardMagic, 0, 'latin1');
  bytes.writeUInt32LE(formatVersion, 8);
  bytes.writeUInt32LE(shape.bins, 12);
  bytes.writeUInt32LE(shape.valueBytes, 16);
  bytes.writeUInt32LE(shape.clips, 20);
  bytes.writeBigUInt64LE(BigInt(fileLength), 24);
  bytes.write(shape.key, 32, 'hex');
  bytes.writeUInt32LE(crc32(table, crc32(bytes.subarray(0, 64))), 64);
  return bytes;
}

const flush = promisify(fsync);
/** Writes one shard under a partial name, clip after clip; `finish` gives it its final name. */
export class ShardWriter {
  readonly shape: ShardShape;
  readonly #folder: string;
  readonly #partial: string;
  readonly #file: number;
  readonly #table: Buffer;
  #row = 0;
  #end: number;
  #closed = false;

  constructor(folder: string, shape: ShardShape) {
    this.shape = shape;
    this.#folder = folder;
    this.#partial = partialName(folder, shardName(shape.key));
    this.#file = openSync(this.#partial, 'wx');
    this.#table = Buffer.alloc(shape.clips * entryBytes);
    this.#end = headerBytes + this.#table.length;
  }

  get full(): boolean {
    return this.#row === this.shape.clips;
  }

  /** Appends the next clip's data: its values, or the reason why it has none. */
  add(entry: Omit<ShardEntry, 'offset' | 'checksum'>, data: Uint8Array): void {
    writeEntry(this.#table, this.#row++, { ...entry, offset: this.#end, checksum: crc32(data) });
    writeWhole(this.#file, data, this.#end);
    this.#end += data.length;
  }

  /** Writes header and table, waits until all is on the disk, and renames. */
  async finish(): Promise<void> {
    if (!this.full) throw new Error(`shard ${this.shape.key}: ${this.#row} of ${this.shape.clips} clips were added`);
    try {
      writeWhole(this.#file, header(this.shape, this.#end, this.#table), 0);
      writeWhole(this.#file, this.#table, headerBytes);
      await flush(this.#file);
    } finally {
      this.#close();
    }
    renameSync(this.#partial, path.join(this.#folder, shardName(this.shape.key)));
  }

  /** Removes what was written; harmless after `finish`. */
  abandon(): void {
    this.#close();
    rmSync(this.#partial, { force: true });
  }

  /** Once: the number may belong to another file by the second time. */
  #close(): void {
    if (this.#closed) return;
    this.#closed = true;
    closeSync(this.#file);
  }
}

function writeWhole(file: number, data: Uint8Array, position: number): void {
  for (let done = 0; done < data.length; ) done += writeSync(file, data, done, data.length - done, position + done);
}

/** The table of a shard that is whole and is the one that `shape` describes; undefined where the file is missing, cut short, or another. */
export function readShardTable(folder: string, shape: ShardShape): Buffer | undefined {
  const length = headerBytes + shape.clips * entryBytes;
  const head = readHead(folder, shape, length);
  const table = head?.bytes.subarray(headerBytes);
  return head && table && head.bytes.subarray(0, headerBytes).equals(header(shape, head.fileLength, table))
    ? table
    : undefined;
}

/** Whether the data of a shard has the checksums in its table. */
export async function isUndamaged(folder: string, shape: ShardShape): Promise<boolean> {
  const bytes = await readFile(path.join(folder, shardName(shape.key)));
  const table = bytes.subarray(headerBytes, headerBytes + shape.clips * entryBytes);
  for (let row = 0; row < shape.clips; row++) {
    const entry = readEntry(table, row);
    const data = bytes.subarray(entry.offset, entry.offset + entryLength(entry, shape));
    if (crc32(data) !== entry.checksum) return false;
  }
  return true;
}

/** Whether the shard that `shape` describes is there in its whole length and has this table. */
export function isShardOf(folder: string, shape: ShardShape, table: Buffer): boolean {
  const head = readHead(folder, shape, headerBytes);
  return head?.bytes.equals(header(shape, head.fileLength, table)) ?? false;
}

/** The first `length` bytes of a shard and the length of its file. */
function readHead(
  folder: string,
  shape: ShardShape,
  length: number,
): { bytes: Buffer; fileLength: number } | undefined {
  let file: number;
  try {
    file = openSync(path.join(folder, shardName(shape.key)), 'r');
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return undefined;
    throw error;
  }
  try {
    const bytes = Buffer.alloc(length);
    return readSync(file, bytes, 0, length, 0) === length ? { bytes, fileLength: fstatSync(file).size } : undefined;
  } finally {
    closeSync(file);
  }
}
