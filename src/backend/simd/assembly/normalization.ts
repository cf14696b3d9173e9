/**
 * Rectified linear unit followed by batch normalisation over rows: x is [rows, channels], statistics are taken per channel
 * over all rows of r = max(x, 0).
 *
 * Statistics come from blocks of some dozens of rows, few enough that a block's second pass (mean first, then squared deviations
 * from that mean) finds it in cache and that float32 sums stay accurate; blocks are combined in order in float64 (Chan, Golub &
 * LeVeque, 1979). So the result does not depend on how blocks are shared among threads. Rows are read from end to end, four at a
 * time, into sums that lie in the first-level cache: channel by channel, memory's latency would count for every row.
 */

// @ts-nocheck: AssemblyScript, compiled by asc alone.

import { multiplyAdd } from './arithmetic';
import { rectify, rectifyScalar } from './vector';

/** Rows that are read together. */
const ROWS: usize = 4;

/** sums[c] += Σ r over 4 rows (or 1) from `p` on. */
// @ts-ignore: decorator
@inline
function addRectified(four: bool, p: usize, stride: usize, sums: usize): void {
  let o: usize = 0;
  for (; o + 32 <= stride; o += 32) {
    const q = p + o;
    let a = rectify(v128.load(q)), b = rectify(v128.load(q, 16));
    if (four) {
      const q1 = q + stride, q2 = q1 + stride, q3 = q2 + stride;
      const a1 = rectify(v128.load(q1)), b1 = rectify(v128.load(q1, 16));
      const a2 = rectify(v128.load(q2)), b2 = rectify(v128.load(q2, 16));
      const a3 = rectify(v128.load(q3)), b3 = rectify(v128.load(q3, 16));
      a = f32x4.add(f32x4.add(a, a1), f32x4.add(a2, a3));
      b = f32x4.add(f32x4.add(b, b1), f32x4.add(b2, b3));
    }
    const r = sums + o;
    const s = v128.load(r), t = v128.load(r, 16);
    v128.store(r, f32x4.add(s, a));
    v128.store(r, f32x4.add(t, b), 16);
  }
  for (; o < stride; o += 4) {
    let total = rectifyScalar(f32.load(p + o));
    if (four) {
      total += rectifyScalar(f32.load(p + o + stride)) + rectifyScalar(f32.load(p + o + 2 * stride)) + rectifyScalar(f32.load(p + o + 3 * stride));
    }
    f32.store(sums + o, f32.load(sums + o) + total);
  }
}

/** squares[c] += Σ (r − means[c])² over 4 rows (or 1) from `p` on. */
// @ts-ignore: decorator
@inline
function addSquaredDeviations(four: bool, p: usize, stride: usize, means: usize, squares: usize): void {
  let o: usize = 0;
  for (; o + 32 <= stride; o += 32) {
    const q = p + o;
    const m = v128.load(means + o), n = v128.load(means + o, 16);
    const r = squares + o;
    let s = v128.load(r), t = v128.load(r, 16);
    const a0 = f32x4.sub(rectify(v128.load(q)), m), b0 = f32x4.sub(rectify(v128.load(q, 16)), n);
    s = multiplyAdd(a0, a0, s);
    t = multiplyAdd(b0, b0, t);
    if (four) {
      const q1 = q + stride, q2 = q1 + stride, q3 = q2 + stride;
      const a1 = f32x4.sub(rectify(v128.load(q1)), m), b1 = f32x4.sub(rectify(v128.load(q1, 16)), n);
      const a2 = f32x4.sub(rectify(v128.load(q2)), m), b2 = f32x4.sub(rectify(v128.load(q2, 16)), n);
      const a3 = f32x4.sub(rectify(v128.load(q3)), m), b3 = f32x4.sub(rectify(v128.load(q3, 16)), n);
      const u = multiplyAdd(a3, a3, multiplyAdd(a2, a2, f32x4.mul(a1, a1)));
      const v = multiplyAdd(b3, b3, multiplyAdd(b2, b2, f32x4.mul(b1, b1)));
      s = f32x4.add(s, u);
      t = f32x4.add(t, v);
    }
    v128.store(r, s);
    v128.store(r, t, 16);
  }
  for (; o < stride; o += 4) {
    const m = f32.load(means + o);
    let total: f32 = 0;
    const count: usize = four ? ROWS : 1;
    for (let row: usize = 0; row < count; row++) {
      const d = rectifyScalar(f32.load(p + o + row * stride)) - m;
      total += d * d;
    }
    f32.store(squares + o, f32.load(squares + o) + total);
  }
}

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
    const whole = start + (n & ~(ROWS - 1)) * stride;
    const means = partial + block * 2 * partialStride;
    const squares = means + partialStride;
    memory.fill(means, 0, 2 * partialStride);
    let p = start;
    for (; p < whole; p += ROWS * stride) addRectified(true, p, stride, means);
    for (; p < stop; p += stride) addRectified(false, p, stride, means);
    const inverse: f32 = <f32>1 / <f32>n;
    for (let o: usize = 0; o < stride; o += 4) f32.store(means + o, f32.load(means + o) * inverse);
    p = start;
    for (; p < whole; p += ROWS * stride) addSquaredDeviations(true, p, stride, means, squares);
    for (; p < stop; p += stride) addSquaredDeviations(false, p, stride, means, squares);
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

/** sums[c] += Σ dy and products[c] += Σ dy · (r − mean[c]) over 4 rows (or 1), `p` being the offset of the first in x and dy. */
// @ts-ignore: decorator
@inline
function addGradients(four: bool, dy: usize, x: usize, p: usize, stride: usize, mean: usize, sums: usize, products: usize): void {
  let o: usize = 0;
  for (; o + 32 <= stride; o += 32) {
    const m = v128.load(mean + o), n = v128.load(mean + o, 16);
    const q = x + p + o, g = dy + p + o;
    let a = v128.load(g), b = v128.load(g, 16);
    let u = f32x4.mul(a, f32x4.sub(rectify(v128.load(q)), m)), v = f32x4.mul(b, f32x4.sub(rectify(v128.load(q, 16)), n));
    if (four) {
      const q1 = q + stride, q2 = q1 + stride, q3 = q2 + stride;
      const g1 = g + stride, g2 = g1 + stride, g3 = g2 + stride;
      const a1 = v128.load(g1), b1 = v128.load(g1, 16);
      const a2 = v128.load(g2), b2 = v128.load(g2, 16);
      const a3 = v128.load(g3), b3 = v128.load(g3, 16);
      u = multiplyAdd(a1, f32x4.sub(rectify(v128.load(q1)), m), u);
      v = multiplyAdd(b1, f32x4.sub(rectify(v128.load(q1, 16)), n), v);
      u = multiplyAdd(a2, f32x4.sub(rectify(v128.load(q2)), m), u);
      v = multiplyAdd(b2, f32x4.sub(rectify(v128.load(q2, 16)), n), v);
      u = multiplyAdd(a3, f32x4.sub(rectify(v128.load(q3)), m), u);
      v = multiplyAdd(b3, f32x4.sub(rectify(v128.load(q3, 16)), n), v);
      a = f32x4.add(f32x4.add(a, a1), f32x4.add(a2, a3));
      b = f32x4.add(f32x4.add(b, b1), f32x4.add(b2, b3));
    }
    const s = sums + o, t = products + o;
    const s0 = v128.load(s), s1 = v128.load(s, 16);
    const t0 = v128.load(t), t1 = v128.load(t, 16);
    v128.store(s, f32x4.add(s0, a));
    v128.store(s, f32x4.add(s1, b), 16);
    v128.store(t, f32x4.add(t0, u));
    v128.store(t, f32x4.add(t1, v), 16);
  }
  for (; o < stride; o += 4) {
    const m = f32.load(mean + o);
    let sum: f32 = 0;
    let product: f32 = 0;
    const count: usize = four ? ROWS : 1;
    for (let row: usize = 0; row < count; row++) {
      const at = p + o + row * stride;
      const g = f32.load(dy + at);
      sum += g;
      product += g * (rectifyScalar(f32.load(x + at)) - m);
    }
    f32.store(sums + o, f32.load(sums + o) + sum);
    f32.store(products + o, f32.load(products + o) + product);
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
    const whole = start + (n & ~(ROWS - 1)) * stride;
    const sums = partial + block * 2 * partialStride;
    const products = sums + partialStride;
    memory.fill(sums, 0, 2 * partialStride);
    let p = start;
    for (; p < whole; p += ROWS * stride) addGradients(true, dy, x, p, stride, mean, sums, products);
    for (; p < stop; p += stride) addGradients(false, dy, x, p, stride, mean, sums, products);
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
