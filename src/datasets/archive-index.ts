import { createHash } from 'node:crypto';
import { existsSync, mkdirSync, readFileSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { archiveMembers } from './archive.ts';
import { partialName, removeAbandoned } from './partial-file.ts';
import { fileStamp } from './shard-plan.ts';

/** What is in an archive, without reading it again: names in its order, and the files that were kept. */
export interface ArchiveIndex {
  readonly names: readonly string[];
  /** Where a kept file lies, by its name in the archive. */
  readonly kept: ReadonlyMap<string, string>;
}

/** Files that every reader of an archive may need as files: lists, tables, background noise. */
function isKept(name: string): boolean {
  return /\.(txt|csv|tsv|json|jsonl)$/i.test(name) || /(^|\/)_background_noise_\/[^/]+\.wav$/i.test(name);
}

/**
 * Reads an archive once and remembers, below `cacheDirectory`, what is in it; the next call with the same, unchanged archive reads only
 * that. Throws as `archiveMembers`.
 */
export async function indexArchive(file: string, cacheDirectory: string, signal?: AbortSignal): Promise<ArchiveIndex> {
  const folder = path.join(cacheDirectory, 'archives');
  const key = createHash('sha256')
    .update(`${file}\0${fileStamp(file)}`)
    .digest('hex')
    .slice(0, 32);
  const root = path.join(folder, key);
  if (!existsSync(root)) {
    mkdirSync(folder, { recursive: true });
    removeAbandoned(folder);
    const partial = partialName(folder, key);
    try {
      await writeIndexOf(file, partial, signal);
      renameSync(partial, root);
    } catch (error) {
      rmSync(partial, { recursive: true, force: true });
      // Another process may have indexed the same archive in the meantime.
      if (!existsSync(root)) throw error;
    }
  }
  const { names, kept } = JSON.parse(readFileSync(path.join(root, 'index.json'), 'utf8')) as {
    names: string[];
    kept: string[];
  };
  return { names, kept: new Map(kept.map((name, number) => [name, keptFile(root, number, name)])) };
}

async function writeIndexOf(file: string, folder: string, signal?: AbortSignal): Promise<void> {
  mkdirSync(folder);
  const names: string[] = [];
  const kept: string[] = [];
  for await (const member of archiveMembers(file, isKept, signal)) {
    names.push(member.name);
    if (!member.bytes) continue;
    writeFileSync(keptFile(folder, kept.length, member.name), member.bytes);
    kept.push(member.name);
  }
  writeFileSync(path.join(folder, 'index.json'), JSON.stringify({ names, kept }));
}

/** Kept files are numbered: no name of an archive becomes a path. Only an extension of letters and digits is taken over. */
function keptFile(folder: string, number: number, name: string): string {
  const extension = /\.[A-Za-z0-9]+$/.exec(name)?.[0] ?? '';
  return path.join(folder, `kept-${number}${extension}`);
}
