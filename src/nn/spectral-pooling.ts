import * as tf from '@tensorflow/tfjs';
import { BadInputError } from '../errors.ts';
import { fourierMatrices, type Norm } from './fourier-matrices.ts';
import { type Affine, axisProduct, constantAxisProduct } from './operations/index.ts';
import { pooledAxes } from './pooled-axes.ts';
import { spectralLength } from './pooled-length.ts';
import { referenceSpectralPooling } from './reference.ts';

export interface SpectralPoolingOptions {
  /** Axes to pool; negative ones count from the end. */
  axes: readonly number[];
  /** A fixed stride of at least 1 for each axis, or one for all. */
  strides: number | readonly number[];
  /** Default `ortho`. */
  norm?: Norm;
  /** `reference`: FixedSpectralPooling of google-research/diffstride, on exactly two axes; `norm` is then its own. */
  compat?: 'paper' | 'reference';
}

/** The hard crop on one axis of `length` samples, as a matrix [N', N]. */
export function spectralMatrix(length: number, stride: number, norm: Norm = 'ortho'): tf.Tensor2D {
  return tf.tidy(() => {
    const { analysis, synthesis } = fourierMatrices(length, spectralLength(length, stride), norm);
    return tf.matMul(synthesis, analysis) as tf.Tensor2D;
  });
}

/** One axis of spectral pooling: the lowest frequencies of N samples, back as N' = ⌊N/S⌋ samples. */
export function spectralPoolingAxis(
  x: tf.Tensor,
  axis: number,
  stride: number,
  { norm, affine }: { norm?: Norm; affine?: Affine } = {},
): tf.Tensor {
  return tf.tidy(() => {
    const matrix = spectralMatrix(x.shape[axis] as number, stride, norm);
    return affine === undefined ? constantAxisProduct(x, matrix, axis) : axisProduct(x, matrix, axis, affine);
  });
}

/**
 * Spectral pooling (Rippel et al. 2015): a hard crop in frequency at fixed strides, on any number of axes.
 * Throws BadInputError for axes, strides or settings out of range.
 *
 * @param x any rank
 * @returns x with N' = ⌊N/S⌋ (at least 1) on each pooled axis
 */
export function spectralPooling<T extends tf.Tensor>(x: T, options: SpectralPoolingOptions): T {
  const { axes, norm, compat = 'paper' } = options;
  const pooled = pooledAxes('spectralPooling', x.shape, options);
  if (norm !== undefined && !['ortho', 'backward', 'forward'].includes(norm)) {
    throw new BadInputError(
      `spectralPooling: norm: expected ortho, backward or forward, found ${JSON.stringify(norm)}`,
    );
  }
  if (compat === 'reference') {
    if (axes.length !== 2 || norm !== undefined) {
      throw new BadInputError(
        `spectralPooling: compat "reference": expected two axes and no norm, found ${axes.length} axes, norm ${norm}`,
      );
    }
    return referenceSpectralPooling(x, pooled) as T;
  }
  return tf.tidy(() =>
    pooled.reduce<tf.Tensor>((y, { axis, stride }) => spectralPoolingAxis(y, axis, stride as number, { norm }), x),
  ) as T;
}
