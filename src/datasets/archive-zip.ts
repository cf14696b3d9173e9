import { crc32 } from 'node:zlib';
import yauzl, { type Entry, type ZipFile } from 'yauzl';
import { BadInputError, messageOf } from '../errors.ts';
import { type ArchiveMember, largestMember, type MemberFilter, nameChecker } from './archive.ts';

/** The files of a zip archive, as `archiveMembers`, in the order of its central directory. */
export async function* members(
  file: string,
  wanted: MemberFilter,
  signal?: AbortSignal,
): AsyncGenerator<ArchiveMember> {
  const check = nameChecker(file);
  let zip: ZipFile | undefined;
  try {
    zip = await openZip(file);
    const next = entryReader(zip);
    for (let entry = await next(); entry; entry = await next()) {
      signal?.throwIfAborted();
      if (entry.fileName.endsWith('/')) continue;
      const name = check(entry.fileName);
      const size = entry.uncompressedSize;
      // Upper half of the attributes: the file's mode on Unix.
      const kind = (entry.externalFileAttributes >>> 16) & 0o170000;
      if (kind !== 0 && kind !== 0o100000) {
        throw new BadInputError(`${file}: expected plain files, found "${name}", a link or device`);
      }
      if (entry.isEncrypted())
        throw new BadInputError(`${file}: expected files that are not encrypted, found "${name}"`);
      if (!wanted(name, size)) {
        yield { name, size };
        continue;
      }
      if (size > largestMember) {
        throw new BadInputError(`${file}: expected files below 1 GiB, found "${name}" of ${size} bytes`);
      }
      const bytes = await readEntry(zip, entry);
      if (crc32(bytes) !== entry.crc32) {
        throw new BadInputError(
          `${file}: expected "${name}" with the checksum in the archive, found another: it is damaged`,
        );
      }
      yield { name, size, bytes };
    }
  } catch (error) {
    if (error instanceof BadInputError || signal?.aborted) throw error;
    throw new BadInputError(`${file}: expected a whole zip archive, found: ${messageOf(error)}`);
  } finally {
    zip?.close();
  }
}

function openZip(file: string): Promise<ZipFile> {
  return new Promise((resolve, reject) => {
    yauzl.open(file, { lazyEntries: true, autoClose: false, validateEntrySizes: true }, (error, zip) => {
      if (error) reject(error);
      else resolve(zip);
    });
  });
}

/** A function that reads the next entry, undefined at the end. */
function entryReader(zip: ZipFile): () => Promise<Entry | undefined> {
  let settle: { resolve: (entry: Entry | undefined) => void; reject: (error: Error) => void } | undefined;
  zip.on('entry', (entry) => settle?.resolve(entry));
  zip.on('end', () => settle?.resolve(undefined));
  zip.on('error', (error) => settle?.reject(error));
  return () =>
    new Promise((resolve, reject) => {
      settle = { resolve, reject };
      zip.readEntry();
    });
}

async function readEntry(zip: ZipFile, entry: Entry): Promise<Buffer> {
  const stream = await new Promise<AsyncIterable<Buffer>>((resolve, reject) => {
    zip.openReadStream(entry, (error, opened) => {
      if (error) reject(error);
      else resolve(opened);
    });
  });
  const chunks: Buffer[] = [];
  for await (const chunk of stream) chunks.push(chunk);
  return Buffer.concat(chunks);
}
