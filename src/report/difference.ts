import { studentQuantile } from './distributions.ts';
import { mean, standardDeviation } from './spread.ts';

/** Accuracies in % of the seeds of one model on one test set. */
export interface SeedAccuracies {
  accuracies: readonly number[];
  clips: number;
}

export interface Difference {
  /** Second − first, in points. */
  points: number;
  /** 95 % interval. */
  interval: [number, number];
  withinNoise: boolean;
}

/** Variance of a mean and its degrees of freedom: from seed to seed, and from the finite number of test clips. */
function variances({ accuracies, clips }: SeedAccuracies): { variance: number; freedom: number }[] {
  const share = Math.min(1, Math.max(0, mean(accuracies) / 100));
  const deviation = standardDeviation(accuracies);
  const parts = [{ variance: (1e4 * share * (1 - share)) / Math.max(1, clips), freedom: Number.POSITIVE_INFINITY }];
  if (deviation !== undefined) {
    parts.push({ variance: deviation ** 2 / accuracies.length, freedom: accuracies.length - 1 });
  }
  return parts;
}

/**
 * The difference of two models' accuracies with a 95 % interval from both sources of noise: seeds (Welch) and the finite test
 * set, as if the two were scored on different clips, which errs on the side of noise. Degrees of freedom by
 * Welch–Satterthwaite. `compare` tests two runs on the same clips and is sharper.
 */
export function differenceOf(first: SeedAccuracies, second: SeedAccuracies): Difference {
  const parts = [...variances(first), ...variances(second)];
  const total = parts.reduce((sum, part) => sum + part.variance, 0);
  const inverse = parts.reduce((sum, part) => sum + part.variance ** 2 / part.freedom, 0);
  const freedom = inverse === 0 ? Number.POSITIVE_INFINITY : total ** 2 / inverse;
  const points = mean(second.accuracies) - mean(first.accuracies);
  const half = total === 0 ? 0 : studentQuantile(0.95, freedom) * Math.sqrt(total);
  return { points, interval: [points - half, points + half], withinNoise: Math.abs(points) <= half };
}
