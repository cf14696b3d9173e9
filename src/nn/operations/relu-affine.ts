import * as tf from '@tensorflow/tfjs';
import { operation, reluAffineOf } from './operation.ts';

const forward = operation(
  'SpectrideReluAffine',
  ({ x, scale, offset }: { x: tf.Tensor; scale: tf.Tensor1D; offset: tf.Tensor1D }): [tf.Tensor] => [
    reluAffineOf(x, scale, offset),
  ],
);

tf.registerGradient({
  kernelName: 'SpectrideReluAffine',
  inputsToSave: ['x', 'scale'],
  gradFunc: (upstream, saved) => {
    const dy = upstream as tf.Tensor;
    const [x, scale] = saved as [tf.Tensor, tf.Tensor1D];
    const allButLast = x.shape.slice(0, -1).map((_, axis) => axis);
    return {
      x: () => tf.mul(tf.mul(dy, scale), tf.step(x)),
      scale: () => tf.sum(tf.mul(dy, tf.relu(x)), allButLast),
      offset: () => tf.sum(dy, allButLast),
    };
  },
});

/** relu(x) · scale + offset over the last axis: batch normalisation at inference, its statistics folded into both. */
export function reluAffine<T extends tf.Tensor>(x: T, scale: tf.Tensor1D, offset: tf.Tensor1D): T {
  return forward({ x, scale, offset }, {})[0] as T;
}
