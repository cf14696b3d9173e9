import * as tf from '@tensorflow/tfjs';
import { type Affine, convolution } from './operations/index.ts';

/** A pool along one axis: linear, the same for every channel; `affine` as in `convolution()`. */
export type Pool = (map: tf.Tensor4D, affine: Affine | undefined) => tf.Tensor4D;

/**
 * A filter that hands on what every tap sees, one output a tap and input channel, and last an output that its bias makes 1
 * everywhere: [time taps, frequency taps, inputs, taps · inputs + 1].
 */
function tapFilter([timeTaps, frequencyTaps, inputs]: number[]): { filter: tf.Tensor4D; bias: tf.Tensor1D } {
  const rows = (timeTaps as number) * (frequencyTaps as number) * (inputs as number);
  const identity = tf.pad(tf.eye(rows), [
    [0, 0],
    [0, 1],
  ]);
  return {
    filter: identity.reshape([timeTaps as number, frequencyTaps as number, inputs as number, rows + 1]),
    bias: tf.oneHot(tf.scalar(rows, 'int32'), rows + 1).toFloat() as tf.Tensor1D,
  };
}

/**
 * A convolution of stride 1 with SAME padding, and the pools that follow it. Pools are linear and blind to channels, so where
 * the filter has fewer taps and inputs than outputs (the network's first layer: 3 against 64) they come first, on what the taps see and, for the
 * bias, on ones; the products with the filter then follow on the smaller map. The same map but for rounding.
 *
 * @param x [batch, time, frequency, inputs]
 * @param filter [time taps, frequency taps, inputs, outputs]
 * @param bias [outputs]
 * @param pools one after the other; without any it is the convolution
 * @param affine inference only, without a gradient: returns relu(y) · scale + offset
 */
export function pooledConvolution(
  x: tf.Tensor4D,
  filter: tf.Tensor4D,
  bias: tf.Tensor1D,
  pools: readonly Pool[],
  affine?: Affine,
): tf.Tensor4D {
  const outputs = filter.shape[3];
  const rows = filter.size / outputs;
  const last = pools.length - 1;
  if (last < 0) return convolution(x, filter, bias, [1, 1], affine);
  if (rows >= outputs) {
    const map = convolution(x, filter, bias);
    return pools.reduce((y, pool, i) => pool(y, i === last ? affine : undefined), map);
  }
  const taps = tapFilter(filter.shape);
  const seen = convolution(x, taps.filter, taps.bias);
  const pooled = pools.reduce((y, pool) => pool(y, undefined), seen);
  const mixing = tf.concat([filter.reshape([rows, outputs]), bias.expandDims(0)]);
  return convolution(pooled, mixing.reshape([1, 1, rows + 1, outputs]), tf.zeros([outputs]), [1, 1], affine);
}
