import * as tf from '@tensorflow/tfjs';
import { type Affine, operation, reluAffineOf } from './operation.ts';
import { asRows, sumOfRows } from './rows.ts';

type AxisOf = { axis: number };
type ProductAttributes = AxisOf & { transpose: boolean };

/** x as [before, N, after], the middle one being `axis`. */
function aroundAxis(x: tf.Tensor, axis: number): tf.Tensor3D {
  const before = x.shape.slice(0, axis).reduce((product, size) => product * size, 1);
  return x.reshape([before, x.shape[axis] as number, -1]);
}

const forward = operation(
  'SpectrideAxisProduct',
  (
    inputs: { x: tf.Tensor; matrix: tf.Tensor2D; scale?: tf.Tensor1D; offset?: tf.Tensor1D },
    { axis, transpose }: ProductAttributes,
  ): [tf.Tensor] => {
    const y = tf.matMul(inputs.matrix.expandDims(0), aroundAxis(inputs.x, axis), transpose, false); // [before, N', after]
    const shape = inputs.x.shape.map((size, i) => (i === axis ? (y.shape[1] as number) : size));
    return [reluAffineOf(y.reshape(shape), inputs.scale, inputs.offset)];
  },
);

const matrixGradient = operation(
  'SpectrideAxisProductMatrixGradient',
  ({ x, dy }: { x: tf.Tensor; dy: tf.Tensor }, { axis }: AxisOf): [tf.Tensor2D] => {
    const products = tf.matMul(aroundAxis(dy, axis), aroundAxis(x, axis), false, true); // [before, N', N]
    const [, pooled, length] = products.shape as [number, number, number];
    return [sumOfRows(asRows(products, pooled * length)).reshape([pooled, length])];
  },
);

tf.registerGradient({
  kernelName: 'SpectrideAxisProduct',
  inputsToSave: ['x', 'matrix'],
  gradFunc: (upstream, saved, attributes) => {
    const dy = upstream as tf.Tensor;
    const [x, matrix] = saved as [tf.Tensor, tf.Tensor2D];
    const { axis, transpose } = attributes as unknown as ProductAttributes;
    return {
      x: () => forward({ x: dy, matrix }, { axis, transpose: !transpose })[0],
      matrix: () => (transpose ? matrixGradient({ x: dy, dy: x }, { axis }) : matrixGradient({ x, dy }, { axis }))[0],
    };
  },
});

/**
 * A matrix applied along one axis: y[…, j, …] = Σ_i matrix[j, i] · x[…, i, …].
 *
 * @param x any rank, N along `axis` (counted from 0)
 * @param matrix [N', N]
 * @param affine inference only, without a gradient: returns relu(y) · scale + offset over the last axis
 * @returns x's shape with N' along `axis`
 */
export function axisProduct(x: tf.Tensor, matrix: tf.Tensor2D, axis: number, affine?: Affine): tf.Tensor {
  return forward({ x, matrix, ...affine }, { axis, transpose: false })[0];
}
