import { readFileSync } from 'node:fs';
import path from 'node:path';
import { BadInputError, messageOf } from '../errors.ts';

/** A row of a table: column → text, and the line of the file on which it begins, from 1. */
export interface TableRow {
  readonly line: number;
  readonly cells: Readonly<Record<string, string>>;
}

export interface Table {
  readonly columns: readonly string[];
  readonly rows: readonly TableRow[];
}

/**
 * Reads a table by its extension: `.csv` (RFC 4180; the delimiter is the comma, semicolon or tab that the header has most of), `.tsv`, or
 * `.jsonl`/`.ndjson` (an object a line; values that are not text are written as JSON). Empty cells are absent. UTF-8 with or without byte order mark, any line ends, blank
 * lines skipped. Throws BadInputError naming the file and line.
 */
export function readTable(file: string): Table {
  let bytes: Buffer;
  try {
    bytes = readFileSync(file);
  } catch (error) {
    throw new BadInputError(`${file}: expected a table that can be read, found: ${messageOf(error)}`);
  }
  return parseTable(bytes, file);
}

/** `readTable` on bytes; `name` chooses the format and stands in messages. */
export function parseTable(bytes: Uint8Array, name: string): Table {
  let text: string;
  try {
    text = new TextDecoder('utf-8', { fatal: true }).decode(bytes);
  } catch {
    throw new BadInputError(`${name}: expected text in UTF-8, found other bytes`);
  }
  const extension = path.extname(name).toLowerCase();
  if (extension === '.jsonl' || extension === '.ndjson') return parseJsonLines(text, name);
  return parseDelimited(text, name, extension === '.tsv' ? '\t' : undefined);
}

function parseJsonLines(text: string, name: string): Table {
  const columns = new Set<string>();
  const rows: TableRow[] = [];
  for (const [index, source] of text.split(/\r\n|\n|\r/).entries()) {
    if (source.trim() === '') continue;
    let value: unknown;
    try {
      value = JSON.parse(source);
    } catch (error) {
      throw new BadInputError(`${name}:${index + 1}: expected a JSON object, found: ${messageOf(error)}`);
    }
    if (typeof value !== 'object' || value === null || Array.isArray(value)) {
      throw new BadInputError(
        `${name}:${index + 1}: expected a JSON object, found ${JSON.stringify(value)?.slice(0, 60)}`,
      );
    }
    const cells: Record<string, string> = Object.create(null);
    for (const [column, cell] of Object.entries(value)) {
      columns.add(column);
      if (cell !== null && cell !== '') cells[column] = typeof cell === 'string' ? cell : JSON.stringify(cell);
    }
    rows.push({ line: index + 1, cells });
  }
  return { columns: [...columns], rows };
}

function parseDelimited(text: string, name: string, known: string | undefined): Table {
  const delimiter = known ?? likeliestDelimiter(text);
  const records = delimitedRecords(text, delimiter, name);
  const header = records.next();
  if (header.done) throw new BadInputError(`${name}: expected a header line with column names, found an empty file`);
  const columns = header.value.cells.map((column) => column.trim());
  const repeated = columns.find((column, index) => columns.indexOf(column) !== index);
  if (repeated !== undefined) throw new BadInputError(`${name}: expected each column once, found "${repeated}" twice`);
  const rows: TableRow[] = [];
  for (const record of records) {
    if (record.cells.length !== columns.length) {
      throw new BadInputError(
        `${name}:${record.line}: expected ${columns.length} columns as in the header, found ${record.cells.length}`,
      );
    }
    const cells: Record<string, string> = Object.create(null);
    for (const [index, column] of columns.entries()) {
      const cell = record.cells[index];
      if (cell) cells[column] = cell;
    }
    rows.push({ line: record.line, cells });
  }
  return { columns, rows };
}

function likeliestDelimiter(text: string): string {
  const header = text.slice(0, text.search(/[\r\n]|$/));
  const count = (delimiter: string) => header.split(delimiter).length;
  return [',', ';', '\t'].reduce((best, delimiter) => (count(delimiter) > count(best) ? delimiter : best));
}

/** The records of RFC 4180 text: quoted cells may hold delimiters, line ends and doubled quotes. Blank lines are not records. */
function* delimitedRecords(
  text: string,
  delimiter: string,
  name: string,
): Generator<{ line: number; cells: string[] }> {
  let line = 1;
  let at = 0;
  while (at < text.length) {
    const first = line;
    const cells: string[] = [];
    for (;;) {
      let cell: string;
      if (text[at] === '"') {
        const end = closingQuote(text, at + 1);
        if (end < 0) throw new BadInputError(`${name}:${first}: expected a closing quote, found the end of the file`);
        const quoted = text.slice(at + 1, end);
        line += quoted.split(/\r\n|\n|\r/).length - 1;
        cell = quoted.replaceAll('""', '"');
        at = end + 1;
        if (at < text.length && text[at] !== delimiter && text[at] !== '\n' && text[at] !== '\r') {
          throw new BadInputError(`${name}:${line}: expected a delimiter after a closing quote, found "${text[at]}"`);
        }
      } else {
        let end = at;
        while (end < text.length && text[end] !== delimiter && text[end] !== '\n' && text[end] !== '\r') end++;
        cell = text.slice(at, end);
        at = end;
      }
      cells.push(cell);
      if (text[at] !== delimiter) break;
      at++;
    }
    if (text[at] === '\r' && text[at + 1] === '\n') at++;
    at++;
    line++;
    if (cells.length > 1 || cells[0] !== '') yield { line: first, cells };
  }
}

function closingQuote(text: string, from: number): number {
  for (let at = text.indexOf('"', from); at >= 0; at = text.indexOf('"', at + 2)) {
    if (text[at + 1] !== '"') return at;
  }
  return -1;
}
