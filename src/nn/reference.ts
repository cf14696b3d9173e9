import * as tf from '@tensorflow/tfjs';
import { rampMask } from './mask.ts';
import { axisProduct } from './operations/index.ts';
import type { PooledAxis } from './pooled-axes.ts';
import { smallestLearnableStride } from './pooled-length.ts';
import { type Stride, strideValue } from './stride-value.ts';

/**
 * google-research/diffstride (`diffstride/pooling.py`) with its quirks, as products of small matrices. A plane x [H, W] has the
 * two-dimensional spectrum rfft2d(x), masked over rows and columns, cropped to the rows and columns whose mask is not 0, and
 * brought back by irfft2d. Over the kept rows r_0 < … < r_{H'−1} and columns 0..K−1, with I the imaginary unit,
 *
 *   V[n, j] = 1/H' · Σ_i mask(r_i) · exp(2πI (n·i/H' − j·r_i/H)),
 *   U[m, j] = 1/W' · Σ_k c_k · mask(k) · exp(2πI k (m/W' − j/W)),   c_k = 1 for k = 0 and k = W'/2, otherwise 2,
 *   y = Re(V x Uᵀ) = Vr x Urᵀ − Vi x Uiᵀ.
 *
 * Vi is not 0, because the original's mask over rows is not symmetric in ±frequency.
 */
interface ComplexMatrix {
  real: tf.Tensor2D;
  imaginary: tf.Tensor2D;
}

/** What the crop keeps of one axis. */
interface Kept {
  /** N and N'. */
  length: number;
  pooled: number;
  /** DFT bins kept, in ascending order, and their weights c in the way back. */
  bins: number[];
  weights: number[];
}

function waveMatrix(rows: number, columns: number, value: (row: number, column: number) => number): tf.Tensor2D {
  const values = new Float32Array(rows * columns);
  for (let row = 0; row < rows; row++) {
    for (let column = 0; column < columns; column++) values[row * columns + column] = value(row, column);
  }
  return tf.tensor2d(values, [rows, columns]);
}

/** synthesis · diag(mask) · analysis over complex exponentials; `mask` [K] is differentiable. */
function complexMatrix({ length, pooled, bins, weights }: Kept, mask: tf.Tensor1D | undefined): ComplexMatrix {
  const angle = (n: number, bin: number, period: number) => (2 * Math.PI * ((n * bin) % period)) / period;
  const weight = (i: number) => (weights[i] as number) / pooled;
  const cosineBack = waveMatrix(pooled, bins.length, (n, i) => weight(i) * Math.cos(angle(n, i, pooled)));
  const sineBack = waveMatrix(pooled, bins.length, (n, i) => weight(i) * Math.sin(angle(n, i, pooled)));
  const cosine = waveMatrix(bins.length, length, (i, j) => Math.cos(angle(j, bins[i] as number, length)));
  const sine = waveMatrix(bins.length, length, (i, j) => Math.sin(angle(j, bins[i] as number, length)));
  const masked = tf.concat([cosine, sine]).mul(mask === undefined ? 1 : tf.concat([mask, mask]).expandDims(1));
  // exp(I(a − b)) = cos a cos b + sin a sin b + I (sin a cos b − cos a sin b)
  return {
    real: tf.matMul(tf.concat([cosineBack, sineBack], 1), masked) as tf.Tensor2D,
    imaginary: tf.matMul(tf.concat([sineBack, tf.neg(cosineBack)], 1), masked) as tf.Tensor2D,
  };
}

/** y = Vr x Urᵀ − Vi x Uiᵀ */
function planeProduct(x: tf.Tensor, height: number, width: number, v: ComplexMatrix, u: ComplexMatrix): tf.Tensor {
  const real = axisProduct(axisProduct(x, u.real, width), v.real, height);
  const imaginary = axisProduct(axisProduct(x, u.imaginary, width), v.imaginary, height);
  return tf.sub(real, imaginary);
}

function keptOfRows(length: number, bins: number[]): Kept {
  return { length, pooled: bins.length, bins, weights: bins.map(() => 1) };
}

/** Columns are half a spectrum: all but zero and the last of an even length stand for two frequencies. */
function keptOfColumns(length: number, bins: number[], pooled: number): Kept {
  return { length, pooled, bins, weights: bins.map((k) => (k === 0 || 2 * k === pooled ? 1 : 2)) };
}

export interface ReferenceOptions {
  /** A number of bins in this mode. */
  smoothness?: number | { relative: number };
  cropping?: boolean;
  lowerLimit?: number;
  upperLimit?: number;
  /** One stride, not a list, is shared by both axes. */
  strides: Stride | readonly Stride[];
}

/** S ≥ N/(N − R), which the original writes into its variable before use; a shared stride obeys both axes. Float32, as there. */
export function referenceSmallestStrides(lengths: readonly number[], ramp: number, shared: boolean): number[] {
  const smallest = lengths.map((length) => Math.fround(smallestLearnableStride(length, ramp)));
  return shared ? smallest.map(() => Math.max(...smallest)) : smallest;
}

/** A scalar that reads `value` and hands its gradient on to `stride` unchanged. */
function straightThrough(stride: Stride, value: number): tf.Scalar {
  if (typeof stride === 'number' || strideValue(stride) === value)
    return stride instanceof tf.Tensor ? stride : tf.scalar(value);
  return tf.customGrad(() => ({ value: tf.scalar(value), gradFunc: (dy: tf.Tensor) => dy }))(stride) as tf.Scalar;
}

const f = Math.fround;
/** What the original takes for "no upper limit". */
export const largestFloat = f(3.4028234663852886e38);

/** Half the kept band, T = max(N/S, 2)/2: as a tensor, and on the host in the float32 steps of the original. */
function halfBand(stride: tf.Scalar, value: number, length: number): { threshold: tf.Tensor; host: number } {
  return { threshold: tf.div(tf.maximum(tf.div(length, stride), 2), 2), host: f(Math.max(f(length / value), 2) / 2) };
}

/** The mask at one position in float32: which bins are kept hangs on its being exactly 0. */
function hostMask(threshold: number, ramp: number, position: number): number {
  return f(f(1 / ramp) * f(f(ramp + threshold) - position));
}

/** Position of FFT row j on the mask: +m has m (m + 1 where H is odd), −m has m − 1. */
function rowPosition(j: number, height: number): number {
  return j < Math.floor(height / 2) ? j + (height % 2) : height - 1 - j;
}

/** DiffStride as google-research/diffstride computes it, on two axes (height, width). */
export function referenceDiffStride(x: tf.Tensor, axes: PooledAxis[], options: ReferenceOptions): tf.Tensor {
  const [rows, columns] = axes as [PooledAxis, PooledAxis];
  const ramp = (options.smoothness as number | undefined) ?? 4;
  const { cropping = true, lowerLimit = 1, upperLimit = largestFloat } = options;
  const shared = !Array.isArray(options.strides);
  return tf.tidy(() => {
    const smallest = referenceSmallestStrides([rows.length, columns.length], ramp, shared);
    const [vertical, horizontal] = [rows, columns].map(({ stride, length }, i) => {
      const clamped = Math.max(f(strideValue(stride)), smallest[i] as number);
      const used = Math.min(Math.max(clamped, f(lowerLimit)), f(upperLimit));
      const tensor = tf.clipByValue(straightThrough(stride, clamped), lowerLimit, upperLimit) as tf.Scalar;
      return halfBand(tensor, used, length);
    }) as [ReturnType<typeof halfBand>, ReturnType<typeof halfBand>];

    const keep = (count: number, threshold: number, position: (bin: number) => number) =>
      Array.from({ length: count }, (_, bin) => bin).filter(
        (bin) => !cropping || hostMask(threshold, ramp, position(bin)) > 0,
      );
    const keptRows = keep(rows.length, vertical.host, (bin) => rowPosition(bin, rows.length));
    const keptColumns = keep(Math.floor(columns.length / 2) + 1, f(horizontal.host + 1), (bin) => bin);
    const pooledWidth = 2 * (keptColumns.length - 1);
    const rowMask = rampMask(
      vertical.threshold,
      ramp,
      keptRows.map((bin) => rowPosition(bin, rows.length)),
    );
    const columnMask = rampMask(tf.add(horizontal.threshold, 1), ramp, keptColumns);
    const v = complexMatrix(keptOfRows(rows.length, keptRows), rowMask);
    const u = complexMatrix(keptOfColumns(columns.length, keptColumns, pooledWidth), columnMask);
    return planeProduct(x, rows.axis, columns.axis, v, u);
  });
}

/** Output lengths of FixedSpectralPooling: the height is made even, the width is not. */
export function referenceSpectralLengths(lengths: readonly number[], strides: readonly number[]): [number, number] {
  const [height, width] = lengths.map((length, i) => Math.floor(length / (strides[i] as number))) as [number, number];
  return [Math.max(height - (height % 2), 2), Math.max(width, 2)];
}

/** FixedSpectralPooling of google-research/diffstride, on two axes (height, width). */
export function referenceSpectralPooling(x: tf.Tensor, axes: PooledAxis[]): tf.Tensor {
  const [rows, columns] = axes as [PooledAxis, PooledAxis];
  return tf.tidy(() => {
    const strides = axes.map(({ stride }) => strideValue(stride));
    const [pooledHeight, pooledWidth] = referenceSpectralLengths([rows.length, columns.length], strides);
    const half = pooledHeight / 2;
    const keptRows = Array.from({ length: pooledHeight }, (_, i) => (i < half ? i : rows.length - pooledHeight + i));
    const keptColumns = Array.from({ length: Math.floor(pooledWidth / 2) + 1 }, (_, k) => k);
    const v = complexMatrix(keptOfRows(rows.length, keptRows), undefined);
    const u = complexMatrix(keptOfColumns(columns.length, keptColumns, pooledWidth), undefined);
    return planeProduct(x, rows.axis, columns.axis, v, u);
  });
}
