import type { MetricsLine } from '../../train/results.ts';
import { rowName } from '../paper-row.ts';
import type { RunRecord } from '../run-record.ts';
import type { RunVariant } from '../run-variant.ts';
import { mean, spreadOf } from '../spread.ts';
import { type Column, figure, type Table } from '../table.ts';
import type { ReportFigure } from './figure.ts';
import { legendColumns } from './label-layout.ts';
import { seriesColors, seriesDashes } from './render-chart.ts';

type Variant = RunVariant<RunRecord>;

/** Points that a curve is thinned to: more than its width in pixels shows nothing more. */
const pointsOfCurve = 160;

interface Point {
  panel: string;
  series: string;
  run: string;
  step: number;
  value: number;
}

/** Averages of neighbouring points, so that at most `pointsOfCurve` are left. */
export function thin(points: readonly { step: number; value: number }[]): { step: number; value: number }[] {
  const size = Math.max(1, Math.ceil(points.length / pointsOfCurve));
  const thinned = [];
  for (let start = 0; start < points.length; start += size) {
    const bucket = points.slice(start, start + size);
    const last = bucket.at(-1);
    if (last !== undefined) thinned.push({ step: last.step, value: mean(bucket.map((point) => point.value)) });
  }
  return thinned;
}

type Curve = (line: MetricsLine, task: string) => number | undefined;

function curvePoints(variants: readonly Variant[], curve: Curve): Point[] {
  const panels = new Set(variants.map((variant) => variant.setting)).size > 1;
  return variants.flatMap((variant) =>
    variant.group.runs.flatMap((run) =>
      run.pipeline.tasks.flatMap((task) => {
        const points = run.metrics.flatMap((line) => {
          const value = curve(line, task.name);
          return value === undefined || !Number.isFinite(value) ? [] : [{ step: line.step, value }];
        });
        const name = rowName(task);
        return points.map((point) => ({
          ...point,
          panel: panels ? `${name}, ${variant.setting}` : name,
          series: variant.label,
          run: run.directory,
        }));
      }),
    ),
  );
}

/** Points of one run's curve. */
interface RunCurve {
  panel: string;
  series: string;
  points: Point[];
}

function runCurves(points: readonly Point[]): RunCurve[] {
  const curves = new Map<string, RunCurve>();
  for (const point of points) {
    const { panel, series, run } = point;
    const key = JSON.stringify([panel, series, run]);
    const curve = curves.get(key) ?? { panel, series, points: [] };
    curve.points.push(point);
    curves.set(key, curve);
  }
  return [...curves.values()];
}

/** Points to draw: neighbours averaged where a curve has more than can be seen. */
function drawnPoints(points: readonly Point[]): Point[] {
  return runCurves(points).flatMap(({ points: curve }) => {
    const [first] = curve;
    return first === undefined ? [] : thin(curve).map((point) => ({ ...first, ...point }));
  });
}

/** Last and best value of every curve, mean ± sd over its runs. */
function curveTable(id: string, title: string, points: readonly Point[], scale: number, best: 'max' | 'min'): Table {
  const cells = new Map<string, RunCurve[]>();
  for (const curve of runCurves(points)) {
    const key = JSON.stringify([curve.panel, curve.series]);
    cells.set(key, [...(cells.get(key) ?? []), curve]);
  }
  const columns: Column[] = [
    { heading: 'task', kind: 'text' },
    { heading: 'model', kind: 'text' },
    { heading: best === 'max' ? 'highest' : 'lowest', kind: 'figure' },
    { heading: 'at the end', kind: 'figure' },
  ];
  return {
    id,
    title,
    columns,
    rows: [...cells].map(([key, runs]) => {
      const [panel, series] = JSON.parse(key) as [string, string];
      const curves = runs.map((curve) => curve.points.map((point) => scale * point.value));
      const ends = curves.map((curve) => curve.at(-1)).filter((value) => value !== undefined);
      return {
        cells: [
          panel,
          series,
          figure(spreadOf(curves.map((curve) => curve.reduce((a, b) => Math[best](a, b)))), scale === 1 ? 3 : 1),
          figure(spreadOf(ends), scale === 1 ? 3 : 1),
        ],
      };
    }),
    notes: [],
  };
}

function curveFigure(
  points: readonly Point[],
  options: { id: string; caption: string; axis: string; percent: boolean; best: 'max' | 'min' },
): ReportFigure | undefined {
  if (points.length === 0) return undefined;
  const series = [...new Set(points.map((point) => point.series))];
  const panels = [...new Set(points.map((point) => point.panel))];
  const columns = panels.length === 1 ? 1 : panels.length === 2 || panels.length === 4 ? 2 : 3;
  const width = [620, 420, 262][columns - 1] ?? 262;
  const legend = series.length > 1;
  return {
    id: options.id,
    caption: options.caption,
    label: `${options.caption} ${panels.length} panels (${panels.join('; ')}), series ${series.join(', ')}. The table below holds the figures.`,
    data: curveTable(`${options.id}-data`, options.caption, points, options.percent ? 100 : 1, options.best),
    spec: {
      data: { values: drawnPoints(points).map((point) => ({ ...point })) },
      facet: { field: 'panel', type: 'nominal', title: null, sort: panels },
      columns,
      spacing: 18,
      spec: {
        width,
        height: columns === 1 ? 240 : 150,
        mark: { type: 'line', interpolate: 'linear', opacity: 0.85, strokeWidth: 1.6 },
        encoding: {
          x: { field: 'step', type: 'quantitative', title: 'step', axis: { tickCount: 5, format: 's' } },
          y: {
            field: 'value',
            type: 'quantitative',
            title: options.axis,
            scale: { zero: false, nice: true },
            axis: { tickCount: 5, ...(options.percent ? { format: '.0%' } : {}) },
          },
          detail: { field: 'run', type: 'nominal' },
          color: {
            field: 'series',
            type: 'nominal',
            title: null,
            sort: series,
            scale: { domain: series, range: series.map((_, index) => seriesColors[index % seriesColors.length] ?? '') },
            legend: legend ? { orient: 'top', columns: legendColumns(series, 3), symbolType: 'stroke' } : null,
          },
          strokeDash: {
            field: 'series',
            type: 'nominal',
            sort: series,
            scale: {
              domain: series,
              range: series.map((_, index) => [...(seriesDashes[index % seriesDashes.length] ?? [1, 0])]),
            },
            legend: legend ? { orient: 'top', columns: legendColumns(series, 3), title: null } : null,
          },
        },
      },
      resolve: {
        scale: { y: options.percent ? 'shared' : 'independent', x: 'independent' },
        axis: { x: 'independent', y: 'independent' },
      },
    },
  };
}

/** Validation accuracy and training loss of every task against steps, one line a run. */
export function learningCurves(variants: readonly Variant[]): ReportFigure[] {
  return [
    curveFigure(
      curvePoints(variants, (line, task) => line.validation?.accuracy[task]),
      {
        id: 'validation-accuracy',
        caption: 'Validation accuracy by clip while training, one line a run.',
        axis: 'accuracy',
        percent: true,
        best: 'max',
      },
    ),
    curveFigure(
      curvePoints(variants, (line, task) => line.losses[task]),
      {
        id: 'training-loss',
        caption: 'Training loss (cross-entropy in nats, means of neighbouring log lines), one line a run.',
        axis: 'loss',
        percent: false,
        best: 'min',
      },
    ),
  ].filter((entry) => entry !== undefined);
}
