/**
 * Rectified linear unit followed by batch normalisation over rows: x is [rows, channels], statistics are taken per channel
 * over all rows of r = max(x, 0).
 *
 * Statistics come from blocks of a fixed number of rows, small enough to stay in the first-level cache between the block's two
 * passes (mean, then squared deviations from that mean); blocks are combined in order in float64 (Chan, Golub & LeVeque,
 * 1979). So the result is accurate and does not depend on how blocks are shared among threads.
 */

// @ts-nocheck: AssemblyScript, compiled by asc alone.

import { multiplyAdd } from './arithmetic';
import { rectify, rectifyScalar } from './vector';

/** Item: a block of `blockRows` rows. `partial`: [blocks, 2, channels], mean and sum of squared deviations of r. */
export function reluMoments(
  x: usize, rows: usize, channels: usize, blockRows: usize, partial: usize, begin: usize, end: usize, _scratch: usize,
): void {
  const stride = channels << 2;
  for (let block = begin; block < end; block++) {
    const first = block * blockRows;
    const n = min(blockRows, rows - first);
    const start = x + first * stride;
    const stop = start + n * stride;
    const means = partial + block * 2 * stride;
    const deviations = means + stride;
    const inverse: f32 = <f32>1 / <f32>n;
    const inverses = f32x4.splat(inverse);
    let o: usize = 0;
    for (; o + 64 <= stride; o += 64) {
      let s0 = f32x4.splat(0), s1 = f32x4.splat(0), s2 = f32x4.splat(0), s3 = f32x4.splat(0);
      for (let p = start + o; p < stop; p += stride) {
        const x0 = v128.load(p), x1 = v128.load(p, 16), x2 = v128.load(p, 32), x3 = v128.load(p, 48);
        s0 = f32x4.add(s0, rectify(x0));
        s1 = f32x4.add(s1, rectify(x1));
        s2 = f32x4.add(s2, rectify(x2));
        s3 = f32x4.add(s3, rectify(x3));
      }
      s0 = f32x4.mul(s0, inverses);
      s1 = f32x4.mul(s1, inverses);
      s2 = f32x4.mul(s2, inverses);
      s3 = f32x4.mul(s3, inverses);
      let q0 = f32x4.splat(0), q1 = f32x4.splat(0), q2 = f32x4.splat(0), q3 = f32x4.splat(0);
      for (let p = start + o; p < stop; p += stride) {
        const x0 = v128.load(p), x1 = v128.load(p, 16), x2 = v128.load(p, 32), x3 = v128.load(p, 48);
        const d0 = f32x4.sub(rectify(x0), s0), d1 = f32x4.sub(rectify(x1), s1);
        const d2 = f32x4.sub(rectify(x2), s2), d3 = f32x4.sub(rectify(x3), s3);
        q0 = multiplyAdd(d0, d0, q0);
        q1 = multiplyAdd(d1, d1, q1);
        q2 = multiplyAdd(d2, d2, q2);
        q3 = multiplyAdd(d3, d3, q3);
      }
      v128.store(means + o, s0);
      v128.store(means + o, s1, 16);
      v128.store(means + o, s2, 32);
      v128.store(means + o, s3, 48);
      v128.store(deviations + o, q0);
      v128.store(deviations + o, q1, 16);
      v128.store(deviations + o, q2, 32);
      v128.store(deviations + o, q3, 48);
    }
    for (; o < stride; o += 4) {
      let sum: f32 = 0;
      for (let p = start + o; p < stop; p += stride) sum += rectifyScalar(f32.load(p));
      const mean = sum * inverse;
      let square: f32 = 0;
      for (let p = start + o; p < stop; p += stride) {
        const d = rectifyScalar(f32.load(p)) - mean;
        square += d * d;
      }
      f32.store(means + o, mean);
      f32.store(deviations + o, square);
    }
  }
}

/**
 * Combines the blocks. Item: a channel. Writes mean and biased variance, and the line of the normalisation:
 * `slope` = scale / √(variance + ε), `intercept` = offset − mean · slope.
 */
export function reluMomentsCombine(
  partial: usize, rows: usize, channels: usize, blockRows: usize, scale: usize, offset: usize, epsilon: f64,
  mean: usize, variance: usize, slope: usize, intercept: usize, begin: usize, end: usize, _scratch: usize,
): void {
  const stride = channels << 2;
  for (let channel = begin; channel < end; channel++) {
    const o = channel << 2;
    let total: f64 = 0;
    let p = partial + o;
    for (let first: usize = 0; first < rows; first += blockRows, p += 2 * stride) {
      total += <f64>f32.load(p) * <f64>min(blockRows, rows - first);
    }
    const m = total / <f64>rows;
    let square: f64 = 0;
    p = partial + o;
    for (let first: usize = 0; first < rows; first += blockRows, p += 2 * stride) {
      const d = <f64>f32.load(p) - m;
      square += <f64>f32.load(p + stride) + d * d * <f64>min(blockRows, rows - first);
    }
    const v = square / <f64>rows;
    const k = <f64>f32.load(scale + o) / Math.sqrt(v + epsilon);
    f32.store(mean + o, <f32>m);
    f32.store(variance + o, <f32>v);
    f32.store(slope + o, <f32>k);
    f32.store(intercept + o, <f32>(<f64>f32.load(offset + o) - m * k));
  }
}

/** y = max(x, 0) · slope + intercept. Item: a row. */
export function reluAffine(
  x: usize, slope: usize, intercept: usize, channels: usize, y: usize, begin: usize, end: usize, _scratch: usize,
): void {
  const stride = channels << 2;
  for (let row = begin; row < end; row++) {
    const p = x + row * stride;
    const r = y + row * stride;
    let o: usize = 0;
    for (; o + 32 <= stride; o += 32) {
      const x0 = v128.load(p + o), x1 = v128.load(p + o, 16);
      const k0 = v128.load(slope + o), k1 = v128.load(slope + o, 16);
      const b0 = v128.load(intercept + o), b1 = v128.load(intercept + o, 16);
      v128.store(r + o, multiplyAdd(rectify(x0), k0, b0));
      v128.store(r + o, multiplyAdd(rectify(x1), k1, b1), 16);
    }
    for (; o < stride; o += 4) {
      v128.store_lane<f32>(
        r + o,
        multiplyAdd(rectify(v128.load32_splat(p + o)), v128.load32_splat(slope + o), v128.load32_splat(intercept + o)),
        0,
      );
    }
  }
}

/** y = x · slope + intercept. Item: a row. */
export function affine(
  x: usize, slope: usize, intercept: usize, channels: usize, y: usize, begin: usize, end: usize, _scratch: usize,
): void {
  const stride = channels << 2;
  for (let row = begin; row < end; row++) {
    const p = x + row * stride;
    const r = y + row * stride;
    let o: usize = 0;
    for (; o + 32 <= stride; o += 32) {
      const x0 = v128.load(p + o), x1 = v128.load(p + o, 16);
      const k0 = v128.load(slope + o), k1 = v128.load(slope + o, 16);
      const b0 = v128.load(intercept + o), b1 = v128.load(intercept + o, 16);
      v128.store(r + o, multiplyAdd(x0, k0, b0));
      v128.store(r + o, multiplyAdd(x1, k1, b1), 16);
    }
    for (; o < stride; o += 4) {
      v128.store_lane<f32>(
        r + o,
        multiplyAdd(v128.load32_splat(p + o), v128.load32_splat(slope + o), v128.load32_splat(intercept + o)),
        0,
      );
    }
  }
}

/** Item: a block of rows. `partial`: [blocks, 2, channels], Σ dy and Σ dy · (r − mean). */
export function reluNormGradientSums(
  dy: usize, x: usize, mean: usize, rows: usize, channels: usize, blockRows: usize, partial: usize,
  begin: usize, end: usize, _scratch: usize,
): void {
  const stride = channels << 2;
  for (let block = begin; block < end; block++) {
    const first = block * blockRows;
    const n = min(blockRows, rows - first);
    const start = first * stride;
    const stop = start + n * stride;
    const sums = partial + block * 2 * stride;
    const products = sums + stride;
    let o: usize = 0;
    for (; o + 64 <= stride; o += 64) {
      const m0 = v128.load(mean + o), m1 = v128.load(mean + o, 16), m2 = v128.load(mean + o, 32), m3 = v128.load(mean + o, 48);
      let s0 = f32x4.splat(0), s1 = f32x4.splat(0), s2 = f32x4.splat(0), s3 = f32x4.splat(0);
      let q0 = f32x4.splat(0), q1 = f32x4.splat(0), q2 = f32x4.splat(0), q3 = f32x4.splat(0);
      for (let p = start + o; p < stop; p += stride) {
        const x0 = v128.load(x + p), x1 = v128.load(x + p, 16), x2 = v128.load(x + p, 32), x3 = v128.load(x + p, 48);
        const g0 = v128.load(dy + p), g1 = v128.load(dy + p, 16), g2 = v128.load(dy + p, 32), g3 = v128.load(dy + p, 48);
        s0 = f32x4.add(s0, g0);
        s1 = f32x4.add(s1, g1);
        s2 = f32x4.add(s2, g2);
        s3 = f32x4.add(s3, g3);
        q0 = multiplyAdd(g0, f32x4.sub(rectify(x0), m0), q0);
        q1 = multiplyAdd(g1, f32x4.sub(rectify(x1), m1), q1);
        q2 = multiplyAdd(g2, f32x4.sub(rectify(x2), m2), q2);
        q3 = multiplyAdd(g3, f32x4.sub(rectify(x3), m3), q3);
      }
      v128.store(sums + o, s0);
      v128.store(sums + o, s1, 16);
      v128.store(sums + o, s2, 32);
      v128.store(sums + o, s3, 48);
      v128.store(products + o, q0);
      v128.store(products + o, q1, 16);
      v128.store(products + o, q2, 32);
      v128.store(products + o, q3, 48);
    }
    for (; o < stride; o += 4) {
      const m = f32.load(mean + o);
      let sum: f32 = 0;
      let product: f32 = 0;
      for (let p = start + o; p < stop; p += stride) {
        const g = f32.load(dy + p);
        sum += g;
        product += g * (rectifyScalar(f32.load(x + p)) - m);
      }
      f32.store(sums + o, sum);
      f32.store(products + o, product);
    }
  }
}

/**
 * Combines the blocks. Item: a channel. With σ = √(variance + ε): dOffset = Σ dy, dScale = Σ dy · (r − mean) / σ, and the
 * coefficients of dr = k · dy + l · r + m (`coefficients`: [3, channels]):
 * k = scale / σ, l = −k · dScale / (σ · rows), m = −k · dOffset / rows − l · mean.
 */
export function reluNormGradientCombine(
  partial: usize, rows: usize, channels: usize, blockRows: usize, scale: usize, mean: usize, variance: usize, epsilon: f64,
  dScale: usize, dOffset: usize, coefficients: usize, begin: usize, end: usize, _scratch: usize,
): void {
  const stride = channels << 2;
  for (let channel = begin; channel < end; channel++) {
    const o = channel << 2;
    let sum: f64 = 0;
    let product: f64 = 0;
    let p = partial + o;
    for (let first: usize = 0; first < rows; first += blockRows, p += 2 * stride) {
      sum += <f64>f32.load(p);
      product += <f64>f32.load(p + stride);
    }
    const inverse = 1 / Math.sqrt(<f64>f32.load(variance + o) + epsilon);
    const k = <f64>f32.load(scale + o) * inverse;
    const l = (-k * inverse * inverse * product) / <f64>rows;
    f32.store(dScale + o, <f32>(product * inverse));
    f32.store(dOffset + o, <f32>sum);
    f32.store(coefficients + o, <f32>k);
    f32.store(coefficients + stride + o, <f32>l);
    f32.store(coefficients + 2 * stride + o, <f32>((-k * sum) / <f64>rows - l * <f64>f32.load(mean + o)));
  }
}

/** dx = k · dy + l · max(x, 0) + m where x > 0, else 0. Item: a row. */
export function reluNormGradient(
  dy: usize, x: usize, coefficients: usize, channels: usize, dx: usize, begin: usize, end: usize, _scratch: usize,
): void {
  const stride = channels << 2;
  const zero = f32x4.splat(0);
  for (let row = begin; row < end; row++) {
    const g = dy + row * stride;
    const p = x + row * stride;
    const r = dx + row * stride;
    let o: usize = 0;
    for (; o + 32 <= stride; o += 32) {
      const c = coefficients + o;
      const x0 = v128.load(p + o), x1 = v128.load(p + o, 16);
      const g0 = v128.load(g + o), g1 = v128.load(g + o, 16);
      const k0 = v128.load(c), k1 = v128.load(c, 16);
      const l0 = v128.load(c + stride), l1 = v128.load(c + stride, 16);
      const m0 = v128.load(c + 2 * stride), m1 = v128.load(c + 2 * stride, 16);
      const d0 = multiplyAdd(k0, g0, multiplyAdd(l0, x0, m0)), d1 = multiplyAdd(k1, g1, multiplyAdd(l1, x1, m1));
      v128.store(r + o, v128.and(d0, f32x4.gt(x0, zero)));
      v128.store(r + o, v128.and(d1, f32x4.gt(x1, zero)), 16);
    }
    for (; o < stride; o += 4) {
      const x0 = v128.load32_splat(p + o);
      const c = coefficients + o;
      const d0 = multiplyAdd(
        v128.load32_splat(c), v128.load32_splat(g + o),
        multiplyAdd(v128.load32_splat(c + stride), x0, v128.load32_splat(c + 2 * stride)),
      );
      v128.store_lane<f32>(r + o, v128.and(d0, f32x4.gt(x0, zero)), 0);
    }
  }
}
