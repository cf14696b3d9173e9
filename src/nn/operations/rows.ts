import * as tf from '@tensorflow/tfjs';

/** x as [positions, channels], on which tfjs's broadcasts are much faster than on four axes. */
export function asRows(x: tf.Tensor, channels: number): tf.Tensor2D {
  return x.reshape([-1, channels]);
}

/**
 * Sum over all axes but the last, [..., channels] → [channels], as matrix products (tfjs's reductions would transpose first).
 * One axis after the other: sums of a hundred float32 terms keep digits that one sum of a hundred thousand loses.
 */
export function sumOverPositions(x: tf.Tensor): tf.Tensor1D {
  let sum = x;
  while (sum.rank > 1) {
    const before = sum.shape.slice(0, -2);
    const [length, channels] = sum.shape.slice(-2) as [number, number];
    const ones = tf.ones([1, 1, length]);
    sum = tf.matMul(ones, sum.reshape([-1, length, channels])).reshape([...before, channels]);
  }
  return sum as tf.Tensor1D;
}
