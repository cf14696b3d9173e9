import { accuraciesOf, taskRows } from '../accuracy-cells.ts';
import type { FinishedRun } from '../run-record.ts';
import type { RunVariant } from '../run-variant.ts';
import { mean, spreadOf } from '../spread.ts';
import { figure } from '../table.ts';
import type { ReportFigure } from './figure.ts';
import { seriesColors } from './render-chart.ts';

interface SweepPoint {
  name: string;
  lambda: number;
  task: string;
  runs: number;
  accuracy: number;
  low: number;
  high: number;
  deviation: number | undefined;
  multiplyAdds: number;
  /** Relative to the runs without the regulariser. */
  relative: number;
}

function sweepPoints(variants: readonly RunVariant<FinishedRun>[]): SweepPoint[] {
  const cost = (variant: RunVariant<FinishedRun>) => mean(variant.group.runs.map((run) => run.result.multiplyAdds));
  const names = new Set(variants.map((variant) => variant.group.runs[0]?.pipeline.name));
  return [...names].flatMap((name) => {
    const kin = variants.filter((variant) => variant.group.runs[0]?.pipeline.name === name);
    const free = kin.find((variant) => variant.complexity === 0);
    if (kin.length < 2) return [];
    return taskRows(kin).flatMap((row) =>
      kin.flatMap((variant): SweepPoint[] => {
        const spread = spreadOf(accuraciesOf(variant, row.name));
        if (spread === undefined) return [];
        const deviation = spread.deviation ?? 0;
        return [
          {
            name: name ?? '',
            lambda: variant.complexity,
            task: row.name,
            runs: spread.count,
            accuracy: spread.mean,
            low: spread.mean - deviation,
            high: spread.mean + deviation,
            deviation: spread.deviation,
            multiplyAdds: cost(variant),
            relative: cost(variant) / cost(free ?? variant),
          },
        ];
      }),
    );
  });
}

/** Figure 4: accuracy against the weight λ of the complexity regulariser (Eq. 6), and what a forward pass then costs. */
export function complexityFigure(variants: readonly RunVariant<FinishedRun>[]): ReportFigure | undefined {
  const learned = variants.filter((variant) => variant.pooling === 'diffstride');
  if (!learned.some((variant) => variant.complexity > 0)) return undefined;
  const points = sweepPoints(learned).sort((a, b) => a.lambda - b.lambda);
  if (points.length === 0) return undefined;
  const tasks = [...new Set(points.map((point) => point.task))];
  const lambdas = [...new Set(points.map((point) => String(point.lambda)))];
  const caption =
    'The paper’s Figure 4: accuracy (mean ± sd over runs) and multiply-adds of a forward pass against the weight λ of the complexity regulariser.';
  const color = {
    field: 'task',
    type: 'nominal' as const,
    title: null,
    sort: tasks,
    scale: { domain: tasks, range: tasks.map((_, index) => seriesColors[index % seriesColors.length] ?? '') },
    legend: { orient: 'top' as const },
  };
  const x = {
    field: 'lambda',
    type: 'ordinal' as const,
    title: 'λ',
    sort: lambdas.map(Number),
    axis: { labelAngle: 0, grid: false },
  };
  const frame = { width: 300, height: 200 };
  return {
    id: 'figure-4',
    caption,
    label: `${caption} λ: ${lambdas.join(', ')}; tasks: ${tasks.join(', ')}. The table below holds the figures.`,
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
          point.task,
          String(point.lambda),
          figure({ mean: point.accuracy, deviation: point.deviation, count: point.runs }, 1),
          (point.multiplyAdds / 1e6).toFixed(1),
          point.relative.toFixed(2),
        ],
      })),
      notes: [],
    },
    spec: {
      data: { values: points.map((point) => ({ ...point })) },
      hconcat: [
        {
          ...frame,
          layer: [
            {
              mark: { type: 'rule' },
              encoding: {
                x,
                xOffset: { field: 'task', type: 'nominal', sort: tasks },
                y: { field: 'low', type: 'quantitative' },
                y2: { field: 'high' },
                color,
              },
            },
            {
              mark: { type: 'point', filled: true },
              encoding: {
                x,
                xOffset: { field: 'task', type: 'nominal', sort: tasks },
                y: {
                  field: 'accuracy',
                  type: 'quantitative',
                  title: 'accuracy in %',
                  scale: { zero: false, nice: true },
                },
                color,
                shape: { field: 'task', type: 'nominal', sort: tasks, title: null, legend: { orient: 'top' } },
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
              field: 'relative',
              type: 'quantitative',
              title: 'multiply-adds relative to λ = 0',
              scale: { zero: true },
            },
            detail: { field: 'name', type: 'nominal' },
          },
        },
      ],
    },
  };
}
