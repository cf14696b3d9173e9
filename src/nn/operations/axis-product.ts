import * as tf from '@tensorflow/tfjs';
import { type Affine, consumed, operation, reluAffineOf } from './operation.ts';
import { asRows, sumOverPositions } from './rows.ts';

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
    return [sumOverPositions(asRows(products, pooled * length)).reshape([pooled, length])];
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
 * A matrix applied along one axis: y[…, j, …] = Σ_i matrix[j, i] · x[…, i, …]. Differentiable in both.
 *
 * @param x any rank, N along `axis` (counted from 0)
 * @param matrix [N', N]
 * @param affine inference only, without a gradient: returns relu(y) · scale + offset over the last axis
 * @returns x's shape with N' along `axis`
 */
export function axisProduct(x: tf.Tensor, matrix: tf.Tensor2D, axis: number, affine?: Affine): tf.Tensor {
  return forward({ x, matrix, ...affine }, { axis, transpose: false })[0];
}

type Saver = (tensors: tf.Tensor[]) => void;

/** `axisProduct` with a matrix that takes no gradient: nothing of x is kept for the way back. */
export function constantAxisProduct(x: tf.Tensor, matrix: tf.Tensor2D, axis: number): tf.Tensor {
  const product = tf.customGrad((x, save) => {
    (save as Saver)([matrix]);
    const gradFunc = (dy: tf.Tensor, [matrix]: tf.Tensor[]) => {
      const [dx] = forward({ x: dy, matrix: matrix as tf.Tensor2D }, { axis, transpose: true });
      consumed(dy);
      return dx;
    };
    return { value: axisProduct(x as tf.Tensor, matrix, axis), gradFunc };
  });
  return product(x);
}

/**
 * y = synthesis · diag(mask) · analysis · x along `axis`, where only some of the mask's entries move. Differentiable in x
 * and in those entries: with the spectrum z = analysis · x and dz = synthesisᵀ · dy,
 *
 *   dL/dx = (synthesis · diag(mask) · analysis)ᵀ · dy,   dL/dmask(m) = Σ over all other axes of dz_m · z_m,
 *
 * so the way back needs the moving rows of z instead of x.
 *
 * @param matrix [N', N], the whole product, taken as constant
 * @param moving [M], the moving entries of the mask
 * @param analysis [2M, N] and `synthesis` [N', 2M]: their cosine rows (columns), then their sine rows (columns)
 */
export function maskedAxisProduct(
  x: tf.Tensor,
  matrix: tf.Tensor2D,
  moving: tf.Tensor1D,
  { analysis, synthesis }: { analysis: tf.Tensor2D; synthesis: tf.Tensor2D },
  axis: number,
): tf.Tensor {
  const product = tf.customGrad((x, _, save) => {
    const spectrum = axisProduct(x as tf.Tensor, analysis, axis);
    (save as unknown as Saver)([matrix, synthesis, spectrum]);
    const gradFunc = (dy: tf.Tensor, saved: tf.Tensor[]) => {
      const [matrix, synthesis, spectrum] = saved as [tf.Tensor2D, tf.Tensor2D, tf.Tensor];
      const gradients = tf.tidy(() => {
        const [dx] = forward({ x: dy, matrix }, { axis, transpose: true });
        const [gradientSpectrum] = forward({ x: dy, matrix: synthesis }, { axis, transpose: true });
        const [pairs] = matrixGradient({ x: spectrum, dy: gradientSpectrum }, { axis }); // [2M, 2M]
        const diagonal = tf.sum(tf.mul(pairs, tf.eye(pairs.shape[0])), 1).reshape([2, -1]); // cosine, sine
        return [dx, tf.sum(diagonal, 0)];
      });
      consumed(dy, spectrum);
      return gradients;
    };
    return { value: axisProduct(x as tf.Tensor, matrix, axis), gradFunc };
  });
  return product(x, moving);
}
