import { escapeXml } from './escape-xml.ts';
import { type Cell, type Column, cellText, type Table } from './table.ts';

const texSpecials: Record<string, string> = {
  '\\': '\\textbackslash{}',
  '&': '\\&',
  '%': '\\%',
  $: '\\$',
  '#': '\\#',
  _: '\\_',
  '{': '\\{',
  '}': '\\}',
  '~': '\\textasciitilde{}',
  '^': '\\textasciicircum{}',
  '<': '\\textless{}',
  '>': '\\textgreater{}',
  '|': '\\textbar{}',
  '±': '$\\pm$',
  '−': '$-$',
  '×': '$\\times$',
  '⌊': '$\\lfloor$',
  '⌋': '$\\rfloor$',
  '·': '$\\cdot$',
  λ: '$\\lambda$',
  '–': '--',
  '’': "'",
  '*': '$^{*}$',
  '†': '$^{\\dagger}$',
  '‡': '$^{\\ddagger}$',
  '§': '$^{\\S}$',
  '¶': '$^{\\P}$',
  '‖': '$^{\\|}$',
};

function tex(text: string): string {
  return text.replace(/[\\&%$#_{}~^<>|±−×⌊⌋·λ–’*†‡§¶‖]/gu, (character) => texSpecials[character] ?? character);
}

/** A table as LaTeX (booktabs), ready for a paper's appendix. */
export function renderLatex(table: Table): string {
  const row = (cells: readonly string[]) => `    ${cells.join(' & ')} \\\\`;
  const lines = [
    '% needs \\usepackage{booktabs}',
    '\\begin{table}',
    '  \\centering',
    `  \\caption{${tex(table.title.replace(/^(Table|Figure) [\w.]+\. /, ''))}}`,
    `  \\label{tab:${table.id}}`,
    `  \\begin{tabular}{${table.columns.map((column) => (column.kind === 'text' ? 'l' : 'r')).join('')}}`,
    '    \\toprule',
    row(table.columns.map((column) => tex(column.heading))),
    '    \\midrule',
  ];
  let section: string | undefined;
  table.rows.forEach((entry, index) => {
    if (entry.section !== section) {
      section = entry.section;
      if (index > 0) lines.push('    \\midrule');
      if (section !== undefined) {
        lines.push(`    \\multicolumn{${table.columns.length}}{l}{\\emph{${tex(section)}}} \\\\`);
      }
    }
    lines.push(row(entry.cells.map((cell) => tex(cellText(cell)))));
  });
  lines.push('    \\bottomrule', '  \\end{tabular}');
  for (const note of table.notes) lines.push(`  \\par\\footnotesize ${tex(note)}`);
  return [...lines, '\\end{table}', ''].join('\n');
}

function markdownCell(text: string): string {
  return text.replaceAll('|', '\\|').replaceAll('*', '\\*');
}

/** A table as GitHub-flavoured Markdown. */
export function renderMarkdown(table: Table): string {
  const line = (cells: readonly string[]) => `| ${cells.join(' | ')} |`;
  const lines = [
    `### ${table.title}`,
    '',
    line(table.columns.map((column) => markdownCell(column.heading))),
    line(table.columns.map((column) => (column.kind === 'text' ? '---' : '---:'))),
  ];
  let section: string | undefined;
  for (const row of table.rows) {
    if (row.section !== section) {
      section = row.section;
      if (section !== undefined) lines.push(line([`**${section}**`, ...table.columns.slice(1).map(() => '')]));
    }
    const texts = row.cells.map((cell) => markdownCell(cellText(cell)));
    lines.push(line(row.emphasis ? texts.map((text) => `**${text}**`) : texts));
  }
  lines.push('');
  for (const note of table.notes) lines.push(`${markdownCell(note)}  `);
  return [...lines, ''].join('\n');
}

function csvField(value: string | number | undefined): string {
  const text = value === undefined ? '' : String(value);
  return /[",\r\n]/.test(text) ? `"${text.replaceAll('"', '""')}"` : text;
}

/** A paper's column is named after the column it stands beside. */
function csvHeading(columns: readonly Column[], index: number): string {
  const column = columns[index];
  if (column?.kind !== 'paper') return column?.heading ?? '';
  const beside = columns.slice(0, index).findLast((entry) => entry.kind === 'figure');
  return beside === undefined ? column.heading : `${beside.heading} paper`;
}

function csvCells(cell: Cell, spread: boolean): (string | number | undefined)[] {
  if (!spread) return [cell === undefined ? '' : cellText(cell)];
  if (cell === undefined) return ['', '', ''];
  return typeof cell === 'string' ? [cell, '', ''] : [cell.mean, cell.deviation, cell.count];
}

/** A table as CSV (RFC 4180) at full precision: a column with figures becomes three, `… mean`, `… sd` and `… runs`. */
export function renderCsv(table: Table): string {
  const spreads = table.columns.map((_, index) => table.rows.some((row) => typeof row.cells[index] === 'object'));
  const sections = table.rows.some((row) => row.section !== undefined);
  const headings = table.columns.flatMap((_, index) => {
    const heading = csvHeading(table.columns, index);
    return spreads[index] ? [`${heading} mean`, `${heading} sd`, `${heading} runs`] : [heading];
  });
  const lines = [[...(sections ? ['section'] : []), ...headings].map(csvField).join(',')];
  for (const row of table.rows) {
    const cells = table.columns.flatMap((_, index) => csvCells(row.cells[index], spreads[index] ?? false));
    lines.push([...(sections ? [row.section] : []), ...cells].map(csvField).join(','));
  }
  return `${lines.join('\r\n')}\r\n`;
}

/** From so many columns on a table is set smaller. */
const wideTable = 9;

/** A table as an HTML element with a caption, header cells and notes; `captioned: false` hides the caption from view only. */
export function renderHtml(table: Table, options: { captioned?: boolean } = {}): string {
  const head = table.columns
    .map((column) => `<th scope="col" class="${column.kind}">${escapeXml(column.heading)}</th>`)
    .join('');
  let section: string | undefined;
  const body = table.rows
    .map((row) => {
      const first = row.section !== section && row.section !== undefined;
      section = row.section;
      const heading = first
        ? `<tr class="section"><th scope="rowgroup" colspan="${table.columns.length}">${escapeXml(row.section ?? '')}</th></tr>`
        : '';
      const cells = row.cells
        .map((cell, index) => {
          const kind = table.columns[index]?.kind ?? 'text';
          const text = escapeXml(cellText(cell));
          return index === 0 ? `<th scope="row">${text}</th>` : `<td class="${kind}">${text}</td>`;
        })
        .join('');
      return `${heading}<tr${row.emphasis ? ' class="emphasis"' : ''}>${cells}</tr>`;
    })
    .join('\n');
  const notes = table.notes.map((note) => `<p>${escapeXml(note)}</p>`).join('');
  const caption = `<caption${options.captioned === false ? ' class="unseen"' : ''}>${escapeXml(table.title)}</caption>`;
  return [
    `<div class="table" id="${table.id}" role="region" aria-label="${escapeXml(table.title)}" tabindex="0">`,
    `<table${table.columns.length > wideTable ? ' class="wide"' : ''}>${caption}<thead><tr>${head}</tr></thead><tbody>`,
    body,
    `</tbody></table></div>${notes === '' ? '' : `<div class="notes">${notes}</div>`}`,
  ].join('\n');
}
