import type { TopLevelSpec } from 'vega-lite';
import type { Table } from '../table.ts';

/** A drawing of the report: its chart, what it says in words, and its data as a table for those who cannot see it. */
export interface ReportFigure {
  id: string;
  caption: string;
  /** Read out in place of the drawing. */
  label: string;
  spec: TopLevelSpec;
  data: Table;
}
