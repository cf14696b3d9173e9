/**
 * How long an axis is after a pool, in plain numbers: shared by the layers, which need N' on the host, and by descriptions
 * and cut-off tables, which need no tensors.
 */

/** What an axis is: the paper's mask over frequency (Eq. 4) reaches one bin further than the one over time (Eq. 3). */
export type AxisRole = 'time' | 'frequency';

/** R, the width of the mask's ramp: in frequency bins, or as a share of the axis's own length. */
export type Smoothness = number | { relative: number };

/** R in bins on an axis of `length`: as given, or max(1, share · N). */
export function rampWidth(smoothness: Smoothness, length: number): number {
  return typeof smoothness === 'number' ? smoothness : Math.max(1, smoothness.relative * length);
}

/** Eq. 4's extra bin: on frequency axes, unless the ramp is relative (then Eq. 3 holds on both axes). */
export function extraBin(role: AxisRole, smoothness: Smoothness): 0 | 1 {
  return role === 'frequency' && typeof smoothness === 'number' ? 1 : 0;
}

/** Algorithm 1: N' = min(N, ⌊N/S + 2R⌋) in double precision from the float32 value of S, which counts as 1 to N. */
export function diffStrideLength(length: number, stride: number, ramp: number): number {
  const used = Math.min(Math.max(Math.fround(stride), 1), length);
  return Math.min(length, Math.floor(length / used + 2 * ramp));
}

/** Spectral pooling at a fixed stride: N' = ⌊N/S⌋, at least 1. */
export function spectralLength(length: number, stride: number): number {
  return Math.max(1, Math.floor(length / stride));
}

/** A strided convolution with SAME padding: ⌈N/s⌉. */
export function stridedLength(length: number, stride: number): number {
  return Math.ceil(length / stride);
}

/**
 * The smallest stride at which a bin lies on the ramp, N/(N − R): from 1 to there the mask is 1 everywhere and the stride has
 * no gradient. Infinite or negative where N ≤ R.
 */
export function smallestLearnableStride(length: number, ramp: number): number {
  return length / (length - ramp);
}
