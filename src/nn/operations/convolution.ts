import * as tf from '@tensorflow/tfjs';
import { axisProduct } from './axis-product.ts';
import { type Affine, consumed, operation, reluAffineOf } from './operation.ts';
import { asRows, sumOverPositions } from './rows.ts';

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

/**
 * What one tap of a SAME convolution sees along an axis, as a 0/1 matrix [⌈length / stride⌉, length]: output j meets input
 * j · stride + tap − before, a row of zeros where that is padding, of which the odd cell goes after the axis.
 */
function tapSelection(length: number, taps: number, stride: number, tap: number): tf.Tensor2D {
  const outputs = Math.ceil(length / stride);
  const before = Math.floor(Math.max((outputs - 1) * stride + taps - length, 0) / 2);
  const selection = new Float32Array(outputs * length);
  for (let j = 0; j < outputs; j++) {
    const i = j * stride + tap - before;
    if (i >= 0 && i < length) selection[j * length + i] = 1;
  }
  return tf.tensor2d(selection, [outputs, length]);
}

/** dFilter[a, b] = Σ over positions of (x as tap (a, b) sees it) outer dy: matrix products, which every backend does well. */
const filterGradient = operation(
  'SpectrideConvolutionFilterGradient',
  (
    { x, dy }: { x: tf.Tensor4D; dy: tf.Tensor4D },
    { strides, filterShape }: StridesOf & { filterShape: number[] },
  ): [tf.Tensor4D, tf.Tensor1D] => {
    const [inputs, outputs] = [x.shape[3], dy.shape[3]];
    const seenByTap = (map: tf.Tensor, axis: 1 | 2, tap: number) => {
      const [length, taps, stride] = [map.shape[axis] as number, filterShape[axis - 1] as number, strides[axis - 1]];
      if (taps === 1 && stride === 1) return map;
      return axisProduct(map, tapSelection(length, taps, stride as number, tap), axis);
    };
    const gradient = asRows(dy, outputs);
    const taps: tf.Tensor[] = [];
    for (let a = 0; a < (filterShape[0] as number); a++) {
      const rows = seenByTap(x, 1, a);
      for (let b = 0; b < (filterShape[1] as number); b++) {
        taps.push(tf.matMul(asRows(seenByTap(rows, 2, b), inputs), gradient, true, false));
      }
    }
    return [tf.stack(taps).reshape(filterShape) as tf.Tensor4D, sumOverPositions(dy)];
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
      x: () => {
        const [dx] = inputGradient({ dy, filter }, { strides, inputShape: x.shape });
        consumed(dy, x);
        return dx;
      },
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
