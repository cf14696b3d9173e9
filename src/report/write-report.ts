import { mkdir } from 'node:fs/promises';
import path from 'node:path';
import { writeFileAtomic } from '../atomic-file.ts';
import type { Report } from './build-report.ts';
import { renderCsv, renderLatex, renderMarkdown } from './table-formats.ts';

/** Writes a report: `index.html`, and every table as Markdown, LaTeX and CSV under `tables/`. Returns the page's path. */
export async function writeReport(report: Report, directory: string): Promise<string> {
  const folder = path.join(directory, 'tables');
  await mkdir(folder, { recursive: true });
  for (const table of report.tables) {
    await writeFileAtomic(path.join(folder, `${table.id}.md`), renderMarkdown(table));
    await writeFileAtomic(path.join(folder, `${table.id}.tex`), renderLatex(table));
    await writeFileAtomic(path.join(folder, `${table.id}.csv`), renderCsv(table));
  }
  const page = path.join(directory, 'index.html');
  await writeFileAtomic(page, report.html);
  return page;
}
