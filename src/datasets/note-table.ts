import { createHash } from 'node:crypto';
import { existsSync, mkdirSync, readFileSync } from 'node:fs';
import path from 'node:path';
import { jsonMembers } from './json-members.ts';
import type { UnsplitClip } from './labelled-files.ts';
import { noteLabels } from './nsynth-layout.ts';
import { replaceFile } from './partial-file.ts';
import { fileStamp } from './shard-plan.ts';

/** A note's name, labels and instrument. */
export type NoteRow = [name: string, family: string, pitch: string, instrument: string];

/**
 * The notes of an `examples.json`. The file of the whole NSynth has 200 MB of which this is a tenth, so it is read once and kept as a table below
 * `cacheDirectory`; a changed file has another table. Throws BadInputError naming the entry that is wrong.
 */
export function readNoteTable(file: string, cacheDirectory: string): NoteRow[] {
  const folder = path.join(cacheDirectory, 'datasets');
  const key = createHash('sha256')
    .update(`${file}\0${fileStamp(file)}`)
    .digest('hex')
    .slice(0, 32);
  const table = path.join(folder, `notes-${key}.tsv`);
  if (existsSync(table)) {
    const lines = readFileSync(table, 'utf8').split('\n');
    lines.pop();
    return lines.map((line) => line.split('\t') as NoteRow);
  }
  const rows: NoteRow[] = [];
  for (const [name, value] of jsonMembers(file)) rows.push([name, ...columnsOf(noteLabels(name, value, file))]);
  mkdirSync(folder, { recursive: true });
  if (rows.every((row) => row.every((cell) => !/[\t\n]/.test(cell)))) {
    replaceFile(folder, path.basename(table), Buffer.from(rows.map((row) => `${row.join('\t')}\n`).join('')));
  }
  return rows;
}

function columnsOf({ labels, group }: Pick<UnsplitClip, 'labels' | 'group'>): [string, string, string] {
  return [labels.instrument_family_str ?? '', labels.pitch ?? '', group ?? ''];
}
