/** Which standard deviation: over n − 1 (a sample of runs) or over n (the runs as the whole population). */
export type DeviationKind = 'sample' | 'population';

/** Mean and standard deviation of several runs; one run has no deviation. */
export interface Spread {
  mean: number;
  deviation: number | undefined;
  count: number;
}

/** Arithmetic mean of at least one value. */
export function mean(values: readonly number[]): number {
  return values.reduce((sum, value) => sum + value, 0) / values.length;
}

/** Standard deviation of `values`, or undefined for fewer than two of them. */
export function standardDeviation(values: readonly number[], kind: DeviationKind = 'sample'): number | undefined {
  if (values.length < 2) return undefined;
  const centre = mean(values);
  const squares = values.reduce((sum, value) => sum + (value - centre) ** 2, 0);
  return Math.sqrt(squares / (kind === 'sample' ? values.length - 1 : values.length));
}

/** Mean ± sd of the values of several seeds, or undefined where there is none. */
export function spreadOf(values: readonly number[], kind: DeviationKind = 'sample'): Spread | undefined {
  if (values.length === 0) return undefined;
  return { mean: mean(values), deviation: standardDeviation(values, kind), count: values.length };
}

/** The middle of the sorted values (the mean of the two middle ones of an even number). */
export function median(values: readonly number[]): number {
  const sorted = [...values].sort((a, b) => a - b);
  const half = sorted.length >> 1;
  const upper = sorted[half] ?? Number.NaN;
  return sorted.length % 2 === 1 ? upper : ((sorted[half - 1] ?? Number.NaN) + upper) / 2;
}
