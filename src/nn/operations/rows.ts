import * as tf from '@tensorflow/tfjs';

/** x as [positions, channels], on which tfjs's reductions and broadcasts are much faster than on four axes. */
export function asRows(x: tf.Tensor, channels: number): tf.Tensor2D {
  return x.reshape([-1, channels]);
}

/** Sum over rows, [rows, columns] → [columns], as a matrix product: tfjs would transpose first. */
export function sumOfRows(rows: tf.Tensor2D): tf.Tensor1D {
  return tf.matMul(tf.ones([1, rows.shape[0]]), rows).reshape([-1]);
}
