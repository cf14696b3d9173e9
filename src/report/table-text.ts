import { type Cell, cellText, type Table } from './table.ts';

/** Number of terminal columns of a text without wide characters; combining marks do not occur in tables. */
function width(text: string): number {
  return [...text].length;
}

function pad(text: string, columns: number, right: boolean): string {
  const space = ' '.repeat(Math.max(0, columns - width(text)));
  return right ? space + text : text + space;
}

/** A table for a terminal: aligned columns, a rule below the headings, sections set apart, notes below. */
export function renderText(table: Table): string {
  const texts = table.rows.map((row) => row.cells.map((cell: Cell) => cellText(cell)));
  const widths = table.columns.map((column, index) =>
    Math.max(width(column.heading), ...texts.map((row) => width(row[index] ?? ''))),
  );
  const line = (cells: readonly string[]) =>
    cells
      .map((text, index) => pad(text, widths[index] ?? 0, table.columns[index]?.kind !== 'text'))
      .join('  ')
      .trimEnd();
  const lines = [table.title, '', line(table.columns.map((column) => column.heading))];
  lines.push(widths.map((columns) => '─'.repeat(columns)).join('  '));
  let section: string | undefined;
  table.rows.forEach((row, index) => {
    if (row.section !== section) {
      section = row.section;
      if (index > 0) lines.push('');
      if (section !== undefined) lines.push(section);
    }
    lines.push(line(texts[index] ?? []));
  });
  if (table.notes.length > 0) lines.push('', ...table.notes);
  return lines.join('\n');
}
