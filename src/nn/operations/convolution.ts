import * as tf from '@tensorflow/tfjs';
import { type Affine, operation, reluAffineOf } from './operation.ts';

type StridesOf = { strides: [number, number] };

const forward = operation(
  'SpectrideConvolution',
  (
    inputs: { x: tf.Tensor4D; filter: tf.Tensor4D; bias: tf.Tensor1D; scale?: tf.Tensor1D; offset?: tf.Tensor1D },
    { strides }: StridesOf,
  ): [tf.Tensor4D] => {
    const y = tf.add(tf.conv2d(inputs.x, inputs.filter, strides, 'same'), inputs.bias);
    return [reluAffineOf(y, inputs.scale, inputs.offset) as tf.Tensor4D];
  },
);

const inputGradient = operation(
  'SpectrideConvolutionInputGradient',
  (
    { dy, filter }: { dy: tf.Tensor4D; filter: tf.Tensor4D },
    { strides, inputShape }: StridesOf & { inputShape: number[] },
  ): [tf.Tensor4D] => [tf.conv2dTranspose(dy, filter, inputShape as [number, number, number, number], strides, 'same')],
);

/** Cells that TensorFlow's SAME adds before and after an axis: the odd one goes after. */
function samePadding(length: number, taps: number, stride: number): [number, number] {
  const total = Math.max((Math.ceil(length / stride) - 1) * stride + taps - length, 0);
  return [Math.floor(total / 2), Math.ceil(total / 2)];
}

/** dFilter[a, b] = Σ over positions of x (shifted by the tap) outer dy: one matrix product a tap, which every backend has. */
const filterGradient = operation(
  'SpectrideConvolutionFilterGradient',
  (
    { x, dy }: { x: tf.Tensor4D; dy: tf.Tensor4D },
    { strides, filterShape }: StridesOf & { filterShape: number[] },
  ): [tf.Tensor4D, tf.Tensor1D] => {
    const [batch, time, frequency, inputs] = x.shape;
    const [, outTime, outFrequency, outputs] = dy.shape;
    const [timeTaps = 1, frequencyTaps = 1] = filterShape;
    const [timeStride, frequencyStride] = strides;
    const padded = tf.pad(x, [
      [0, 0],
      samePadding(time, timeTaps, timeStride),
      samePadding(frequency, frequencyTaps, frequencyStride),
      [0, 0],
    ]);
    const gradient = dy.reshape([-1, outputs]); // [positions, outputs]
    const taps: tf.Tensor[] = [];
    for (let a = 0; a < timeTaps; a++) {
      for (let b = 0; b < frequencyTaps; b++) {
        const end = [batch, a + (outTime - 1) * timeStride + 1, b + (outFrequency - 1) * frequencyStride + 1, inputs];
        const shifted = tf.stridedSlice(padded, [0, a, b, 0], end, [1, timeStride, frequencyStride, 1]);
        taps.push(tf.matMul(shifted.reshape([-1, inputs]), gradient, true, false));
      }
    }
    return [tf.stack(taps).reshape([timeTaps, frequencyTaps, inputs, outputs]), tf.sum(gradient, 0)];
  },
);

tf.registerGradient({
  kernelName: 'SpectrideConvolution',
  inputsToSave: ['x', 'filter'],
  gradFunc: (upstream, saved, attributes) => {
    const dy = upstream as tf.Tensor4D;
    const [x, filter] = saved as [tf.Tensor4D, tf.Tensor4D];
    const { strides } = attributes as unknown as StridesOf;
    const [dFilter, dBias] = filterGradient({ x, dy }, { strides, filterShape: filter.shape });
    return {
      x: () => inputGradient({ dy, filter }, { strides, inputShape: x.shape })[0],
      filter: () => dFilter,
      bias: () => dBias,
    };
  },
});

/**
 * Two-dimensional cross-correlation with TensorFlow's SAME padding, plus bias.
 *
 * @param x [batch, time, frequency, inputs]
 * @param filter [time taps, frequency taps, inputs, outputs]
 * @param bias [outputs]
 * @param strides steps along time and frequency, whole numbers
 * @param affine inference only, without a gradient: returns relu(y) · scale + offset
 * @returns [batch, ⌈time / stride⌉, ⌈frequency / stride⌉, outputs]
 */
export function convolution(
  x: tf.Tensor4D,
  filter: tf.Tensor4D,
  bias: tf.Tensor1D,
  strides: [number, number] = [1, 1],
  affine?: Affine,
): tf.Tensor4D {
  return forward({ x, filter, bias, ...affine }, { strides })[0];
}
