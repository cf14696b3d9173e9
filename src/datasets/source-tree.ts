import { readFileSync, statSync } from 'node:fs';
import path from 'node:path';
import { BadInputError } from '../errors.ts';
import { isArchiveName } from './archive.ts';
import { type ArchiveIndex, indexArchive } from './archive-index.ts';
import { byCodeUnit, listFiles } from './audio-files.ts';

/** Where a file of a data set is. */
export interface SourceFile {
  readonly path: string;
  /** Entry of the archive `path`. */
  readonly member?: string;
  /** Where it lies as a plain file, also if it came from an archive. */
  readonly plain?: string;
}

/** The files of a data set, wherever they lie: in an extracted tree or in archives that nobody has unpacked. */
export interface SourceTree {
  readonly root: string;
  /** Where what was learned of the files may be kept. */
  readonly cacheDirectory: string;
  /**
   * Files by their path in the official layout, in the order in which they are best read. Folders above a data set's own layout (such as the
   * archive's name) are part of the paths.
   */
  readonly files: ReadonlyMap<string, SourceFile>;
  readonly archives: readonly string[];
}

/** All files below `root`, those in its archives included. Throws BadInputError where `root` is not there. */
export async function readSourceTree(root: string, cacheDirectory: string, signal?: AbortSignal): Promise<SourceTree> {
  if (!statSync(root, { throwIfNoEntry: false })) {
    throw new BadInputError(`${root}: expected the folder with the data set or its archives, found nothing`);
  }
  const names = statSync(root).isFile() ? [path.basename(root)] : listFiles(root);
  const base = path.resolve(statSync(root).isFile() ? path.dirname(root) : root);
  const files = new Map<string, SourceFile>();
  for (const name of names) {
    if (isArchiveName(name)) continue;
    const file = `${base}${path.sep}${name}`;
    files.set(name, { path: file, plain: file });
  }
  const archives = names.filter(isArchiveName).sort(byNumber);
  for (const archive of archives) {
    const file = path.join(base, archive);
    const index = await indexArchive(file, cacheDirectory, signal);
    addArchive(files, archive, file, index);
  }
  return { root, cacheDirectory, files, archives };
}

/** A file that lies both unpacked and in an archive is taken as the file. */
function addArchive(files: Map<string, SourceFile>, archive: string, file: string, index: ArchiveIndex): void {
  for (const name of index.names) {
    const plain = index.kept.get(name);
    const source = plain === undefined ? { path: file, member: name } : { path: file, member: name, plain };
    if (!files.has(name)) files.set(name, source);
    // Parts of a data set may have the same names in different archives.
    else if (files.get(name)?.member !== undefined) files.set(`${archive}/${name}`, source);
  }
}

/** `audio.2.zip` before `audio.10.zip`. */
function byNumber(a: string, b: string): number {
  return a.localeCompare(b, 'en', { numeric: true }) || byCodeUnit(a, b);
}

/** The files below the folder that `anchor` (a path in the official layout) lies in, by their paths from there; undefined where it is nowhere. */
export function subtree(tree: SourceTree, anchor: string): ReadonlyMap<string, SourceFile> | undefined {
  const below = `/${anchor}`;
  let shortest: string | undefined = tree.files.has(anchor) ? anchor : undefined;
  if (shortest === undefined) {
    for (const name of tree.files.keys()) {
      if (name.endsWith(below) && (shortest === undefined || name.length < shortest.length)) shortest = name;
    }
  }
  if (shortest === undefined) return undefined;
  const prefix = shortest.slice(0, shortest.length - anchor.length);
  if (prefix === '') return tree.files;
  const files = new Map<string, SourceFile>();
  for (const [name, file] of tree.files) if (name.startsWith(prefix)) files.set(name.slice(prefix.length), file);
  return files;
}

/** The text of a list or table of a tree. */
export function readSourceText(file: SourceFile | undefined, name: string, root: string): Buffer {
  if (file?.plain === undefined) throw new BadInputError(`${root}: expected ${name}, found none`);
  return readFileSync(file.plain);
}
