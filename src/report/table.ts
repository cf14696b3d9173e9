import { roundHalfUp } from './round.ts';
import type { Spread } from './spread.ts';

/** A measured figure: mean ± sd of several runs, or one run's value; `mark` refers to a note below the table. */
export interface Figure extends Spread {
  decimals: number;
  /** Decimals of the deviation; by default those of the mean. */
  deviationDecimals?: number;
  mark?: string;
}

/** Text, a figure, or nothing known (printed –). */
export type Cell = string | Figure | undefined;

export interface Column {
  heading: string;
  /** Figures are right-aligned and take three columns (mean, sd, runs) in CSV; paper figures are printed faint. */
  kind: 'text' | 'figure' | 'paper';
}

/** A table before it is written down anywhere: the same rows serve terminal, Markdown, LaTeX, CSV and HTML. */
export interface Table {
  /** File-name-safe: `table-1`. */
  id: string;
  title: string;
  columns: Column[];
  rows: { cells: Cell[]; section?: string; emphasis?: boolean }[];
  /** Notes; those that a mark refers to begin with that mark. */
  notes: string[];
}

/** A figure of known mean and deviation, ready for a cell. */
export function figure(
  spread: Spread | undefined,
  decimals: number,
  options: { deviationDecimals?: number; mark?: string } = {},
): Figure | undefined {
  return spread && { ...spread, decimals, ...options };
}

/** One cell as plain text: `26.25 ± 0.63`, one run without deviation, – for nothing. */
export function cellText(cell: Cell): string {
  if (cell === undefined) return '–';
  if (typeof cell === 'string') return cell;
  const deviation =
    cell.deviation === undefined ? '' : ` ± ${roundHalfUp(cell.deviation, cell.deviationDecimals ?? cell.decimals)}`;
  return `${roundHalfUp(cell.mean, cell.decimals)}${deviation}${cell.mark ?? ''}`;
}
