import { readdirSync, statSync } from 'node:fs';
import path from 'node:path';
import { BadInputError, messageOf } from '../errors.ts';

const audioExtensions = new Set(['.wav', '.wave', '.flac', '.mp3', '.ogg', '.oga', '.opus']);

/** Whether a file's name ends like that of a recording that can be decoded. */
export function isAudioName(name: string): boolean {
  return audioExtensions.has(path.extname(name).toLowerCase());
}

/**
 * The files below `root` as paths relative to it, with `/` between the parts, sorted by code unit so that the order is the same
 * on every machine. Hidden files and folders are left out; links to folders are not followed. Throws BadInputError where `root`
 * is not a folder that can be read.
 */
export function listFiles(root: string): string[] {
  const files: string[] = [];
  const pending = [''];
  for (let folder = pending.pop(); folder !== undefined; folder = pending.pop()) {
    for (const entry of readFolder(path.join(root, folder), folder === '')) {
      if (entry.name.startsWith('.')) continue;
      const relative = folder === '' ? entry.name : `${folder}/${entry.name}`;
      if (entry.isDirectory()) pending.push(relative);
      else if (entry.isFile() || (entry.isSymbolicLink() && linksToFile(path.join(root, relative))))
        files.push(relative);
    }
  }
  return files.sort(byCodeUnit);
}

function linksToFile(file: string): boolean {
  return statSync(file, { throwIfNoEntry: false })?.isFile() ?? false;
}

/** A folder that disappears while its parent is walked is no error; one that cannot be read is. */
function readFolder(folder: string, isRoot: boolean) {
  try {
    return readdirSync(folder, { withFileTypes: true });
  } catch (error) {
    if (!isRoot && (error as NodeJS.ErrnoException).code === 'ENOENT') return [];
    throw new BadInputError(`${folder}: expected a folder that can be read, found: ${messageOf(error)}`);
  }
}

/** Order by UTF-16 code units: unlike the locale's, it is the same everywhere. */
export function byCodeUnit(a: string, b: string): number {
  return a < b ? -1 : a > b ? 1 : 0;
}
