/**
 * The value below which a share of some numbers lies, between neighbours linearly (NumPy's default). NaN of none.
 * @param sorted in ascending order. @param share 0 to 1.
 */
export function quantile(sorted: ArrayLike<number>, share: number): number {
  if (sorted.length === 0) return Number.NaN;
  const place = share * (sorted.length - 1);
  const index = Math.floor(place);
  const low = sorted[index] as number;
  const high = sorted[Math.min(index + 1, sorted.length - 1)] as number;
  return low + (place - index) * (high - low);
}
