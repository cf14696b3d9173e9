import * as tf from '@tensorflow/tfjs';
import { operation } from './operation.ts';

type EpsilonOf = { epsilon: number };

function allButLast(x: tf.Tensor): number[] {
  return x.shape.slice(0, -1).map((_, axis) => axis);
}

const forward = operation(
  'SpectrideReluBatchNorm',
  (
    { x, scale, offset }: { x: tf.Tensor; scale: tf.Tensor1D; offset: tf.Tensor1D },
    { epsilon }: EpsilonOf,
  ): [tf.Tensor, tf.Tensor1D, tf.Tensor1D] => {
    const rectified = tf.relu(x);
    const { mean, variance } = tf.moments(rectified, allButLast(x));
    const gain = tf.mul(scale, tf.rsqrt(tf.add(variance, epsilon)));
    const y = tf.add(tf.mul(tf.sub(rectified, mean), gain), offset);
    return [y, mean as tf.Tensor1D, variance as tf.Tensor1D];
  },
);

/** Ioffe and Szegedy 2015, section 3: dr = scale/σ · (dy − mean(dy) − r̂ · mean(dy · r̂)), r̂ being the normalised relu(x). */
const gradient = operation(
  'SpectrideReluBatchNormGradient',
  (
    inputs: { dy: tf.Tensor; x: tf.Tensor; scale: tf.Tensor1D; mean: tf.Tensor1D; variance: tf.Tensor1D },
    { epsilon }: EpsilonOf,
  ): [tf.Tensor, tf.Tensor1D, tf.Tensor1D] => {
    const { dy, x, scale, mean, variance } = inputs;
    const axes = allButLast(x);
    const inverseDeviation = tf.rsqrt(tf.add(variance, epsilon));
    const normalised = tf.mul(tf.sub(tf.relu(x), mean), inverseDeviation);
    const dOffset = tf.sum(dy, axes) as tf.Tensor1D;
    const dScale = tf.sum(tf.mul(dy, normalised), axes) as tf.Tensor1D;
    const positions = x.size / scale.size;
    const means = tf.add(tf.div(dOffset, positions), tf.mul(normalised, tf.div(dScale, positions)));
    const dRectified = tf.mul(tf.sub(dy, means), tf.mul(scale, inverseDeviation));
    return [tf.mul(dRectified, tf.step(x)), dScale, dOffset];
  },
);

tf.registerGradient({
  kernelName: 'SpectrideReluBatchNorm',
  inputsToSave: ['x', 'scale'],
  outputsToSave: [false, true, true],
  gradFunc: (upstream, saved, attributes) => {
    const [dy] = upstream as tf.Tensor[];
    const [x, scale, mean, variance] = saved as [tf.Tensor, tf.Tensor1D, tf.Tensor1D, tf.Tensor1D];
    const { epsilon } = attributes as unknown as EpsilonOf;
    const [dx, dScale, dOffset] = gradient({ dy: dy as tf.Tensor, x, scale, mean, variance }, { epsilon });
    return { x: () => dx, scale: () => dScale, offset: () => dOffset };
  },
});

/**
 * Batch normalisation of relu(x) by the batch's own statistics, over all axes but the last; the gradient of relu at 0 is 0.
 * Gradients flow through y only: `mean` and `variance` are for moving averages.
 *
 * @param x [..., channels]
 * @param scale [channels] (gamma), `offset` [channels] (beta)
 * @param epsilon added to the variance
 * @returns y like x; mean and biased variance of relu(x), each [channels]
 */
export function reluBatchNorm<T extends tf.Tensor>(
  x: T,
  scale: tf.Tensor1D,
  offset: tf.Tensor1D,
  epsilon: number,
): { y: T; mean: tf.Tensor1D; variance: tf.Tensor1D } {
  const [y, mean, variance] = forward({ x, scale, offset }, { epsilon });
  return { y: y as T, mean, variance };
}
