/** Largest difference of two vectors relative to the largest value expected (0 where both are all zero or empty). */
export function relativeError(found: ArrayLike<number>, expected: ArrayLike<number>): number {
  let difference = 0;
  let scale = 0;
  for (let index = 0; index < expected.length; index++) {
    const wanted = expected[index] ?? Number.NaN;
    difference = Math.max(difference, Math.abs((found[index] ?? Number.NaN) - wanted));
    scale = Math.max(scale, Math.abs(wanted));
  }
  if (found.length !== expected.length || Number.isNaN(difference)) {
    return Number.NaN;
  }
  return difference === 0 ? 0 : difference / scale;
}

/** Reproducible values in [-1, 1). */
export function randomValues(count: number, seed: number): Float32Array {
  let state = (seed * 2654435761 + 12345) >>> 0;
  return Float32Array.from({ length: count }, () => {
    // Numerical Recipes' linear congruential generator; the high bits are good enough for test data.
    state = (Math.imul(state, 1664525) + 1013904223) >>> 0;
    return state / 2 ** 31 - 1;
  });
}
