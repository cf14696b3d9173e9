import { logGamma } from './distributions.ts';

/** What two classifiers did with the same clips. */
export interface PairedCounts {
  clips: number;
  /** Right in the first run only. */
  onlyFirst: number;
  /** Right in the second run only. */
  onlySecond: number;
}

/**
 * McNemar's exact test, two-sided: the probability, were both runs equally good, that the clips on which they differ would be
 * split at least as unevenly (a binomial test at one half; McNemar 1947).
 */
export function mcnemar({ onlyFirst, onlySecond }: PairedCounts): number {
  const differing = onlyFirst + onlySecond;
  if (differing === 0) return 1;
  const fewer = Math.min(onlyFirst, onlySecond);
  let tail = 0;
  for (let k = 0; k <= fewer; k++) {
    const logChoose = logGamma(differing + 1) - logGamma(k + 1) - logGamma(differing - k + 1);
    tail += Math.exp(logChoose - differing * Math.LN2);
  }
  return Math.min(1, 2 * tail);
}

/**
 * Percentile bootstrap at 95 % of the difference of accuracies (second − first) over the same clips: clips are drawn with
 * replacement `resamples` times (Efron 1979). `uniform` gives numbers in [0, 1).
 */
export function bootstrapDifference(
  { clips, onlyFirst, onlySecond }: PairedCounts,
  { uniform, resamples = 10_000 }: { uniform: () => number; resamples?: number },
): [number, number] {
  const worse = onlyFirst / clips;
  const differing = (onlyFirst + onlySecond) / clips;
  const differences = new Float64Array(resamples);
  for (let sample = 0; sample < resamples; sample++) {
    let balance = 0;
    for (let clip = 0; clip < clips; clip++) {
      const draw = uniform();
      if (draw < worse) balance -= 1;
      else if (draw < differing) balance += 1;
    }
    differences[sample] = balance / clips;
  }
  differences.sort();
  const at = (share: number) => differences[Math.min(resamples - 1, Math.floor(share * resamples))] ?? Number.NaN;
  return [at(0.025), at(0.975)];
}
