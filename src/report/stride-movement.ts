import { initialStrides, strideParameter } from '../models/learned-strides.ts';
import { studentCdf } from './distributions.ts';
import { groupLabels } from './group-labels.ts';
import { inputRates } from './input-rates.ts';
import { readLayers } from './layer-reading.ts';
import { roundHalfUp } from './round.ts';
import type { FinishedRun } from './run-record.ts';
import type { RunVariant } from './run-variant.ts';
import { mean, spreadOf, standardDeviation } from './spread.ts';
import { networkOf } from './stride-study.ts';
import { figure, type Table } from './table.ts';

type Variant = RunVariant<FinishedRun>;

const axes = ['time', 'frequency'] as const;
type AxisName = (typeof axes)[number];

function learnedVariants(variants: readonly Variant[]): { variant: Variant; label: string }[] {
  const labels = groupLabels(variants);
  return variants.flatMap((variant, index) =>
    variant.pooling === 'diffstride' ? [{ variant, label: labels[index] ?? '' }] : [],
  );
}

function finalStrides(variant: Variant, axis: AxisName): number[] {
  return variant.group.runs.flatMap((run) =>
    run.result.axes
      .filter((entry) => entry.block === 1 && entry.axis === axis && entry.learned)
      .map((entry) => entry.stride),
  );
}

/** Where the first layer's stride of an axis starts, before any step. */
function initialStride(run: FinishedRun, axis: AxisName): number | undefined {
  const network = networkOf(run);
  const parameter = strideParameter(network, 1, axis);
  return parameter === undefined ? undefined : initialStrides(network).get(parameter);
}

/** How far the first layer's strides moved from where they started, in units of their spread over seeds. */
export function strideMovementTable(variants: readonly Variant[]): Table | undefined {
  const rows = learnedVariants(variants).flatMap(({ variant, label }) =>
    axes.flatMap((axis) => {
      const [run] = variant.group.runs;
      const start = run && initialStride(run, axis);
      const ends = finalStrides(variant, axis);
      if (start === undefined || ends.length === 0) return [];
      const moved = mean(ends) - start;
      const deviation = standardDeviation(ends);
      return [
        {
          cells: [
            label,
            axis,
            roundHalfUp(start, 3),
            figure(spreadOf(ends), 3),
            `${moved < 0 ? '−' : '+'}${roundHalfUp(Math.abs(moved), 3)}`,
            deviation === undefined || deviation === 0 ? undefined : roundHalfUp(Math.abs(moved) / deviation, 1),
          ],
        },
      ];
    }),
  );
  if (rows.length === 0) return undefined;
  return {
    id: 'stride-movement',
    title: 'How far the first layer’s strides moved',
    columns: [
      { heading: 'run', kind: 'text' },
      { heading: 'axis', kind: 'text' },
      { heading: 'started at', kind: 'figure' },
      { heading: 'ended at', kind: 'figure' },
      { heading: 'moved by', kind: 'figure' },
      { heading: 'in sd of the seeds', kind: 'figure' },
    ],
    rows,
    notes: [],
  };
}

/** Welch's two-sided p that two samples have one mean; undefined where a sample is of one run. */
function welch(first: readonly number[], second: readonly number[]): number | undefined {
  const [a, b] = [standardDeviation(first), standardDeviation(second)];
  if (a === undefined || b === undefined) return undefined;
  const [u, v] = [a ** 2 / first.length, b ** 2 / second.length];
  const difference = Math.abs(mean(first) - mean(second));
  if (u + v === 0) return difference === 0 ? 1 : 0;
  const freedom = (u + v) ** 2 / (u ** 2 / (first.length - 1) + v ** 2 / (second.length - 1));
  return 2 * studentCdf(-difference / Math.sqrt(u + v), freedom);
}

/** Continuous cut-offs of the first layer, run by run: unlike the paper's counts of bins they show small differences. */
function cutoffs(variant: Variant, axis: AxisName): number[] {
  return variant.group.runs.flatMap((run) =>
    readLayers(run.result.axes, run.pipeline.model.smoothness, inputRates(run))
      .filter((reading) => reading.layer === 1 && reading.axis === axis)
      .map((reading) => reading.continuous)
      .filter((value) => value !== undefined),
  );
}

/** Whether first-layer cut-offs differ between single tasks by more than the seeds do. Undefined for fewer than two tasks. */
export function cutoffContrastTable(variants: readonly Variant[]): Table | undefined {
  const single = learnedVariants(variants).filter(
    ({ variant }) => variant.setting === 'single-task' && variant.complexity === 0 && !variant.shared,
  );
  const rows = single.flatMap((first, index) =>
    single.slice(index + 1).flatMap((second) =>
      axes.flatMap((axis) => {
        const [a, b] = [cutoffs(first.variant, axis), cutoffs(second.variant, axis)];
        const p = welch(a, b);
        if (p === undefined) return [];
        const pooled = Math.sqrt(((standardDeviation(a) ?? 0) ** 2 + (standardDeviation(b) ?? 0) ** 2) / 2);
        const difference = mean(a) - mean(b);
        const decimals = axis === 'time' ? 2 : 4;
        return [
          {
            cells: [
              `${first.label} − ${second.label}`,
              axis === 'time' ? 'time, Hz' : 'frequency, cycles/mel',
              figure(spreadOf(a), decimals),
              figure(spreadOf(b), decimals),
              `${difference < 0 ? '−' : '+'}${roundHalfUp(Math.abs(difference), decimals)}`,
              pooled === 0 ? undefined : roundHalfUp(Math.abs(difference) / pooled, 1),
              p < 0.001 ? '< 0.001' : roundHalfUp(p, 3),
              p < 0.05 ? 'they differ' : 'within noise',
            ],
          },
        ];
      }),
    ),
  );
  if (rows.length === 0) return undefined;
  return {
    id: 'cut-off-differences',
    title: 'Whether first-layer cut-offs differ between tasks',
    columns: [
      { heading: 'tasks', kind: 'text' },
      { heading: 'axis', kind: 'text' },
      { heading: 'first', kind: 'figure' },
      { heading: 'second', kind: 'figure' },
      { heading: 'difference', kind: 'figure' },
      { heading: 'in sd', kind: 'figure' },
      { heading: 'p', kind: 'figure' },
      { heading: 'verdict', kind: 'text' },
    ],
    rows,
    notes: [
      'Continuous cut-offs f/(2S) over seeds. sd: pooled over the two tasks’ seeds. p: Welch’s test, without correction for the number of comparisons.',
    ],
  };
}
