import { type AudioCnnOptions, type ResolvedAudioCnn, resolveAudioCnn } from '../models/audio-cnn-options.ts';
import { describeAudioCnn, type ModelDescription } from '../models/description.ts';
import { type StrideValues, strideParameter } from '../models/learned-strides.ts';
import { inputRates } from './input-rates.ts';
import { type LayerReading, readLayers } from './layer-reading.ts';
import { roundHalfUp } from './round.ts';
import type { FinishedRun } from './run-record.ts';
import { figure, type Table } from './table.ts';

/** One axis of one layer: what was learned, what it costs, and what the nearest integer stride would. */
export interface AxisStudy extends LayerReading {
  /** Multiply-adds of the axis's convolution and of its pool for one example. */
  convolution: number;
  pool: number;
  /** Of the model's multiply-adds, both together. */
  share: number;
  /** The stride rounded to the nearest integer; 1 without a pool. */
  integerStride: number;
  /** Multiply-adds of convolution and pool with all strides rounded: this pooling's, and strided convolution's. */
  integerPooled: number;
  integerStrided: number;
}

export interface StrideStudy {
  axes: AxisStudy[];
  /** Multiply-adds of one example's forward pass. */
  total: number;
  /** With all strides rounded to integers: the same pooling, and strided convolution. */
  integerPooledTotal: number;
  integerStridedTotal: number;
}

/** The shape of a run's network, from its pipeline, its labels, and what its result says of the input. */
export function networkOf(run: FinishedRun): ResolvedAudioCnn {
  const { model, seed } = run.pipeline;
  const { axes } = run.result;
  const length = (axis: 'time' | 'frequency') =>
    axes.find((entry) => entry.block === 1 && entry.axis === axis)?.inputLength;
  const options: AudioCnnOptions = {
    ...model,
    frames: length('time'),
    bins: length('frequency'),
    heads: Object.fromEntries(Object.entries(run.labels).map(([task, { classes }]) => [task, classes.length])),
    seed,
  };
  return resolveAudioCnn(options);
}

/** Final strides of a run by the name of the parameter that holds them. */
function learnedStrides(run: FinishedRun, network: ResolvedAudioCnn): Map<string, number> {
  const strides = new Map<string, number>();
  for (const axis of run.result.axes) {
    const parameter = strideParameter(network, axis.block, axis.axis);
    if (parameter !== undefined) strides.set(parameter, axis.stride);
  }
  return strides;
}

function roundedStrides(run: FinishedRun, blocks: number): [number, number][] {
  const rounded = (block: number, axis: 'time' | 'frequency') => {
    const entry = run.result.axes.find((candidate) => candidate.block === block && candidate.axis === axis);
    return entry?.pooled ? Math.max(1, Math.round(entry.stride)) : 1;
  };
  return Array.from({ length: blocks }, (_, index) => [rounded(index + 1, 'time'), rounded(index + 1, 'frequency')]);
}

function costOf(description: ModelDescription, layer: number, axis: 'time' | 'frequency') {
  const block = description.blocks[layer - 1];
  const convolution = (axis === 'time' ? block?.timeConvolution : block?.frequencyConvolution) ?? 0;
  return { convolution, pool: block?.[axis].multiplyAdds ?? 0 };
}

/** What a run learned and what it costs, layer by layer, for one example of the configured input. */
export function studyStrides(run: FinishedRun): StrideStudy {
  const network = networkOf(run);
  const strides = learnedStrides(run, network);
  const own = describeAudioCnn(network, strides);
  const integers = roundedStrides(run, network.channels.length);
  const roundedParameters: StrideValues = new Map(
    [...strides].map(([name, stride]) => [name, Math.max(1, Math.round(stride))]),
  );
  const pooled = describeAudioCnn(strides.size > 0 ? network : { ...network, strides: integers }, roundedParameters);
  const strided = describeAudioCnn({ ...network, pooling: 'strided', placement: 'axis', strides: integers }, new Map());
  const axes = readLayers(run.result.axes, run.pipeline.model.smoothness, inputRates(run)).map((reading): AxisStudy => {
    const cost = costOf(own, reading.layer, reading.axis);
    const both = (description: ModelDescription) => {
      const { convolution, pool } = costOf(description, reading.layer, reading.axis);
      return convolution + pool;
    };
    return {
      ...reading,
      ...cost,
      share: (cost.convolution + cost.pool) / own.multiplyAdds.total,
      integerStride: integers[reading.layer - 1]?.[reading.axis === 'time' ? 0 : 1] ?? 1,
      integerPooled: both(pooled),
      integerStrided: both(strided),
    };
  });
  return {
    axes,
    total: own.multiplyAdds.total,
    integerPooledTotal: pooled.multiplyAdds.total,
    integerStridedTotal: strided.multiplyAdds.total,
  };
}

const millions = (count: number) => roundHalfUp(count / 1e6, 1);
const single = (value: number | undefined, decimals: number) =>
  value === undefined ? undefined : figure({ mean: value, deviation: undefined, count: 1 }, decimals);

/** The study as a table: a row an axis, layers as sections. */
export function strideStudyTable(study: StrideStudy, name: string): Table {
  const relative = (total: number) => `${millions(total)} million (${roundHalfUp(total / study.total, 2)} ×)`;
  return {
    id: 'strides',
    title: `Strides of ${name}`,
    columns: [
      { heading: 'layer', kind: 'text' },
      { heading: 'axis', kind: 'text' },
      { heading: 'stride', kind: 'figure' },
      { heading: "N/N'", kind: 'figure' },
      { heading: "N → N'", kind: 'figure' },
      { heading: 'cut-off, paper', kind: 'figure' },
      { heading: 'cut-off, continuous', kind: 'figure' },
      { heading: 'M multiply-adds', kind: 'figure' },
      { heading: 'share', kind: 'figure' },
      { heading: 'nearest integer', kind: 'figure' },
      { heading: 'M, same pooling', kind: 'figure' },
      { heading: 'M, strided', kind: 'figure' },
    ],
    rows: study.axes.map((axis) => {
      const decimals = axis.axis === 'time' ? 2 : 4;
      const unit = axis.axis === 'time' ? 'Hz' : 'c/mel';
      return {
        cells: [
          String(axis.layer),
          axis.axis,
          axis.pooled ? single(axis.stride, 3) : undefined,
          single(axis.effectiveStride, 2),
          `${axis.inputLength} → ${axis.outputLength}`,
          axis.paper === undefined ? undefined : `${roundHalfUp(axis.paper, decimals)} ${unit}`,
          axis.continuous === undefined ? undefined : `${roundHalfUp(axis.continuous, decimals)} ${unit}`,
          millions(axis.convolution + axis.pool),
          `${roundHalfUp(100 * axis.share, 1)} %`,
          axis.pooled ? String(axis.integerStride) : undefined,
          millions(axis.integerPooled),
          millions(axis.integerStrided),
        ],
      };
    }),
    notes: [
      `Multiply-adds of one example’s forward pass: ${millions(study.total)} million.`,
      `With every stride rounded to the nearest integer: ${relative(study.integerPooledTotal)} by the same pooling, ${relative(study.integerStridedTotal)} by strided convolution.`,
      'An axis’s multiply-adds are those of its convolution and of its pool; the heads’ are in the total only.',
    ],
  };
}
