/**
 * Operations on arrays of float32, element by element. An item is one element, and `begin` is a multiple of 32: blocks of
 * memory are padded to whole cache lines, so the last group of 16 may run over the end of a tensor (never of its block).
 *
 * Each group is loaded whole before any of it is stored: V8 fuses neighbouring pairs of operations to 256 bits only then.
 */

// @ts-nocheck: AssemblyScript, compiled by asc alone.

import { multiplyAdd } from './arithmetic';
import { rectify } from './vector';

// Operations, as compile-time constants: each exported kernel inlines its own.
const ADD = 0;
const SUBTRACT = 1;
const MULTIPLY = 2;
const DIVIDE = 3;
const MAXIMUM = 4;
const MINIMUM = 5;
const SQUARED_DIFFERENCE = 6;

const RECTIFY = 0;
const NEGATE = 1;
const SQUARE = 2;
const SQUARE_ROOT = 3;
const RECIPROCAL_SQUARE_ROOT = 4;
const RECIPROCAL = 5;
const ABSOLUTE = 6;
const STEP = 7;
const RECTIFY_UP_TO_SIX = 8;
const FLOOR = 9;
const CEILING = 10;

// @ts-ignore: decorator
@inline
function combine(operation: i32, a: v128, b: v128): v128 {
  if (operation == ADD) return f32x4.add(a, b);
  if (operation == SUBTRACT) return f32x4.sub(a, b);
  if (operation == MULTIPLY) return f32x4.mul(a, b);
  if (operation == DIVIDE) return f32x4.div(a, b);
  if (operation == MAXIMUM) return f32x4.max(a, b);
  if (operation == MINIMUM) return f32x4.min(a, b);
  const difference = f32x4.sub(a, b);
  return f32x4.mul(difference, difference);
}

// @ts-ignore: decorator
@inline
function transform(operation: i32, x: v128): v128 {
  if (operation == RECTIFY) return rectify(x);
  if (operation == NEGATE) return f32x4.neg(x);
  if (operation == SQUARE) return f32x4.mul(x, x);
  if (operation == SQUARE_ROOT) return f32x4.sqrt(x);
  if (operation == RECIPROCAL_SQUARE_ROOT) return f32x4.div(f32x4.splat(1), f32x4.sqrt(x));
  if (operation == RECIPROCAL) return f32x4.div(f32x4.splat(1), x);
  if (operation == ABSOLUTE) return f32x4.abs(x);
  if (operation == FLOOR) return f32x4.floor(x);
  if (operation == CEILING) return f32x4.ceil(x);
  if (operation == RECTIFY_UP_TO_SIX) return f32x4.min(rectify(x), f32x4.splat(6));
  // STEP with slope 0: 1 where x > 0, NaN where x is NaN, else 0.
  const positive = v128.and(f32x4.gt(x, f32x4.splat(0)), f32x4.splat(1));
  return v128.or(positive, v128.and(f32x4.ne(x, x), x));
}

/**
 * y = a ∘ b. An operand's mask is -1 when it has y's shape, or 0 to take its first 16 numbers again and again (a scalar spread
 * over them).
 */
// @ts-ignore: decorator
@inline
function pairwise(operation: i32, a: usize, maskA: usize, b: usize, maskB: usize, y: usize, begin: usize, end: usize): void {
  for (let offset = begin << 2; offset < end << 2; offset += 64) {
    const p = a + (offset & maskA);
    const q = b + (offset & maskB);
    const a0 = v128.load(p), a1 = v128.load(p, 16), a2 = v128.load(p, 32), a3 = v128.load(p, 48);
    const b0 = v128.load(q), b1 = v128.load(q, 16), b2 = v128.load(q, 32), b3 = v128.load(q, 48);
    const r = y + offset;
    v128.store(r, combine(operation, a0, b0));
    v128.store(r, combine(operation, a1, b1), 16);
    v128.store(r, combine(operation, a2, b2), 32);
    v128.store(r, combine(operation, a3, b3), 48);
  }
}

/**
 * y[row, :] = a[row, :] ∘ b[:], where b has `columns` numbers; `swap` exchanges the operands. An item is a row.
 */
// @ts-ignore: decorator
@inline
function byColumn(operation: i32, a: usize, b: usize, columns: i32, swap: bool, y: usize, begin: usize, end: usize): void {
  const rowBytes = <usize>columns << 2;
  const wide = rowBytes & ~31;
  const whole = rowBytes & ~15;
  for (let row = begin; row < end; row++) {
    const p = a + row * rowBytes;
    const r = y + row * rowBytes;
    let o: usize = 0;
    for (; o < wide; o += 32) {
      const a0 = v128.load(p + o), a1 = v128.load(p + o, 16);
      const b0 = v128.load(b + o), b1 = v128.load(b + o, 16);
      v128.store(r + o, swap ? combine(operation, b0, a0) : combine(operation, a0, b0));
      v128.store(r + o, swap ? combine(operation, b1, a1) : combine(operation, a1, b1), 16);
    }
    for (; o < whole; o += 16) {
      const a0 = v128.load(p + o);
      const b0 = v128.load(b + o);
      v128.store(r + o, swap ? combine(operation, b0, a0) : combine(operation, a0, b0));
    }
    for (; o < rowBytes; o += 4) {
      const a0 = v128.load32_splat(p + o);
      const b0 = v128.load32_splat(b + o);
      v128.store_lane<f32>(r + o, swap ? combine(operation, b0, a0) : combine(operation, a0, b0), 0);
    }
  }
}

// @ts-ignore: decorator
@inline
function each(operation: i32, x: usize, y: usize, begin: usize, end: usize): void {
  for (let offset = begin << 2; offset < end << 2; offset += 64) {
    const p = x + offset;
    const x0 = v128.load(p), x1 = v128.load(p, 16), x2 = v128.load(p, 32), x3 = v128.load(p, 48);
    const r = y + offset;
    v128.store(r, transform(operation, x0));
    v128.store(r, transform(operation, x1), 16);
    v128.store(r, transform(operation, x2), 32);
    v128.store(r, transform(operation, x3), 48);
  }
}

export function add(
  a: usize, maskA: usize, b: usize, maskB: usize, y: usize, begin: usize, end: usize, _scratch: usize,
): void {
  pairwise(ADD, a, maskA, b, maskB, y, begin, end);
}
export function subtract(
  a: usize, maskA: usize, b: usize, maskB: usize, y: usize, begin: usize, end: usize, _scratch: usize,
): void {
  pairwise(SUBTRACT, a, maskA, b, maskB, y, begin, end);
}
export function multiply(
  a: usize, maskA: usize, b: usize, maskB: usize, y: usize, begin: usize, end: usize, _scratch: usize,
): void {
  pairwise(MULTIPLY, a, maskA, b, maskB, y, begin, end);
}
export function divide(
  a: usize, maskA: usize, b: usize, maskB: usize, y: usize, begin: usize, end: usize, _scratch: usize,
): void {
  pairwise(DIVIDE, a, maskA, b, maskB, y, begin, end);
}
export function maximum(
  a: usize, maskA: usize, b: usize, maskB: usize, y: usize, begin: usize, end: usize, _scratch: usize,
): void {
  pairwise(MAXIMUM, a, maskA, b, maskB, y, begin, end);
}
export function minimum(
  a: usize, maskA: usize, b: usize, maskB: usize, y: usize, begin: usize, end: usize, _scratch: usize,
): void {
  pairwise(MINIMUM, a, maskA, b, maskB, y, begin, end);
}
export function squaredDifference(
  a: usize, maskA: usize, b: usize, maskB: usize, y: usize, begin: usize, end: usize, _scratch: usize,
): void {
  pairwise(SQUARED_DIFFERENCE, a, maskA, b, maskB, y, begin, end);
}

export function addColumns(a: usize, b: usize, columns: i32, y: usize, begin: usize, end: usize, _scratch: usize): void {
  byColumn(ADD, a, b, columns, false, y, begin, end);
}
export function subtractColumns(a: usize, b: usize, columns: i32, y: usize, begin: usize, end: usize, _scratch: usize): void {
  byColumn(SUBTRACT, a, b, columns, false, y, begin, end);
}
export function subtractFromColumns(a: usize, b: usize, columns: i32, y: usize, begin: usize, end: usize, _scratch: usize): void {
  byColumn(SUBTRACT, a, b, columns, true, y, begin, end);
}
export function multiplyColumns(a: usize, b: usize, columns: i32, y: usize, begin: usize, end: usize, _scratch: usize): void {
  byColumn(MULTIPLY, a, b, columns, false, y, begin, end);
}
export function divideColumns(a: usize, b: usize, columns: i32, y: usize, begin: usize, end: usize, _scratch: usize): void {
  byColumn(DIVIDE, a, b, columns, false, y, begin, end);
}
export function squaredDifferenceColumns(a: usize, b: usize, columns: i32, y: usize, begin: usize, end: usize, _scratch: usize): void {
  byColumn(SQUARED_DIFFERENCE, a, b, columns, false, y, begin, end);
}

export function relu(x: usize, y: usize, begin: usize, end: usize, _scratch: usize): void {
  each(RECTIFY, x, y, begin, end);
}
export function relu6(x: usize, y: usize, begin: usize, end: usize, _scratch: usize): void {
  each(RECTIFY_UP_TO_SIX, x, y, begin, end);
}
export function negate(x: usize, y: usize, begin: usize, end: usize, _scratch: usize): void {
  each(NEGATE, x, y, begin, end);
}
export function square(x: usize, y: usize, begin: usize, end: usize, _scratch: usize): void {
  each(SQUARE, x, y, begin, end);
}
export function squareRoot(x: usize, y: usize, begin: usize, end: usize, _scratch: usize): void {
  each(SQUARE_ROOT, x, y, begin, end);
}
export function reciprocalSquareRoot(x: usize, y: usize, begin: usize, end: usize, _scratch: usize): void {
  each(RECIPROCAL_SQUARE_ROOT, x, y, begin, end);
}
export function reciprocal(x: usize, y: usize, begin: usize, end: usize, _scratch: usize): void {
  each(RECIPROCAL, x, y, begin, end);
}
export function absolute(x: usize, y: usize, begin: usize, end: usize, _scratch: usize): void {
  each(ABSOLUTE, x, y, begin, end);
}
export function floor(x: usize, y: usize, begin: usize, end: usize, _scratch: usize): void {
  each(FLOOR, x, y, begin, end);
}
export function ceiling(x: usize, y: usize, begin: usize, end: usize, _scratch: usize): void {
  each(CEILING, x, y, begin, end);
}
export function step(x: usize, y: usize, begin: usize, end: usize, _scratch: usize): void {
  each(STEP, x, y, begin, end);
}

/** y = value everywhere. */
export function fill(value: f32, y: usize, begin: usize, end: usize, _scratch: usize): void {
  const v = f32x4.splat(value);
  for (let offset = begin << 2; offset < end << 2; offset += 64) {
    v128.store(y + offset, v);
    v128.store(y + offset, v, 16);
    v128.store(y + offset, v, 32);
    v128.store(y + offset, v, 48);
  }
}

/**
 * One step of Adam (Kingma & Ba, 2015) as Keras and PyTorch write it: m' = β₁m + (1 − β₁)g, v' = β₂v + (1 − β₂)g²,
 * p' = p − η · (m' / (1 − β₁ᵗ)) / (√(v' / (1 − β₂ᵗ)) + ε).
 * `meanCorrection` = 1 / (1 − β₁ᵗ), `varianceCorrection` = 1 / (1 − β₂ᵗ).
 */
export function adam(
  variable: usize, firstMoment: usize, secondMoment: usize, gradient: usize,
  newVariable: usize, newFirstMoment: usize, newSecondMoment: usize,
  learningRate: f32, beta1: f32, oneMinusBeta1: f32, beta2: f32, oneMinusBeta2: f32, epsilon: f32,
  meanCorrection: f32, varianceCorrection: f32,
  begin: usize, end: usize, _scratch: usize,
): void {
  const b1 = f32x4.splat(beta1), c1 = f32x4.splat(oneMinusBeta1);
  const b2 = f32x4.splat(beta2), c2 = f32x4.splat(oneMinusBeta2);
  const rate = f32x4.splat(-learningRate * meanCorrection);
  const correction = f32x4.splat(varianceCorrection);
  const eps = f32x4.splat(epsilon);
  for (let o = begin << 2; o < end << 2; o += 32) {
    const g0 = v128.load(gradient + o), g1 = v128.load(gradient + o, 16);
    const m0 = v128.load(firstMoment + o), m1 = v128.load(firstMoment + o, 16);
    const v0 = v128.load(secondMoment + o), v1 = v128.load(secondMoment + o, 16);
    const p0 = v128.load(variable + o), p1 = v128.load(variable + o, 16);
    const n0 = multiplyAdd(b1, m0, f32x4.mul(c1, g0)), n1 = multiplyAdd(b1, m1, f32x4.mul(c1, g1));
    const w0 = multiplyAdd(b2, v0, f32x4.mul(c2, f32x4.mul(g0, g0)));
    const w1 = multiplyAdd(b2, v1, f32x4.mul(c2, f32x4.mul(g1, g1)));
    const d0 = f32x4.add(f32x4.sqrt(f32x4.mul(w0, correction)), eps);
    const d1 = f32x4.add(f32x4.sqrt(f32x4.mul(w1, correction)), eps);
    const q0 = multiplyAdd(rate, f32x4.div(n0, d0), p0), q1 = multiplyAdd(rate, f32x4.div(n1, d1), p1);
    v128.store(newFirstMoment + o, n0);
    v128.store(newFirstMoment + o, n1, 16);
    v128.store(newSecondMoment + o, w0);
    v128.store(newSecondMoment + o, w1, 16);
    v128.store(newVariable + o, q0);
    v128.store(newVariable + o, q1, 16);
  }
}
