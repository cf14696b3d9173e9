import { existsSync } from 'node:fs';
import path from 'node:path';
import { BadInputError } from '../errors.ts';
import { isAudioName, listFiles } from './audio-files.ts';
import { finishDataset, relativeId, type UnsplitClip } from './labelled-files.ts';
import { splitNamed } from './splits.ts';
import { readTable, type Table, type TableRow } from './table-file.ts';
import type { Dataset, Split, SplitChoice } from './types.ts';

/** Names of the column that holds a clip's file: ours, Hugging Face's audiofolder, ESC-50's, UrbanSound8K's. */
const pathColumns = ['path', 'file_name', 'filename', 'file', 'filepath', 'audio', 'slice_file_name'];

/** Folders that hold nothing but tables, beside those of the recordings. */
const tableFolders = new Set([
  'meta',
  'metadata',
  'labels',
  'annotations',
  'csv',
  'lists',
  'splits',
  'evaluation_setup',
]);

/**
 * `manifest:FILE`: a CSV, TSV or JSONL table with a path for each clip, and optionally `split`, `start` and `end` (seconds); every other column
 * is a label column. Relative paths are looked for beside the table, then by their file name anywhere below its folder or, where that is called `meta`, `metadata` or
 * the like, beside it (ESC-50's `meta/esc50.csv` names files of `audio/`). Throws BadInputError naming file, line and column.
 */
export function openManifest(file: string, split: SplitChoice, stratify?: string): Dataset {
  const { clips, notes } = readManifest(file);
  return finishDataset({ name: `manifest:${file}`, root: path.dirname(file), clips, notes }, split, stratify);
}

/** The clips of a manifest, before splits; `given` is the split of rows that name one. */
export function readManifest(file: string): { clips: UnsplitClip[]; notes: string[] } {
  const table = readTable(file);
  const pathColumn = pathColumns.find((column) => table.columns.includes(column));
  if (pathColumn === undefined) {
    throw new BadInputError(`${file}: expected a column "path", found ${listed(table.columns)}`);
  }
  if (table.rows.length === 0) throw new BadInputError(`${file}: expected at least one clip, found only a header`);
  // UrbanSound8K's start and end are those of the recording that a clip was cut from, not of the clip.
  const segments = pathColumn !== 'slice_file_name';
  const reserved = new Set([pathColumn, 'split', 'start', 'end']);
  const labelColumns = table.columns.filter((column) => !reserved.has(column) && column !== '');
  if (labelColumns.length === 0) {
    throw new BadInputError(`${file}: expected a label column beside "${pathColumn}", found ${listed(table.columns)}`);
  }
  const locate = fileLocator(file, table, pathColumn);
  const root = path.dirname(file);
  const seen = new Map<string, number>();
  const clips: UnsplitClip[] = [];
  let repeated = 0;
  for (const row of table.rows) {
    const given = row.cells[pathColumn];
    if (!given)
      throw new BadInputError(`${file}:${row.line}: expected a file in column "${pathColumn}", found nothing`);
    const located = locate(given);
    const start = segments ? seconds(row, 'start', file) : undefined;
    const end = segments ? seconds(row, 'end', file) : undefined;
    if (end !== undefined && end <= (start ?? 0)) {
      throw new BadInputError(
        `${file}:${row.line}: expected end after start, found start ${start ?? 0} and end ${end}`,
      );
    }
    const segment = start === undefined && end === undefined ? '' : `#${start ?? 0}-${end ?? ''}`;
    const id = relativeId(root, located) + segment;
    const labels: Record<string, string> = {};
    for (const column of labelColumns) {
      const label = row.cells[column];
      if (label !== undefined) labels[column] = label;
    }
    const split = splitOf(row, table, file);
    const earlier = seen.get(id);
    if (earlier !== undefined) {
      const before = clips[earlier]?.labels ?? {};
      const already = clips[earlier]?.given;
      if (already !== split.given) {
        throw new BadInputError(
          `${file}:${row.line}: expected one split for ${id}, found "${split.given}" after "${already}"`,
        );
      }
      const differs = labelColumns.find((column) => before[column] !== labels[column]);
      if (differs !== undefined) {
        throw new BadInputError(
          `${file}:${row.line}: expected one "${differs}" for ${id}, found "${labels[differs] ?? ''}" after "${before[differs] ?? ''}"`,
        );
      }
      repeated++;
      continue;
    }
    seen.set(id, clips.length);
    clips.push({
      id,
      path: located,
      ...(start !== undefined ? { start } : {}),
      ...(end !== undefined ? { end } : {}),
      labels,
      ...split,
    });
  }
  return {
    clips,
    notes: repeated > 0 ? [`${path.basename(file)}: ${repeated} rows repeat an earlier one and count once`] : [],
  };
}

function splitOf(row: TableRow, table: Table, file: string): { given?: Split } {
  if (!table.columns.includes('split')) return {};
  const name = row.cells.split ?? '';
  const given = splitNamed(name);
  if (given === undefined) {
    throw new BadInputError(`${file}:${row.line}: expected split train, validation or test, found "${name}"`);
  }
  return { given };
}

function seconds(row: TableRow, column: string, file: string): number | undefined {
  const cell = row.cells[column]?.trim();
  if (!cell) return undefined;
  const value = Number(cell);
  if (!Number.isFinite(value) || value < 0) {
    throw new BadInputError(`${file}:${row.line}: expected ${column} in seconds, 0 or more, found "${cell}"`);
  }
  return value;
}

function listed(columns: readonly string[]): string {
  return columns.length > 0 ? columns.map((column) => `"${column}"`).join(', ') : 'no columns';
}

/** From a path in the table to an absolute one; where no file is found, beside the table, so that it is reported as unreadable. */
function fileLocator(file: string, table: Table, pathColumn: string): (given: string) => string {
  const root = path.dirname(file);
  const beside = (given: string) => path.resolve(root, given);
  const first = table.rows.find((row) => row.cells[pathColumn])?.cells[pathColumn];
  if (
    first === undefined ||
    path.isAbsolute(first) ||
    table.rows.some((row) => existsSync(beside(row.cells[pathColumn] ?? '')))
  ) {
    return beside;
  }
  const beyond = tableFolders.has(path.basename(root).toLowerCase()) ? [path.dirname(root)] : [];
  for (const folder of [root, ...beyond]) {
    const byName = new Map<string, string | undefined>();
    for (const found of listFiles(folder)) {
      if (!isAudioName(found)) continue;
      const name = path.posix.basename(found);
      byName.set(name, byName.has(name) ? undefined : path.join(folder, found));
    }
    if (byName.get(path.posix.basename(first)) !== undefined) {
      return (given) => byName.get(path.posix.basename(given)) ?? beside(given);
    }
  }
  return beside;
}
