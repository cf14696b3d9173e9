import { BadInputError } from '../errors.ts';

/** A file in an archive, with its bytes. */
export interface ArchiveMember {
  readonly name: string;
  readonly size: number;
  /** The whole content; only for members that were asked for. */
  readonly bytes?: Buffer;
}

/** Which members are read; the others are only listed. */
export type MemberFilter = (name: string, size: number) => boolean;

/** More than any recording of the data sets needs; what is larger is not read into memory. */
export const largestMember = 1 << 30;

/** Whether a file's name is that of an archive that can be read. */
export function isArchiveName(name: string): boolean {
  return /\.(tar|tar\.gz|tgz|zip)$/i.test(name);
}

/**
 * The files of an archive (`.tar`, `.tar.gz`, `.tgz`, `.zip`) in the archive's order, read as a stream; nothing is unpacked. Throws BadInputError
 * naming the archive where it is damaged, or has a member that an honest archive has not: a path that is absolute or leads out of the
 * archive, a link or device, a name that occurs twice, an encrypted file.
 */
export async function* archiveMembers(
  file: string,
  wanted: MemberFilter,
  signal?: AbortSignal,
): AsyncGenerator<ArchiveMember> {
  const { members } = /\.zip$/i.test(file) ? await import('./archive-zip.ts') : await import('./archive-tar.ts');
  yield* members(file, wanted, signal);
}

/** Refuses names that could mean a place outside of the archive, and names that were seen before. */
export function nameChecker(file: string): (name: string) => string {
  const seen = new Set<string>();
  return (given) => {
    const name = given.replaceAll('\\', '/').replace(/^(\.\/)+/, '');
    const unsafe =
      name.startsWith('/') || /^[A-Za-z]:/.test(name) || name.split('/').includes('..') || name.includes('\0');
    if (unsafe) throw new BadInputError(`${file}: expected paths within the archive, found "${given}"`);
    if (seen.has(name)) throw new BadInputError(`${file}: expected each file once, found "${given}" twice`);
    seen.add(name);
    return name;
  };
}
