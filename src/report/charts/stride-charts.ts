import { groupLabels } from '../group-labels.ts';
import type { FinishedRun, RunRecord } from '../run-record.ts';
import type { RunVariant } from '../run-variant.ts';
import { spreadOf } from '../spread.ts';
import { figure, type Table } from '../table.ts';
import type { ReportFigure } from './figure.ts';
import { axisLabels, legendColumns } from './label-layout.ts';
import { thin } from './learning-curves.ts';
import { seriesColors, seriesDashes } from './render-chart.ts';

const axes = ['time', 'frequency'] as const;
/** Pixels from line to line of an axis's labels. */
const lineHeight = 13;

/** `blocks.3.time` → layer 3 along time. */
function parseStrideName(name: string): { layer: number; axis: string } | undefined {
  const match = /^blocks\.(\d+)\.(time|frequency)$/.exec(name);
  return match?.[1] === undefined || match[2] === undefined ? undefined : { layer: Number(match[1]), axis: match[2] };
}

interface StridePoint {
  axis: string;
  layer: string;
  run: string;
  step: number;
  value: number;
}

function trajectory(run: RunRecord, everyPoint = false): StridePoint[] {
  const names = new Set(run.metrics.flatMap((line) => Object.keys(line.strides)));
  return [...names].flatMap((name) => {
    const place = parseStrideName(name);
    if (place === undefined) return [];
    const points = run.metrics.flatMap((line) => {
      const value = line.strides[name];
      return value === undefined ? [] : [{ step: line.step, value }];
    });
    return (everyPoint ? points : thin(points)).map((point) => ({
      ...point,
      axis: place.axis,
      layer: `layer ${place.layer}`,
      run: run.directory,
    }));
  });
}

function trajectoryTable(id: string, title: string, runs: readonly RunRecord[]): Table {
  const points = runs.flatMap((run) => trajectory(run, true));
  const keys = [...new Set(points.map((point) => JSON.stringify([point.layer, point.axis])))].sort();
  return {
    id,
    title,
    columns: [
      { heading: 'layer', kind: 'text' },
      { heading: 'axis', kind: 'text' },
      { heading: 'first', kind: 'figure' },
      { heading: 'last', kind: 'figure' },
      { heading: 'moved by', kind: 'figure' },
    ],
    rows: keys.map((key) => {
      const [layer = '', axis = ''] = JSON.parse(key) as string[];
      const curves = runs.map((run) =>
        points.filter((point) => point.run === run.directory && point.layer === layer && point.axis === axis),
      );
      const ends = curves.flatMap((curve) => {
        const first = curve[0];
        const last = curve.at(-1);
        return first === undefined || last === undefined ? [] : [{ first: first.value, last: last.value }];
      });
      return {
        cells: [
          layer,
          axis,
          figure(spreadOf(ends.map((end) => end.first)), 3),
          figure(spreadOf(ends.map((end) => end.last)), 3),
          figure(spreadOf(ends.map((end) => end.last - end.first)), 3),
        ],
      };
    }),
    notes: [],
  };
}

/** Figure 3a: the stride of every layer along each axis against steps, one figure for each group that learns strides. */
export function strideTrajectories(variants: readonly RunVariant[]): ReportFigure[] {
  const labels = groupLabels(variants);
  return variants.flatMap((variant, index): ReportFigure[] => {
    const points = variant.group.runs.flatMap((run) => trajectory(run));
    if (variant.pooling !== 'diffstride' || points.length === 0) return [];
    const layers = [...new Set(points.map((point) => point.layer))].sort();
    const caption = `${labels[index]}: strides of every layer along both axes, one line a run.`;
    const id = `strides-${index + 1}`;
    return [
      {
        id,
        caption,
        label: `${caption} ${layers.join(', ')}; the table below says where each began and ended.`,
        data: trajectoryTable(`${id}-data`, caption, variant.group.runs),
        spec: {
          data: { values: points.map((point) => ({ ...point })) },
          facet: { column: { field: 'axis', type: 'nominal', title: null, sort: [...axes] } },
          spec: {
            width: 410,
            height: 190,
            mark: { type: 'line', opacity: 0.85 },
            encoding: {
              x: { field: 'step', type: 'quantitative', title: 'step', axis: { tickCount: 5, format: 's' } },
              y: {
                field: 'value',
                type: 'quantitative',
                title: 'stride',
                scale: { zero: false, nice: true },
                axis: { tickCount: 6 },
              },
              detail: { field: 'run', type: 'nominal' },
              color: {
                field: 'layer',
                type: 'nominal',
                title: null,
                sort: layers,
                scale: {
                  domain: layers,
                  range: layers.map((_, layer) => seriesColors[layer % seriesColors.length] ?? ''),
                },
                legend: { orient: 'top', symbolType: 'stroke' },
              },
              strokeDash: {
                field: 'layer',
                type: 'nominal',
                sort: layers,
                title: null,
                scale: {
                  domain: layers,
                  range: layers.map((_, layer) => [...(seriesDashes[layer % seriesDashes.length] ?? [1, 0])]),
                },
                legend: { orient: 'top' },
              },
            },
          },
          resolve: { axis: { y: 'independent' } },
        },
      },
    ];
  });
}

interface FinalStride {
  model: string;
  axis: string;
  layer: string;
  stride: number;
}

function finalStrides(variants: readonly RunVariant<FinishedRun>[], labels: readonly string[]): FinalStride[] {
  return variants.flatMap((variant, index) =>
    variant.group.runs.flatMap((run) =>
      run.result.axes
        .filter((axis) => axis.pooled && axis.learned)
        .map((axis) => ({
          model: labels[index] ?? '',
          axis: axis.axis,
          layer: String(axis.block),
          stride: axis.stride,
        })),
    ),
  );
}

function spreadTable<Row extends { model: string; axis: string; layer?: string }>(
  id: string,
  title: string,
  rows: readonly Row[],
  value: (row: Row) => number,
): Table {
  const groups = Map.groupBy(rows, (row) => JSON.stringify([row.model, row.layer ?? '', row.axis]));
  const layered = rows.some((row) => row.layer !== undefined);
  return {
    id,
    title,
    columns: [
      { heading: 'model', kind: 'text' },
      ...(layered ? [{ heading: 'layer', kind: 'text' as const }] : []),
      { heading: 'axis', kind: 'text' },
      { heading: 'value', kind: 'figure' },
    ],
    rows: [...groups].map(([key, members]) => {
      const [model = '', layer = '', axis = ''] = JSON.parse(key) as string[];
      return { cells: [model, ...(layered ? [layer] : []), axis, figure(spreadOf(members.map(value)), 3)] };
    }),
    notes: [],
  };
}

/** Figure 3b: where the strides of every layer ended, one point a run. */
export function strideDistribution(variants: readonly RunVariant<FinishedRun>[]): ReportFigure | undefined {
  const points = finalStrides(variants, groupLabels(variants));
  if (points.length === 0) return undefined;
  const models = [...new Set(points.map((point) => point.model))];
  const caption = 'Learned strides at the end of training by layer, one point a run.';
  return {
    id: 'stride-distribution',
    caption,
    label: `${caption} Models: ${models.join(', ')}. The table below holds means and deviations.`,
    data: spreadTable('stride-distribution-data', caption, points, (point) => point.stride),
    spec: {
      data: { values: points.map((point) => ({ ...point })) },
      facet: { column: { field: 'axis', type: 'nominal', title: null, sort: [...axes] } },
      spec: {
        width: 410,
        height: 210,
        mark: { type: 'point', opacity: 0.85, filled: true, size: 46 },
        encoding: {
          x: { field: 'layer', type: 'ordinal', title: 'layer', axis: { labelAngle: 0 } },
          xOffset: { field: 'model', type: 'nominal', sort: models },
          y: {
            field: 'stride',
            type: 'quantitative',
            title: 'stride',
            scale: { zero: false, nice: true },
            axis: { tickCount: 6 },
          },
          color: {
            field: 'model',
            type: 'nominal',
            title: null,
            sort: models,
            scale: { domain: models, range: models.map((_, index) => seriesColors[index % seriesColors.length] ?? '') },
            legend: models.length > 1 ? { orient: 'top', columns: legendColumns(models, 2) } : null,
          },
          shape: {
            field: 'model',
            type: 'nominal',
            sort: models,
            title: null,
            scale: { domain: models },
            legend: models.length > 1 ? { orient: 'top', columns: legendColumns(models, 2) } : null,
          },
        },
      },
      resolve: { axis: { y: 'independent' } },
    },
  };
}

/** Figure 3c: the global striding factor, the product of the strides over layers, for each axis, one point a run. */
export function globalStriding(variants: readonly RunVariant<FinishedRun>[]): ReportFigure | undefined {
  const labels = groupLabels(variants);
  const points = variants.flatMap((variant, index) =>
    variant.group.runs.flatMap((run) =>
      axes.map((axis) => ({
        model: labels[index] ?? '',
        axis,
        factor: run.result.axes
          .filter((entry) => entry.axis === axis && entry.pooled)
          .reduce((product, entry) => product * entry.stride, 1),
      })),
    ),
  );
  if (variants.flatMap((variant) => variant.group.runs).length < 2) return undefined;
  const models = [...new Set(points.map((point) => point.model))];
  const { texts, lines } = axisLabels(models);
  const caption = 'Global striding factor: the product of the strides over layers, one point a run.';
  return {
    id: 'global-striding',
    caption,
    label: `${caption} The table below holds means and deviations.`,
    data: spreadTable('global-striding-data', caption, points, (point) => point.factor),
    spec: {
      data: { values: points.map((point) => ({ ...point, model: texts[models.indexOf(point.model)] })) },
      facet: { column: { field: 'axis', type: 'nominal', title: null, sort: [...axes] } },
      spec: {
        width: 330,
        height: { step: 9 + lineHeight * lines },
        mark: { type: 'point', filled: true, opacity: 0.85, size: 46, color: seriesColors[0] },
        encoding: {
          y: {
            field: 'model',
            type: 'nominal',
            title: null,
            sort: texts,
            axis: {
              grid: true,
              labelLimit: 0,
              labelLineHeight: lineHeight,
              labelOffset: (-lineHeight * (lines - 1)) / 2,
            },
          },
          x: {
            field: 'factor',
            type: 'quantitative',
            title: 'product of strides',
            scale: { zero: false, nice: true },
            axis: { grid: true, tickCount: 6 },
          },
        },
      },
    },
  };
}
