import { createReadStream } from 'node:fs';
import { pipeline } from 'node:stream';
import { createGunzip } from 'node:zlib';
import { Parser, type ReadEntry } from 'tar';
import { BadInputError, messageOf } from '../errors.ts';
import { type ArchiveMember, largestMember, type MemberFilter, nameChecker } from './archive.ts';

/** The files of a tar archive, gzipped or not, as `archiveMembers`. */
export async function* members(
  file: string,
  wanted: MemberFilter,
  signal?: AbortSignal,
): AsyncGenerator<ArchiveMember> {
  const check = nameChecker(file);
  const ready: ArchiveMember[] = [];
  let failure: unknown;
  const parser = new Parser({
    file,
    strict: true,
    onReadEntry(entry: ReadEntry) {
      try {
        readEntry(entry);
      } catch (error) {
        failure ??= error;
        entry.resume();
      }
    },
  });

  function readEntry(entry: ReadEntry): void {
    if (entry.type === 'Directory' || entry.type === 'GNUDumpDir') {
      entry.resume();
      return;
    }
    if (entry.type !== 'File' && entry.type !== 'OldFile' && entry.type !== 'ContiguousFile') {
      throw new BadInputError(`${file}: expected plain files, found "${entry.path}", a ${entry.type}`);
    }
    const name = check(entry.path);
    const { size } = entry;
    if (!wanted(name, size)) {
      ready.push({ name, size });
      entry.resume();
      return;
    }
    if (size > largestMember)
      throw new BadInputError(`${file}: expected files below 1 GiB, found "${name}" of ${size} bytes`);
    const chunks: Buffer[] = [];
    entry.on('data', (chunk: Buffer) => chunks.push(chunk));
    entry.on('end', () => ready.push({ name, size, bytes: Buffer.concat(chunks) }));
  }

  parser.on('error', (error: unknown) => {
    failure ??= error;
  });
  const raw = createReadStream(file, { highWaterMark: 1 << 20, signal });
  // Node's gunzip works on a thread of its own while clips are decoded on others; its errors reach the loop below through `input`.
  const input = /gz$/i.test(file) ? pipeline(raw, createGunzip({ chunkSize: 1 << 20 }), () => {}) : raw;
  try {
    for await (const chunk of input) {
      parser.write(chunk as Buffer);
      if (failure !== undefined) throw failure;
      yield* drain();
    }
    const ended = new Promise<void>((resolve, reject) => {
      parser.on('end', resolve);
      parser.on('error', reject);
    });
    parser.end();
    await ended;
    if (failure !== undefined) throw failure;
    yield* drain();
  } catch (error) {
    if (error instanceof BadInputError || signal?.aborted) throw error;
    throw new BadInputError(`${file}: expected a whole tar archive, found: ${messageOf(error)}`);
  } finally {
    input.destroy();
    raw.destroy();
  }

  function* drain(): Generator<ArchiveMember> {
    for (let member = ready.shift(); member; member = ready.shift()) yield member;
  }
}
