import * as tf from '@tensorflow/tfjs';
import { consumed, operation } from './operation.ts';

const positions = [1, 2];

const forward = operation('SpectrideGlobalMax', ({ x }: { x: tf.Tensor4D }): [tf.Tensor2D] => [tf.max(x, positions)]);

/** Positions that share the maximum share its gradient equally, as in TensorFlow's reduce_max and PyTorch's amax. */
const gradient = operation(
  'SpectrideGlobalMaxGradient',
  ({ dy, x, y }: { dy: tf.Tensor2D; x: tf.Tensor4D; y: tf.Tensor2D }): [tf.Tensor4D] => {
    const perPosition = (pooled: tf.Tensor) => pooled.expandDims(1).expandDims(1); // [batch, 1, 1, channels]
    const highest = tf.cast(tf.equal(x, perPosition(y)), 'float32');
    return [tf.mul(highest, perPosition(tf.div(dy, tf.sum(highest, positions))))];
  },
);

tf.registerGradient({
  kernelName: 'SpectrideGlobalMax',
  inputsToSave: ['x'],
  outputsToSave: [true],
  gradFunc: (upstream, saved) => {
    const [x, y] = saved as [tf.Tensor4D, tf.Tensor2D];
    const dx = () => {
      const [result] = gradient({ dy: upstream as tf.Tensor2D, x, y }, {});
      consumed(x);
      return result;
    };
    return { x: dx };
  },
});

/** The largest value over time and frequency: [batch, time, frequency, channels] → [batch, channels]. */
export function globalMax(x: tf.Tensor4D): tf.Tensor2D {
  return forward({ x }, {})[0];
}
