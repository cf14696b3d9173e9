import * as tf from '@tensorflow/tfjs';
import { BadInputError } from '../errors.ts';
import { type BinRange, fourierMatrices, type Norm } from './fourier-matrices.ts';
import { rampStart, type StrideMask, strideMask, strideMaskValues } from './mask.ts';
import { type Affine, axisProduct, constantAxisProduct, maskedAxisProduct } from './operations/index.ts';
import { type PooledAxesOptions, pooledAxes } from './pooled-axes.ts';
import { type AxisRole, diffStrideLength, extraBin, rampWidth, type Smoothness } from './pooled-length.ts';
import { referenceDiffStride } from './reference.ts';
import { type Stride, strideValue } from './stride-value.ts';

export interface AxisPoolOptions {
  /** R of Eq. 3; 4 in the paper. */
  smoothness?: Smoothness;
  role?: AxisRole;
  norm?: Norm;
  /** False keeps N' = N: the mask alone. */
  cropping?: boolean;
  /** The stride used stays within these; outside them its gradient is 0. */
  lowerLimit?: number;
  upperLimit?: number;
  /** Inference only, without a gradient: the result is relu(y) · scale + offset over the last axis. */
  affine?: Affine;
}

/** An axis of N samples at one stride. */
interface MaskedAxis {
  mask: StrideMask;
  /** N' */
  pooled: number;
  norm: Norm;
  /** All bins that the crop keeps, m = 0..⌊N'/2⌋, and those that may lie on the ramp. */
  kept: BinRange;
  onRamp: BinRange;
}

function maskedAxis(
  stride: Stride,
  length: number,
  { smoothness = 4, role = 'time', norm = 'ortho', cropping = true, lowerLimit = 1, upperLimit }: AxisPoolOptions,
): MaskedAxis {
  const highest = Math.min(length, upperLimit ?? length);
  const lowest = Math.min(Math.max(1, lowerLimit), highest);
  const value = strideValue(stride);
  const ramp = rampWidth(smoothness, length);
  const mask = { length, stride: value, lowest, highest, ramp, extra: extraBin(role, smoothness) };
  const used = Math.min(Math.max(value, lowest), highest);
  const pooled = cropping ? diffStrideLength(length, used, ramp) : length;
  const last = Math.floor(pooled / 2);
  const start = rampStart(mask);
  const onRamp = { first: Math.min(Math.floor(start), last), last: Math.min(Math.ceil(start + ramp), last) };
  return { mask, pooled, norm, kept: { first: 0, last }, onRamp };
}

/** synthesis · diag(mask) · analysis, the mask [K] counting for cosines and sines alike. */
function maskedMatrix({ mask: { length }, pooled, norm }: MaskedAxis, mask: tf.Tensor1D): tf.Tensor2D {
  const { analysis, synthesis } = fourierMatrices(length, pooled, norm);
  return tf.matMul(synthesis, tf.mul(tf.concat([mask, mask]).expandDims(1), analysis)) as tf.Tensor2D;
}

/**
 * M(S) [N', N], the whole layer on one axis.
 *
 * Filtering and cropping a spectrum is linear, y = synthesis · diag(mask(S)) · analysis · x: `analysis` is the DFT of length N
 * over the frequencies m = 0..⌊N'/2⌋ that the crop keeps, `synthesis` the inverse DFT of length N' over the same. In real
 * numbers both are cosines and sines, and since cos(a − b) = cos a cos b + sin a sin b their product is
 *
 *   M[j, i] = 1/√(N·N') · Σ_m c_m · mask(m) · cos(2π m (j/N' − i/N)),   c_m = 1 for m = 0 and m = N'/2, otherwise 2.
 *
 * Only the mask depends on S, so the stride's gradient comes from the bins on its ramp; the crop carries none.
 */
export function axisMatrix(stride: Stride, length: number, options: AxisPoolOptions = {}): tf.Tensor2D {
  return tf.tidy(() => {
    const axis = maskedAxis(stride, length, options);
    return maskedMatrix(axis, strideMask(stride, axis.mask, axis.kept));
  });
}

/**
 * One axis of DiffStride: y = M(stride) · x along `axis`.
 *
 * @param x any rank, N along `axis`
 * @param stride S; counts as 1 to N
 * @returns the same shape with N' = min(N, ⌊N/S + 2R⌋); differentiable in x and in `stride` (Eq. 3, Algorithm 1)
 */
export function diffStrideAxis(x: tf.Tensor, axis: number, stride: Stride, options: AxisPoolOptions = {}): tf.Tensor {
  return tf.tidy(() => {
    const length = x.shape[axis] as number;
    const masked = maskedAxis(stride, length, options);
    const { mask, pooled, norm, kept, onRamp } = masked;
    // Constant: the gradient goes through the ramp's bins below.
    const matrix = maskedMatrix(masked, tf.tensor1d(strideMaskValues(mask, kept)));
    if (options.affine !== undefined) return axisProduct(x, matrix, axis, options.affine);
    if (typeof stride === 'number') return constantAxisProduct(x, matrix, axis);
    const moving = strideMask(stride, mask, onRamp);
    return maskedAxisProduct(x, matrix, moving, fourierMatrices(length, pooled, norm, onRamp), axis);
  });
}

export interface DiffStrideOptions extends PooledAxesOptions {
  /** R, the ramp's width in bins (default 4), or `{ relative: share of each axis's length }`; more than 0. */
  smoothness?: Smoothness;
  /** Default `ortho`, Eq. 1. */
  norm?: Norm;
  /** False filters without cropping (default true). */
  cropping?: boolean;
  /** Limits of the stride used, each at least 1 (default 1 to the axis's length). */
  lowerLimit?: number;
  upperLimit?: number;
  /** `reference`: google-research/diffstride bit for bit in what it does, on exactly two axes; `norm` and `roles` are then its own. */
  compat?: 'paper' | 'reference';
}

function checkOptions(options: DiffStrideOptions): void {
  const { smoothness = 4, norm = 'ortho', lowerLimit, upperLimit, compat = 'paper' } = options;
  const refuse = (field: string, expected: string, found: unknown): never => {
    throw new BadInputError(`diffStride: ${field}: expected ${expected}, found ${JSON.stringify(found)}`);
  };
  const width = typeof smoothness === 'number' ? smoothness : smoothness.relative;
  if (!(width > 0 && Number.isFinite(width))) refuse('smoothness', 'a ramp wider than 0', smoothness);
  if (!['ortho', 'backward', 'forward'].includes(norm)) refuse('norm', 'ortho, backward or forward', norm);
  if (!['paper', 'reference'].includes(compat)) refuse('compat', 'paper or reference', compat);
  for (const [field, limit] of Object.entries({ lowerLimit, upperLimit })) {
    if (limit !== undefined && !(limit >= 1)) refuse(field, 'a stride of at least 1', limit);
  }
  if (lowerLimit !== undefined && upperLimit !== undefined && lowerLimit > upperLimit) {
    refuse('lowerLimit', `at most the upper limit ${upperLimit}`, lowerLimit);
  }
  if (compat === 'paper') return;
  if (options.axes.length !== 2) refuse('axes', 'exactly two under compat "reference"', options.axes);
  if (typeof smoothness !== 'number') refuse('smoothness', 'a number of bins under compat "reference"', smoothness);
  if (options.norm !== undefined) refuse('norm', 'none under compat "reference"', norm);
  if (options.roles !== undefined) refuse('roles', 'none under compat "reference"', options.roles);
}

/**
 * DiffStride (Riad et al., ICLR 2022, Algorithm 1): downsampling by a learned stride on each of any number of axes.
 *
 * A stride given as a scalar tensor receives a gradient; after each update of a variable, project it to at least 1 (below that
 * it counts as 1 and has no gradient). Throws BadInputError for axes, strides or settings out of range.
 *
 * @param x any rank
 * @returns x with N' = min(N, ⌊N/S + 2R⌋) on each pooled axis
 */
export function diffStride<T extends tf.Tensor>(x: T, options: DiffStrideOptions): T {
  checkOptions(options);
  const axes = pooledAxes('diffStride', x.shape, options);
  if (options.compat === 'reference') return referenceDiffStride(x, axes, options) as T;
  return tf.tidy(() =>
    axes.reduce<tf.Tensor>((y, { axis, stride, role }) => diffStrideAxis(y, axis, stride, { ...options, role }), x),
  ) as T;
}
