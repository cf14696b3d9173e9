import type { Smoothness } from '../nn/pooled-length.ts';
import type { AxisResult } from '../train/results.ts';
import { bandEnd, cutoff } from './cutoff.ts';

/** Frames that Table 2 counts on the first layer's time axis (inferred from its figures; the layer itself sees 98). */
export const paperTimeBins = 160;

/** Sampling rates of a model's input: frames/s along time, bins per mel bin along frequency. */
export interface InputRates {
  time: number;
  frequency: number;
}

/** The paper's input: a 10 ms hop, and mel bins counted one by one. */
export const paperRates: InputRates = { time: 100, frequency: 1 };

/** One axis of one layer, read as frequencies in the unit of its input rate (Hz, cycles per mel bin). */
export interface LayerReading {
  layer: number;
  axis: 'time' | 'frequency';
  /** False where the block has no pool: it keeps what it gets, and has no cut-off. */
  pooled: boolean;
  learned: boolean;
  stride: number;
  /** N/N', the factor by which the map really shrinks. */
  effectiveStride: number;
  inputLength: number;
  outputLength: number;
  /** f_l: rate at which the layer's input is sampled. */
  rate: number;
  /** ⌊N_l/(2S_l)⌋ · f_l/N_l, with N = 160 on the first layer's time axis; undefined without a pool. */
  paper: number | undefined;
  /** f_l/(2S_l); undefined without a pool. */
  continuous: number | undefined;
  /** The frequency from which the mask is zero, at most half the rate; undefined without a pool. */
  bandEnd: number | undefined;
}

function readAxis(axis: AxisResult, rate: number, smoothness: Smoothness): LayerReading {
  const reading = {
    layer: axis.block,
    axis: axis.axis,
    pooled: axis.pooled,
    learned: axis.learned,
    stride: axis.stride,
    effectiveStride: axis.inputLength / axis.outputLength,
    inputLength: axis.inputLength,
    outputLength: axis.outputLength,
    rate,
  };
  if (!axis.pooled) return { ...reading, paper: undefined, continuous: undefined, bandEnd: undefined };
  const countedBins = axis.block === 1 && axis.axis === 'time' ? paperTimeBins : axis.inputLength;
  return {
    ...reading,
    paper: cutoff(axis.stride, { bins: countedBins, rate, convention: 'paper' }),
    continuous: cutoff(axis.stride, { rate, convention: 'continuous' }),
    bandEnd: bandEnd(axis.stride, {
      bins: axis.inputLength,
      rate,
      role: axis.axis,
      ...(axis.smoothness === undefined ? {} : { smoothness }),
    }),
  };
}

/**
 * Every axis of every layer as frequencies. Layer l sees the rate f_l = f_{l−1} · N'_{l−1}/N_{l−1}: its input has been
 * resampled by the layers before it. `axes` is what a run's result holds, in any order; `smoothness` is its model's R.
 */
export function readLayers(
  axes: readonly AxisResult[],
  smoothness: Smoothness,
  rates: InputRates = paperRates,
): LayerReading[] {
  const readings: LayerReading[] = [];
  for (const name of ['time', 'frequency'] as const) {
    let rate = rates[name];
    for (const axis of axes.filter((entry) => entry.axis === name).sort((a, b) => a.block - b.block)) {
      readings.push(readAxis(axis, rate, smoothness));
      rate *= axis.outputLength / axis.inputLength;
    }
  }
  return readings.sort((a, b) => a.layer - b.layer || (a.axis === b.axis ? 0 : a.axis === 'time' ? -1 : 1));
}
