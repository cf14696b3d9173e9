/**
 * Rectified linear unit followed by batch normalisation over rows: x is [rows, channels], statistics are taken per channel
 * over all rows of r = max(x, 0).
 *
 * Statistics come from blocks of a fixed number of rows, small enough to stay in the first-level cache between the block's two
 * passes (mean, then squared deviations from that mean); blocks are combined in order in float64 (Chan, Golub & LeVeque,
 * 1979). Inside a block, runs of 32 rows are summed first and the runs' sums then, so that rounding errors do not pile up. The
 * result is accurate and does not depend on how blocks are shared among threads.
 */

// @ts-nocheck: AssemblyScript, compiled by asc alone.

import { multiplyAdd } from './arithmetic';
import { rectify, rectifyScalar } from './vector';

/** Rows of one run. */
const RUN: usize = 32;

/** Item: a block of `blockRows` rows. `partial`: [blocks, 2, padded channels], mean and sum of squared deviations of r. */
export function reluMoments(
  x: usize, rows: usize, channels: usize, paddedChannels: usize, blockRows: usize, partial: usize,
  begin: usize, end: usize, _scratch: usize,
): void {
  const stride = channels << 2;
  const partialStride = paddedChannels << 2;
  for (let block = begin; block < end; block++) {
    const first = block * blockRows;
    const n = min(blockRows, rows - first);
    const start = x + first * stride;
    const stop = start + n * stride;
    const means = partial + block * 2 * partialStride;
    const deviations = means + partialStride;
    const inverse: f32 = <f32>1 / <f32>n;
    const inverses = f32x4.splat(inverse);
    let o: usize = 0;
    for (; o + 64 <= stride; o += 64) {
      let s0 = f32x4.splat(0), s1 = f32x4.splat(0), s2 = f32x4.splat(0), s3 = f32x4.splat(0);
      for (let p = start + o; p < stop; ) {
        const pause = min(p + RUN * stride, stop);
        let r0 = f32x4.splat(0), r1 = f32x4.splat(0), r2 = f32x4.splat(0), r3 = f32x4.splat(0);
        for (; p < pause; p += stride) {
          const x0 = v128.load(p), x1 = v128.load(p, 16), x2 = v128.load(p, 32), x3 = v128.load(p, 48);
          r0 = f32x4.add(r0, rectify(x0));
          r1 = f32x4.add(r1, rectify(x1));
          r2 = f32x4.add(r2, rectify(x2));
          r3 = f32x4.add(r3, rectify(x3));
        }
        s0 = f32x4.add(s0, r0);
        s1 = f32x4.add(s1, r1);
        s2 = f32x4.add(s2, r2);
        s3 = f32x4.add(s3, r3);
      }
      s0 = f32x4.mul(s0, inverses);
      s1 = f32x4.mul(s1, inverses);
      s2 = f32x4.mul(s2, inverses);
      s3 = f32x4.mul(s3, inverses);
      let q0 = f32x4.splat(0), q1 = f32x4.splat(0), q2 = f32x4.splat(0), q3 = f32x4.splat(0);
      for (let p = start + o; p < stop; ) {
        const pause = min(p + RUN * stride, stop);
        let r0 = f32x4.splat(0), r1 = f32x4.splat(0), r2 = f32x4.splat(0), r3 = f32x4.splat(0);
        for (; p < pause; p += stride) {
          const x0 = v128.load(p), x1 = v128.load(p, 16), x2 = v128.load(p, 32), x3 = v128.load(p, 48);
          const d0 = f32x4.sub(rectify(x0), s0), d1 = f32x4.sub(rectify(x1), s1);
          const d2 = f32x4.sub(rectify(x2), s2), d3 = f32x4.sub(rectify(x3), s3);
          r0 = multiplyAdd(d0, d0, r0);
          r1 = multiplyAdd(d1, d1, r1);
          r2 = multiplyAdd(d2, d2, r2);
          r3 = multiplyAdd(d3, d3, r3);
        }
        q0 = f32x4.add(q0, r0);
        q1 = f32x4.add(q1, r1);
        q2 = f32x4.add(q2, r2);
        q3 = f32x4.add(q3, r3);
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
      let sum: f64 = 0;
      for (let p = start + o; p < stop; p += stride) sum += <f64>rectifyScalar(f32.load(p));
      const mean = <f32>(sum * <f64>inverse);
      let square: f64 = 0;
      for (let p = start + o; p < stop; p += stride) {
        const d = <f64>(rectifyScalar(f32.load(p)) - mean);
        square += d * d;
      }
      f32.store(means + o, mean);
      f32.store(deviations + o, <f32>square);
    }
  }
}

/** Four floats as two pairs of float64: the lower pair, or the upper one. */
// @ts-ignore: decorator
@inline
function promote(x: v128, upper: bool): v128 {
  return f64x2.promote_low_f32x4(upper ? i8x16.shuffle(x, x, 8, 9, 10, 11, 12, 13, 14, 15, 0, 1, 2, 3, 4, 5, 6, 7) : x);
}

/**
 * Combines the blocks. Item: a group of four channels. Writes mean and biased variance, and the line of the normalisation:
 * `slope` = scale / √(variance + ε), `intercept` = offset − mean · slope. All rows of channels are padded to whole groups, so the
 * surplus lanes of the last group compute with what lies there and their results are never read.
 */
export function reluMomentsCombine(
  partial: usize, rows: usize, paddedChannels: usize, blockRows: usize, scale: usize, offset: usize, epsilon: f64,
  mean: usize, variance: usize, slope: usize, intercept: usize, begin: usize, end: usize, _scratch: usize,
): void {
  const stride = paddedChannels << 2;
  const inverse = f64x2.splat(1 / <f64>rows);
  for (let group = begin; group < end; group++) {
    const o = group << 4;
    let t0 = f64x2.splat(0), t1 = f64x2.splat(0);
    let p = partial + o;
    for (let first: usize = 0; first < rows; first += blockRows, p += 2 * stride) {
      const n = f64x2.splat(<f64>min(blockRows, rows - first));
      const m = v128.load(p);
      t0 = f64x2.add(t0, f64x2.mul(promote(m, false), n));
      t1 = f64x2.add(t1, f64x2.mul(promote(m, true), n));
    }
    t0 = f64x2.mul(t0, inverse);
    t1 = f64x2.mul(t1, inverse);
    let q0 = f64x2.splat(0), q1 = f64x2.splat(0);
    p = partial + o;
    for (let first: usize = 0; first < rows; first += blockRows, p += 2 * stride) {
      const n = f64x2.splat(<f64>min(blockRows, rows - first));
      const m = v128.load(p), d = v128.load(p + stride);
      const e0 = f64x2.sub(promote(m, false), t0), e1 = f64x2.sub(promote(m, true), t1);
      q0 = f64x2.add(q0, f64x2.add(promote(d, false), f64x2.mul(f64x2.mul(e0, e0), n)));
      q1 = f64x2.add(q1, f64x2.add(promote(d, true), f64x2.mul(f64x2.mul(e1, e1), n)));
    }
    q0 = f64x2.mul(q0, inverse);
    q1 = f64x2.mul(q1, inverse);
    const eps = f64x2.splat(epsilon);
    const gain = v128.load(scale + o), shift = v128.load(offset + o);
    const k0 = f64x2.div(promote(gain, false), f64x2.sqrt(f64x2.add(q0, eps)));
    const k1 = f64x2.div(promote(gain, true), f64x2.sqrt(f64x2.add(q1, eps)));
    const b0 = f64x2.sub(promote(shift, false), f64x2.mul(t0, k0)), b1 = f64x2.sub(promote(shift, true), f64x2.mul(t1, k1));
    v128.store(mean + o, demote(t0, t1));
    v128.store(variance + o, demote(q0, q1));
    v128.store(slope + o, demote(k0, k1));
    v128.store(intercept + o, demote(b0, b1));
  }
}

/** Two pairs of float64 as four floats. */
// @ts-ignore: decorator
@inline
function demote(lower: v128, upper: v128): v128 {
  const a = f32x4.demote_f64x2_zero(lower), b = f32x4.demote_f64x2_zero(upper);
  return i8x16.shuffle(a, b, 0, 1, 2, 3, 4, 5, 6, 7, 16, 17, 18, 19, 20, 21, 22, 23);
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

/** Item: a block of rows. `partial`: [blocks, 2, padded channels], Σ dy and Σ dy · (r − mean). */
export function reluNormGradientSums(
  dy: usize, x: usize, mean: usize, rows: usize, channels: usize, paddedChannels: usize, blockRows: usize, partial: usize,
  begin: usize, end: usize, _scratch: usize,
): void {
  const stride = channels << 2;
  const partialStride = paddedChannels << 2;
  for (let block = begin; block < end; block++) {
    const first = block * blockRows;
    const n = min(blockRows, rows - first);
    const start = first * stride;
    const stop = start + n * stride;
    const sums = partial + block * 2 * partialStride;
    const products = sums + partialStride;
    let o: usize = 0;
    for (; o + 64 <= stride; o += 64) {
      const m0 = v128.load(mean + o), m1 = v128.load(mean + o, 16), m2 = v128.load(mean + o, 32), m3 = v128.load(mean + o, 48);
      let s0 = f32x4.splat(0), s1 = f32x4.splat(0), s2 = f32x4.splat(0), s3 = f32x4.splat(0);
      let q0 = f32x4.splat(0), q1 = f32x4.splat(0), q2 = f32x4.splat(0), q3 = f32x4.splat(0);
      for (let p = start + o; p < stop; ) {
        const pause = min(p + RUN * stride, stop);
        let a0 = f32x4.splat(0), a1 = f32x4.splat(0), a2 = f32x4.splat(0), a3 = f32x4.splat(0);
        let b0 = f32x4.splat(0), b1 = f32x4.splat(0), b2 = f32x4.splat(0), b3 = f32x4.splat(0);
        for (; p < pause; p += stride) {
          const x0 = v128.load(x + p), x1 = v128.load(x + p, 16), x2 = v128.load(x + p, 32), x3 = v128.load(x + p, 48);
          const g0 = v128.load(dy + p), g1 = v128.load(dy + p, 16), g2 = v128.load(dy + p, 32), g3 = v128.load(dy + p, 48);
          a0 = f32x4.add(a0, g0);
          a1 = f32x4.add(a1, g1);
          a2 = f32x4.add(a2, g2);
          a3 = f32x4.add(a3, g3);
          b0 = multiplyAdd(g0, f32x4.sub(rectify(x0), m0), b0);
          b1 = multiplyAdd(g1, f32x4.sub(rectify(x1), m1), b1);
          b2 = multiplyAdd(g2, f32x4.sub(rectify(x2), m2), b2);
          b3 = multiplyAdd(g3, f32x4.sub(rectify(x3), m3), b3);
        }
        s0 = f32x4.add(s0, a0);
        s1 = f32x4.add(s1, a1);
        s2 = f32x4.add(s2, a2);
        s3 = f32x4.add(s3, a3);
        q0 = f32x4.add(q0, b0);
        q1 = f32x4.add(q1, b1);
        q2 = f32x4.add(q2, b2);
        q3 = f32x4.add(q3, b3);
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
      let sum: f64 = 0;
      let product: f64 = 0;
      for (let p = start + o; p < stop; p += stride) {
        const g = <f64>f32.load(dy + p);
        sum += g;
        product += g * <f64>(rectifyScalar(f32.load(x + p)) - m);
      }
      f32.store(sums + o, <f32>sum);
      f32.store(products + o, <f32>product);
    }
  }
}

/**
 * Combines the blocks. Item: a group of four channels, padded as above. With σ = √(variance + ε): dOffset = Σ dy,
 * dScale = Σ dy · (r − mean) / σ, and the coefficients of dr = k · dy + l · r + m (`coefficients`: [3, padded channels]):
 * k = scale / σ, l = −k · dScale / (σ · rows), m = −k · dOffset / rows − l · mean.
 */
export function reluNormGradientCombine(
  partial: usize, rows: usize, paddedChannels: usize, blockRows: usize, scale: usize, mean: usize, variance: usize, epsilon: f64,
  dScale: usize, dOffset: usize, coefficients: usize, begin: usize, end: usize, _scratch: usize,
): void {
  const stride = paddedChannels << 2;
  for (let group = begin; group < end; group++) {
    const o = group << 4;
    let s0 = f64x2.splat(0), s1 = f64x2.splat(0), p0 = f64x2.splat(0), p1 = f64x2.splat(0);
    let p = partial + o;
    for (let first: usize = 0; first < rows; first += blockRows, p += 2 * stride) {
      const s = v128.load(p), t = v128.load(p + stride);
      s0 = f64x2.add(s0, promote(s, false));
      s1 = f64x2.add(s1, promote(s, true));
      p0 = f64x2.add(p0, promote(t, false));
      p1 = f64x2.add(p1, promote(t, true));
    }
    v128.store(dOffset + o, demote(s0, s1));
    const gain = v128.load(scale + o), average = v128.load(mean + o), spread = v128.load(variance + o);
    const scales = demote(
      gradientLine(s0, p0, promote(gain, false), promote(average, false), promote(spread, false), rows, epsilon, coefficients + o, stride),
      gradientLine(s1, p1, promote(gain, true), promote(average, true), promote(spread, true), rows, epsilon, coefficients + o + 8, stride),
    );
    v128.store(dScale + o, scales);
  }
}

/** Writes k, l and m of two channels; returns their dScale. */
// @ts-ignore: decorator
@inline
function gradientLine(
  sum: v128, product: v128, gain: v128, average: v128, spread: v128, rows: usize, epsilon: f64, coefficients: usize, stride: usize,
): v128 {
  const inverse = f64x2.div(f64x2.splat(1), f64x2.sqrt(f64x2.add(spread, f64x2.splat(epsilon))));
  const count = f64x2.splat(<f64>rows);
  const k = f64x2.mul(gain, inverse);
  const dScale = f64x2.mul(product, inverse);
  const l = f64x2.neg(f64x2.div(f64x2.mul(f64x2.mul(k, inverse), dScale), count));
  const m = f64x2.sub(f64x2.neg(f64x2.div(f64x2.mul(k, sum), count)), f64x2.mul(l, average));
  v128.store64_lane(coefficients, f32x4.demote_f64x2_zero(k), 0);
  v128.store64_lane(coefficients + stride, f32x4.demote_f64x2_zero(l), 0);
  v128.store64_lane(coefficients + 2 * stride, f32x4.demote_f64x2_zero(m), 0);
  return dScale;
}

/** dx = k · dy + l · max(x, 0) + m where x > 0, else 0. Item: a row. */
export function reluNormGradient(
  dy: usize, x: usize, coefficients: usize, channels: usize, paddedChannels: usize, dx: usize,
  begin: usize, end: usize, _scratch: usize,
): void {
  const stride = channels << 2;
  const lineStride = paddedChannels << 2;
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
      const l0 = v128.load(c + lineStride), l1 = v128.load(c + lineStride, 16);
      const m0 = v128.load(c + 2 * lineStride), m1 = v128.load(c + 2 * lineStride, 16);
      const d0 = multiplyAdd(k0, g0, multiplyAdd(l0, x0, m0)), d1 = multiplyAdd(k1, g1, multiplyAdd(l1, x1, m1));
      v128.store(r + o, v128.and(d0, f32x4.gt(x0, zero)));
      v128.store(r + o, v128.and(d1, f32x4.gt(x1, zero)), 16);
    }
    for (; o < stride; o += 4) {
      const x0 = v128.load32_splat(p + o);
      const c = coefficients + o;
      const d0 = multiplyAdd(
        v128.load32_splat(c), v128.load32_splat(g + o),
        multiplyAdd(v128.load32_splat(c + lineStride), x0, v128.load32_splat(c + 2 * lineStride)),
      );
      v128.store_lane<f32>(r + o, v128.and(d0, f32x4.gt(x0, zero)), 0);
    }
  }
}
