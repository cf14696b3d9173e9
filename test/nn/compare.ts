/** max|a − b|; NaN where lengths differ or anything is not a number, so that every comparison with it fails. */
export function largestDifference(a: ArrayLike<number>, b: ArrayLike<number>): number {
  if (a.length !== b.length) return Number.NaN;
  let largest = 0;
  for (let i = 0; i < a.length; i++) {
    const difference = Math.abs((a[i] as number) - (b[i] as number));
    if (!(difference <= largest)) largest = difference;
  }
  return largest;
}

/** max|a − b| / max|b|; where b is all zeros, max|a|. */
export function relativeDifference(a: ArrayLike<number>, b: ArrayLike<number>): number {
  const scale = largestDifference(b, new Float64Array(b.length));
  return largestDifference(a, b) / (scale === 0 ? 1 : scale);
}
