import * as tf from '@tensorflow/tfjs';
import type { BinRange } from './fourier-matrices.ts';
import type { Stride } from './stride-value.ts';

/**
 * The mask of Eq. 3 at each position: clip((R + threshold − position) / R, 0, 1), threshold being N/(2S) on a time axis and
 * N/(2S) + 1 on a frequency axis. Differentiable in `threshold`; the gradient is 1/R wherever the unclipped value lies
 * in [0, 1], both ends included (so not built from relu).
 *
 * @param threshold scalar, in bins
 * @param ramp R > 0, in bins
 * @param positions [K], distances from zero frequency in bins
 */
export function rampMask(threshold: tf.Tensor, ramp: number, positions: readonly number[]): tf.Tensor1D {
  const distances = tf.sub(tf.add(threshold, ramp), tf.tensor1d([...positions]));
  return tf.clipByValue(tf.div(distances, ramp), 0, 1) as tf.Tensor1D;
}

/** The mask of an axis at one stride, on the host. */
export interface StrideMask {
  /** Samples N of the axis. */
  length: number;
  /** The stride's value, and the limits between which it has a gradient. */
  stride: number;
  lowest: number;
  highest: number;
  /** R > 0, in bins. */
  ramp: number;
  /** Bins by which the ramp starts later than N/(2S): 1 on a frequency axis of fixed R. */
  extra: number;
}

function usedStride({ stride, lowest, highest }: StrideMask): number {
  return Math.min(Math.max(stride, lowest), highest);
}

/** First bin of the ramp, not rounded: N/(2S), and one more on a frequency axis. */
export function rampStart(mask: StrideMask): number {
  return mask.length / (2 * usedStride(mask)) + mask.extra;
}

/** (R + threshold − m) / R of Eq. 3 before clipping. */
function unclipped(mask: StrideMask, bin: number): number {
  return (mask.ramp + rampStart(mask) - bin) / mask.ramp;
}

/** The mask of Eq. 3 at the bins `first`..`last`. */
export function strideMaskValues(mask: StrideMask, { first, last }: BinRange): Float32Array {
  return Float32Array.from({ length: last - first + 1 }, (_, i) =>
    Math.min(1, Math.max(0, unclipped(mask, first + i))),
  );
}

/**
 * The same as a tensor, differentiable in `stride`: as `rampMask`, in two operations, the stride being known on the host.
 *
 * @param stride the scalar whose value is `mask.stride`, or that number
 * @returns [last − first + 1]
 */
export function strideMask(stride: Stride, mask: StrideMask, bins: BinRange): tf.Tensor1D {
  const values = strideMaskValues(mask, bins);
  if (typeof stride === 'number') return tf.tensor1d(values);
  const used = usedStride(mask);
  const slope = mask.stride === used ? -mask.length / (2 * used ** 2 * mask.ramp) : 0;
  const slopes = values.map((_, i) => {
    const value = unclipped(mask, bins.first + i);
    return value >= 0 && value <= 1 ? slope : 0;
  });
  const compute = tf.customGrad(() => ({
    value: tf.tensor1d(values),
    gradFunc: (dy: tf.Tensor) => tf.sum(tf.mul(dy, tf.tensor1d(slopes))),
  }));
  return compute(stride) as tf.Tensor1D;
}
