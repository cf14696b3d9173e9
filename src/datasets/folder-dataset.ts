import { readFileSync } from 'node:fs';
import path from 'node:path';
import { BadInputError } from '../errors.ts';
import { isAudioName, listFiles } from './audio-files.ts';
import { finishDataset, type UnsplitClip } from './labelled-files.ts';
import { readManifest } from './manifest-dataset.ts';
import { splitNamed } from './splits.ts';
import type { Dataset, Split, SplitChoice } from './types.ts';

/** The single label column of a folder whose sub-folders are labels. */
export const folderLabel = 'label';

/** Speech Commands' naming: what stands before `_nohash_` is the speaker. */
const speakerPattern = /^(.+)_nohash_\d+\.[^.]+$/;

const metadataNames = ['metadata.csv', 'metadata.tsv', 'metadata.jsonl'];

/**
 * `folder:PATH`. Understood, in this order:
 * - a `metadata.csv`, `.tsv` or `.jsonl` (Hugging Face's audiofolder), at the top or in each split's folder: the table decides;
 * - folders `train`, `validation`, `test` (or their usual other names) at the top: their splits, with one of the following inside;
 * - a sub-folder a label, at any depth below it; `validation_list.txt` and `testing_list.txt` at the top name the splits (Speech Commands);
 * - files without sub-folders: `label.anything.wav` (Edge Impulse), or `label_anything.wav` (the Free Spoken Digit Dataset).
 *
 * Folders whose names begin with `_` are not labels; the recordings of `_background_noise_` are the data set's noise. Where all files are named
 * `<speaker>_nohash_<n>`, the speaker is the clip's group. Throws BadInputError where nothing is found.
 */
export function openFolder(root: string, split: SplitChoice, stratify?: string): Dataset {
  const name = `folder:${root}`;
  const files = listFiles(root);
  const tables = files.filter((file) => metadataNames.includes(path.posix.basename(file)));
  if (tables.length > 0) return openMetadata(name, root, tables, split, stratify);

  const audio = files.filter(isAudioName);
  const noise = audio.filter((file) => file.startsWith('_background_noise_/')).map((file) => path.join(root, file));
  const candidates = audio.filter((file) => !file.startsWith('_'));
  if (candidates.length === 0) {
    const found = files.length === 0 ? 'an empty folder' : `${files.length} other files`;
    throw new BadInputError(
      `${root}: expected recordings (wav, flac, mp3, ogg) in a sub-folder for each label, found ${found}`,
    );
  }
  const notes: string[] = [];
  const bySplitFolder = candidates.every((file) => splitNamed(firstPart(file)) !== undefined);
  const clips: UnsplitClip[] = [];
  let unlabelled = 0;
  for (const id of candidates) {
    const given = bySplitFolder ? splitNamed(firstPart(id)) : undefined;
    const inner = bySplitFolder ? id.slice(id.indexOf('/') + 1) : id;
    const label = labelOf(inner);
    if (label === undefined) {
      unlabelled++;
      continue;
    }
    const speaker = speakerPattern.exec(path.posix.basename(id))?.[1];
    clips.push({
      id,
      path: path.join(root, id),
      labels: { [folderLabel]: label },
      ...(given !== undefined ? { given } : {}),
      ...(speaker !== undefined ? { group: speaker } : {}),
    });
  }
  if (clips.length === 0) {
    throw new BadInputError(
      `${root}: expected a sub-folder for each label or names like label_1.wav, found ${unlabelled} recordings without a label`,
    );
  }
  if (unlabelled > 0) notes.push(`${unlabelled} recordings outside the labels' folders are left out`);
  const listed = bySplitFolder ? clips : withListedSplits(root, clips, notes);
  const grouped = listed.every((clip) => clip.group !== undefined);
  return finishDataset(
    {
      name,
      root,
      clips: grouped ? listed : listed.map(({ group: _, ...clip }) => clip),
      ...(grouped ? { groupName: 'speaker' } : {}),
      notes,
      noise,
    },
    split,
    stratify,
  );
}

function firstPart(id: string): string {
  const slash = id.indexOf('/');
  return slash < 0 ? '' : id.slice(0, slash);
}

/** A label is the first folder, or what stands before the first dot of `label.anything.wav` or the first line of `label_anything.wav`. */
function labelOf(id: string): string | undefined {
  const folder = firstPart(id);
  if (folder !== '') return folder;
  const parts = id.split('.');
  const label = parts.length >= 3 ? parts[0] : /^([^_]+)_/.exec(id)?.[1];
  return label || undefined;
}

function openMetadata(
  name: string,
  root: string,
  tables: readonly string[],
  split: SplitChoice,
  stratify?: string,
): Dataset {
  const notes: string[] = [];
  const clips: UnsplitClip[] = [];
  for (const table of tables) {
    const read = readManifest(path.join(root, table));
    notes.push(...read.notes);
    const folder = path.posix.dirname(table);
    const splitOfFolder = splitNamed(folder === '.' ? '' : (folder.split('/')[0] ?? ''));
    for (const clip of read.clips) {
      // As Hugging Face reads it: the folder of a file, too, may be named after its split.
      const given = clip.given ?? splitOfFolder ?? splitNamed(firstPart(clip.id));
      const id = folder === '.' ? clip.id : path.posix.join(folder, clip.id);
      clips.push({ ...clip, id, ...(given !== undefined ? { given } : {}) });
    }
  }
  return finishDataset({ name, root, clips, notes }, split, stratify);
}

/** Splits by `validation_list.txt` and `testing_list.txt`: a clip in neither is a training clip. Without the files, the clips as they are. */
function withListedSplits(root: string, clips: readonly UnsplitClip[], notes: string[]): readonly UnsplitClip[] {
  const splits = new Map<string, Split>();
  let lists = 0;
  for (const [file, split] of [
    ['validation_list.txt', 'validation'],
    ['testing_list.txt', 'test'],
  ] as const) {
    const names = readList(path.join(root, file));
    if (names === undefined) continue;
    lists++;
    for (const name of names) {
      const other = splits.get(name);
      if (other !== undefined && other !== split) {
        throw new BadInputError(
          `${path.join(root, file)}: expected names that are in one list only, found ${name} in both`,
        );
      }
      splits.set(name, split);
    }
  }
  if (lists === 0) return clips;
  const present = new Set(clips.map((clip) => clip.id));
  const missing = [...splits.keys()].filter((name) => !present.has(name)).length;
  if (missing > 0) notes.push(`${missing} of the ${splits.size} names in the lists of splits have no file`);
  return clips.map((clip) => ({ ...clip, given: splits.get(clip.id) ?? 'train' }));
}

/** The lines of a list of paths, or undefined where the file is not there. */
export function readList(file: string): string[] | undefined {
  let text: string;
  try {
    text = readFileSync(file, 'utf8');
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return undefined;
    throw error;
  }
  return parseList(text);
}

/** Paths, one a line, with `/` between their parts; blank lines are skipped. */
export function parseList(text: string): string[] {
  return text
    .replace(/^\uFEFF/, '')
    .split(/\r\n|\n|\r/)
    .map((line) => line.trim().replaceAll('\\', '/').replace(/^\.\//, ''))
    .filter((line) => line !== '');
}
