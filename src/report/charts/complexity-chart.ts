import { accuraciesOf, taskRows } from '../accuracy-cells.ts';
import { groupLabels } from '../group-labels.ts';
import { groupRuns, settingsOf } from '../run-group.ts';
import type { FinishedRun, RunRecord } from '../run-record.ts';
import { classifyGroups, type RunVariant } from '../run-variant.ts';
import { mean, spreadOf } from '../spread.ts';
import { figure } from '../table.ts';
import type { ReportFigure } from './figure.ts';
import { legendColumns } from './label-layout.ts';
import { seriesColors, seriesDashes } from './render-chart.ts';

type Variant = RunVariant<FinishedRun>;

/** Models that differ by λ alone. */
interface Sweep {
  label: string;
  variants: Variant[];
}

interface SweepPoint {
  sweep: string;
  lambda: number;
  /** The task, with its sweep where several sweeps have it. */
  series: string;
  runs: number;
  accuracy: number;
  low: number;
  high: number;
  deviation: number | undefined;
  /** Multiply-adds of a forward pass. */
  millions: number;
  /** Multiply-adds relative to the sweep's model without the regulariser; undefined where it has none. */
  relative: number | undefined;
}

function withoutRegulariser<R extends RunRecord>(run: R): R {
  return { ...run, pipeline: { ...run.pipeline, train: { ...run.pipeline.train, complexity: 0 } } };
}

/** Sweeps of λ by at least two models, called what tells them apart besides λ. */
function findSweeps(variants: readonly Variant[]): Sweep[] {
  const key = ({ group: { runs } }: Variant) =>
    JSON.stringify(runs.slice(0, 1).flatMap((run) => [...settingsOf(withoutRegulariser(run))].sort()));
  const sweeps = [...Map.groupBy(variants, key).values()].filter((kin) => kin.length > 1);
  const examples = sweeps.flatMap((kin) => kin[0]?.group.runs[0] ?? []).map(withoutRegulariser);
  const labels = groupLabels(classifyGroups(groupRuns(examples)));
  return sweeps.map((kin, index) => ({ label: labels[index] ?? '', variants: kin }));
}

function sweepPoints(sweeps: readonly Sweep[]): SweepPoint[] {
  const cost = (variant: Variant) => mean(variant.group.runs.map((run) => run.result.multiplyAdds));
  const tasksOf = ({ variants }: Sweep) => taskRows(variants).map((row) => row.name);
  return sweeps.flatMap((sweep) => {
    const free = sweep.variants.find((variant) => variant.complexity === 0);
    return tasksOf(sweep).flatMap((task) => {
      const repeated = sweeps.filter((other) => tasksOf(other).includes(task)).length > 1;
      return sweep.variants.flatMap((variant): SweepPoint[] => {
        const spread = spreadOf(accuraciesOf(variant, task));
        if (spread === undefined) return [];
        const deviation = spread.deviation ?? 0;
        return [
          {
            sweep: sweep.label,
            lambda: variant.complexity,
            series: repeated ? `${task} (${sweep.label})` : task,
            runs: spread.count,
            accuracy: spread.mean,
            low: spread.mean - deviation,
            high: spread.mean + deviation,
            deviation: spread.deviation,
            millions: cost(variant) / 1e6,
            relative: free && cost(variant) / cost(free),
          },
        ];
      });
    });
  });
}

/** Figure 4: accuracy against the weight λ of the complexity regulariser (Eq. 6), and what a forward pass then costs. */
export function complexityFigure(variants: readonly RunVariant<FinishedRun>[]): ReportFigure | undefined {
  const learned = variants.filter((variant) => variant.pooling === 'diffstride');
  if (!learned.some((variant) => variant.complexity > 0)) return undefined;
  const points = sweepPoints(findSweeps(learned)).sort((a, b) => a.lambda - b.lambda);
  if (points.length === 0) return undefined;
  const series = [...new Set(points.map((point) => point.series))];
  const sweeps = [...new Set(points.map((point) => point.sweep))];
  const comparable = points.every((point) => point.relative !== undefined);
  const lambdas = [...new Set(points.map((point) => String(point.lambda)))];
  const caption =
    'The paper’s Figure 4: accuracy (mean ± sd over runs) and multiply-adds of a forward pass against the weight λ of the complexity regulariser.';
  // Long names need the page's width: then the panels stand one below the other.
  const stacked = sweeps.length > 1;
  const width = stacked ? 660 : 330;
  const color = {
    field: 'series',
    type: 'nominal' as const,
    title: null,
    sort: series,
    scale: { domain: series, range: series.map((_, index) => seriesColors[index % seriesColors.length] ?? '') },
    legend: { orient: 'top' as const, columns: legendColumns(series, 3, width) },
  };
  const x = {
    field: 'lambda',
    type: 'ordinal' as const,
    title: 'λ',
    sort: lambdas.map(Number),
    axis: { labelAngle: 0, grid: false },
  };
  const frame = { width, height: 200 };
  return {
    id: 'figure-4',
    caption,
    label: `${caption} λ: ${lambdas.join(', ')}; tasks: ${series.join(', ')}. The table below holds the figures.`,
    data: {
      id: 'figure-4-data',
      title: caption,
      columns: [
        { heading: 'task', kind: 'text' },
        { heading: 'λ', kind: 'figure' },
        { heading: 'accuracy %', kind: 'figure' },
        { heading: 'multiply-adds, millions', kind: 'figure' },
        { heading: 'relative to λ = 0', kind: 'figure' },
      ],
      rows: points.map((point) => ({
        cells: [
          point.series,
          String(point.lambda),
          figure({ mean: point.accuracy, deviation: point.deviation, count: point.runs }, 1),
          point.millions.toFixed(1),
          point.relative?.toFixed(2),
        ],
      })),
      notes: [],
    },
    spec: {
      data: { values: points.map((point) => ({ ...point })) },
      columns: stacked ? 1 : 2,
      concat: [
        {
          ...frame,
          layer: [
            {
              mark: { type: 'rule' },
              encoding: {
                x,
                xOffset: { field: 'series', type: 'nominal', sort: series },
                y: { field: 'low', type: 'quantitative' },
                y2: { field: 'high' },
                color,
              },
            },
            {
              mark: { type: 'point', filled: true },
              encoding: {
                x,
                xOffset: { field: 'series', type: 'nominal', sort: series },
                y: {
                  field: 'accuracy',
                  type: 'quantitative',
                  title: 'accuracy in %',
                  scale: { zero: false, nice: true },
                },
                color,
                shape: { field: 'series', type: 'nominal', sort: series, title: null, legend: color.legend },
              },
            },
          ],
        },
        {
          ...frame,
          mark: { type: 'line', point: true, color: seriesColors[7] },
          encoding: {
            x,
            y: {
              field: comparable ? 'relative' : 'millions',
              type: 'quantitative',
              title: comparable ? 'multiply-adds relative to λ = 0' : 'multiply-adds, millions',
              scale: { zero: true },
            },
            strokeDash: {
              field: 'sweep',
              type: 'nominal',
              title: null,
              sort: sweeps,
              scale: {
                domain: sweeps,
                range: sweeps.map((_, index) => [...(seriesDashes[index % seriesDashes.length] ?? [1, 0])]),
              },
              legend: stacked ? { orient: 'top', columns: 1, symbolType: 'stroke' } : null,
            },
          },
        },
      ],
    },
  };
}
