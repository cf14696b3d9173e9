import * as tf from '@tensorflow/tfjs';
import { consumed, operation } from './operation.ts';
import { asRows, sumOverPositions } from './rows.ts';

type EpsilonOf = { epsilon: number };

const forward = operation(
  'SpectrideReluBatchNorm',
  (
    { x, scale, offset }: { x: tf.Tensor; scale: tf.Tensor1D; offset: tf.Tensor1D },
    { epsilon }: EpsilonOf,
  ): [tf.Tensor, tf.Tensor1D, tf.Tensor1D] => {
    const sum = (rows: tf.Tensor) => sumOverPositions(rows.reshape(x.shape));
    const rectified = tf.relu(asRows(x, scale.size));
    const positions = rectified.shape[0];
    const mean = tf.div(sum(rectified), positions) as tf.Tensor1D;
    const centred = tf.sub(rectified, mean);
    const variance = tf.div(sum(tf.square(centred)), positions) as tf.Tensor1D;
    const normalised = tf.mul(centred, tf.rsqrt(tf.add(variance, epsilon)));
    const y = tf.add(tf.mul(normalised, scale), offset);
    return [y.reshape(x.shape), mean, variance];
  },
);

/** Ioffe and Szegedy 2015, section 3: dr = scale/σ · (dy − mean(dy) − r̂ · mean(dy · r̂)), r̂ being the normalised relu(x). */
const gradient = operation(
  'SpectrideReluBatchNormGradient',
  (
    inputs: { dy: tf.Tensor; x: tf.Tensor; scale: tf.Tensor1D; mean: tf.Tensor1D; variance: tf.Tensor1D },
    { epsilon }: EpsilonOf,
  ): [tf.Tensor, tf.Tensor1D, tf.Tensor1D] => {
    const { scale, mean, variance } = inputs;
    const [x, dy] = [asRows(inputs.x, scale.size), asRows(inputs.dy, scale.size)];
    const positions = x.shape[0];
    const inverseDeviation = tf.rsqrt(tf.add(variance, epsilon));
    const normalised = tf.mul(tf.sub(tf.relu(x), mean), inverseDeviation);
    const dOffset = sumOverPositions(inputs.dy);
    const dScale = sumOverPositions(tf.mul(dy, normalised).reshape(inputs.x.shape));
    const means = tf.add(tf.mul(normalised, tf.div(dScale, positions)), tf.div(dOffset, positions));
    const dRectified = tf.mul(tf.sub(dy, means), tf.mul(scale, inverseDeviation));
    return [tf.mul(dRectified, tf.step(x)).reshape(inputs.x.shape), dScale, dOffset];
  },
);

tf.registerGradient({
  kernelName: 'SpectrideReluBatchNorm',
  inputsToSave: ['x', 'scale'],
  outputsToSave: [false, true, true],
  gradFunc: (upstream, saved, attributes) => {
    const [dy] = upstream as [tf.Tensor, tf.Tensor1D, tf.Tensor1D];
    const [x, scale, mean, variance] = saved as [tf.Tensor, tf.Tensor1D, tf.Tensor1D, tf.Tensor1D];
    const { epsilon } = attributes as unknown as EpsilonOf;
    const [dx, dScale, dOffset] = gradient({ dy, x, scale, mean, variance }, { epsilon });
    consumed(dy, x);
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
