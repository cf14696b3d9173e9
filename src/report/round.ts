/**
 * `value` with a fixed number of decimals, ties rounded away from zero as the paper's tables do (0.625 is 0.63). What binary
 * arithmetic leaves below a tie (0.6249999999999999 from a mean of three) counts as the tie.
 */
export function roundHalfUp(value: number, decimals: number): string {
  if (!Number.isFinite(value)) return String(value);
  const scale = 10 ** decimals;
  const scaled = Math.abs(value) * scale;
  const rounded = Math.floor(scaled + 0.5 + 1e-9 * Math.max(1, scaled));
  const text = (rounded / scale).toFixed(decimals);
  return value < 0 && rounded > 0 ? `-${text}` : text;
}
