/**
 * Arrays of up to four axes whose elements are visited with a step for each axis (0 repeats an axis): broadcasting, tiling,
 * transposition, reversal. Results are contiguous. Steps are in elements. An item is a row of the result, its last axis.
 */

// @ts-nocheck: AssemblyScript, compiled by asc alone.

// @ts-ignore: decorator
@inline
function address(base: usize, row: i32, size1: i32, size2: i32, step0: i32, step1: i32, step2: i32): usize {
  const rest = row / size2;
  const i2 = row - rest * size2;
  const i0 = rest / size1;
  const i1 = rest - i0 * size1;
  return base + (<usize>(i0 * step0 + i1 * step1 + i2 * step2) << 2);
}

/** y[i0, i1, i2, i3] = x[i0 · step0 + i1 · step1 + i2 · step2 + i3 · step3]. */
export function copyStrided(
  x: usize, y: usize, size1: i32, size2: i32, size3: i32, step0: i32, step1: i32, step2: i32, step3: i32,
  begin: i32, end: i32, _scratch: usize,
): void {
  const bytes = <usize>size3 << 2;
  const step = <usize>step3 << 2;
  for (let row = begin; row < end; row++) {
    let p = address(x, row, size1, size2, step0, step1, step2);
    let r = y + <usize>row * bytes;
    const stop = r + bytes;
    if (step3 == 1) {
      memory.copy(r, p, bytes);
    } else {
      for (; r < stop; r += 4, p += step) store<u32>(r, load<u32>(p));
    }
  }
}

const ADD = 0;
const SUBTRACT = 1;
const MULTIPLY = 2;
const DIVIDE = 3;
const MAXIMUM = 4;
const MINIMUM = 5;

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

/** One row; an operand advances or stays. */
// @ts-ignore: decorator
@inline
function combineRow(operation: i32, p: usize, stepA: i32, q: usize, stepB: i32, r: usize, count: i32): void {
  const stop = r + (<usize>count << 2);
  const whole = r + (<usize>(count & ~3) << 2);
  if (stepA == 1 && stepB == 1) {
    for (; r < whole; r += 16, p += 16, q += 16) v128.store(r, combine(operation, v128.load(p), v128.load(q)));
  } else if (stepA == 1 && stepB == 0) {
    const b = v128.load32_splat(q);
    for (; r < whole; r += 16, p += 16) v128.store(r, combine(operation, v128.load(p), b));
  } else if (stepA == 0 && stepB == 1) {
    const a = v128.load32_splat(p);
    for (; r < whole; r += 16, q += 16) v128.store(r, combine(operation, a, v128.load(q)));
  }
  const advanceA = <usize>stepA << 2, advanceB = <usize>stepB << 2;
  for (; r < stop; r += 4, p += advanceA, q += advanceB) {
    v128.store_lane<f32>(r, combine(operation, v128.load32_splat(p), v128.load32_splat(q)), 0);
  }
}

/** y = a ∘ b with steps for both operands; those of the last axis are 0 or 1. `operation`: see above, 6 is (a − b)². */
export function combineStrided(
  operation: i32, a: usize, b: usize, y: usize, size1: i32, size2: i32, size3: i32,
  a0: i32, a1: i32, a2: i32, a3: i32, b0: i32, b1: i32, b2: i32, b3: i32, begin: i32, end: i32, _scratch: usize,
): void {
  const bytes = <usize>size3 << 2;
  for (let row = begin; row < end; row++) {
    const p = address(a, row, size1, size2, a0, a1, a2);
    const q = address(b, row, size1, size2, b0, b1, b2);
    const r = y + <usize>row * bytes;
    if (operation == ADD) combineRow(ADD, p, a3, q, b3, r, size3);
    else if (operation == SUBTRACT) combineRow(SUBTRACT, p, a3, q, b3, r, size3);
    else if (operation == MULTIPLY) combineRow(MULTIPLY, p, a3, q, b3, r, size3);
    else if (operation == DIVIDE) combineRow(DIVIDE, p, a3, q, b3, r, size3);
    else if (operation == MAXIMUM) combineRow(MAXIMUM, p, a3, q, b3, r, size3);
    else if (operation == MINIMUM) combineRow(MINIMUM, p, a3, q, b3, r, size3);
    else combineRow(6, p, a3, q, b3, r, size3);
  }
}
