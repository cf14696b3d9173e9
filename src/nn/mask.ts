import * as tf from '@tensorflow/tfjs';

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
