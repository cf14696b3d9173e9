import * as tf from '@tensorflow/tfjs';
import type { Stride } from './stride-value.ts';

/**
 * The complexity regulariser of Eq. 6, J = Σ_l Π_{i≤l} 1/(S_i,time · S_i,frequency): the share of the input's positions that
 * each block's output keeps, summed over the blocks. Differentiable in every stride that is a tensor; λ is the caller's.
 *
 * @param strides (time, frequency) of each block in order; 1 where a block has no pool, a shared stride on both axes
 */
export function complexity(strides: readonly (readonly [Stride, Stride])[]): tf.Scalar {
  return tf.tidy(() => {
    let kept: tf.Tensor = tf.scalar(1);
    let total: tf.Tensor = tf.scalar(0);
    for (const [time, frequency] of strides) {
      kept = tf.div(kept, tf.mul(time, frequency));
      total = tf.add(total, kept);
    }
    return total as tf.Scalar;
  });
}
