import type { ColumnCounts, DatasetExamination } from '../../datasets/dataset-examination.ts';
import { largest, lengthTable } from '../dataset-table.ts';
import { printable } from '../printable.ts';
import type { ReportFigure } from './figure.ts';
import { seriesColors } from './render-chart.ts';

/** Classes that a chart draws: the largest. */
const drawnClasses = 60;
const splits = ['train', 'validation', 'test'] as const;

/** A histogram of the clips' lengths, or undefined where one bin holds all. */
export function lengthHistogram(examination: DatasetExamination): ReportFigure | undefined {
  const { lengths, readable } = examination;
  const { bins, least, median, greatest } = lengths;
  const [first] = bins;
  if (first === undefined || bins.length === 1) return undefined;
  const growing = bins.some(({ from, to }) => Math.abs(to - from - (first.to - first.from)) > 1e-9);
  const table = lengthTable(examination);
  return {
    id: 'lengths',
    caption: `Clips by length${growing ? ', on a logarithmic axis' : ''}.`,
    label: `Histogram of the lengths of ${readable} clips in ${bins.length} bins, from ${least.toFixed(2)} s to ${greatest.toFixed(2)} s, median ${median.toFixed(2)} s. The table below holds the figures.`,
    data: {
      ...table,
      columns: table.columns.slice(0, 2),
      rows: table.rows.map(({ cells }) => ({ cells: cells.slice(0, 2) })),
    },
    spec: {
      data: { values: bins.map(({ from, to, clips }) => ({ from, to, clips })) },
      width: 620,
      height: 200,
      mark: { type: 'rect', color: seriesColors[0] ?? '', stroke: 'var(--paper)', strokeWidth: 1 },
      encoding: {
        x: {
          field: 'from',
          type: 'quantitative',
          title: 'seconds',
          scale: {
            type: growing ? 'log' : 'linear',
            domain: [first.from, bins.at(-1)?.to ?? first.to],
            ...(growing ? {} : { zero: false }),
            nice: false,
          },
          axis: { values: [...bins.map(({ from }) => from), bins.at(-1)?.to ?? first.to], labelOverlap: true },
        },
        x2: { field: 'to' },
        y: {
          field: 'clips',
          type: 'quantitative',
          title: 'clips',
          scale: { zero: true },
          axis: { tickMinStep: 1, tickCount: 5 },
        },
        y2: { datum: 0 },
      },
    },
  };
}

/** Clips of each class by split, as stacked bars: a chart, its caption and what it says in words. */
export function classChart({
  column,
  classes,
}: ColumnCounts): Pick<ReportFigure, 'id' | 'caption' | 'label' | 'spec'> | undefined {
  const drawn = largest(classes, drawnClasses);
  if (drawn.length < 2) return undefined;
  const some = drawn.length < classes.length ? `, the ${drawn.length} largest of ${classes.length} classes` : '';
  const values = drawn.flatMap((one, place) =>
    splits.map((split, order) => ({ place, split, order, clips: one.splits[split] })),
  );
  return {
    id: `chart-${column}`,
    caption: `Clips of each ${printable(column)} by split${some}.`,
    label: `Bars of the clips of each ${printable(column)} (${drawn.length} classes), divided into train, validation and test. The table holds the figures.`,
    spec: {
      // Labels are looked up by place: two that are written alike, or like a number, stay two bars in their order.
      data: { values },
      width: 520,
      height: { step: drawn.length > 30 ? 13 : 18 },
      mark: { type: 'bar', stroke: 'var(--paper)', strokeWidth: 0.5 },
      encoding: {
        y: {
          field: 'place',
          type: 'ordinal',
          title: null,
          axis: {
            domain: false,
            ticks: false,
            labelLimit: 220,
            labelExpr: `${JSON.stringify(drawn.map(({ label }) => printable(label)))}[datum.value]`,
          },
        },
        x: { field: 'clips', type: 'quantitative', title: 'clips', axis: { tickMinStep: 1, grid: true } },
        order: { field: 'order', type: 'quantitative' },
        color: {
          field: 'split',
          type: 'nominal',
          title: null,
          scale: { domain: [...splits], range: seriesColors.slice(0, splits.length) },
          legend: { orient: 'top', symbolType: 'square', symbolStrokeWidth: 0 },
        },
      },
    },
  };
}
