import { byCodeUnit } from './audio-files.ts';
import { hashFraction } from './splits.ts';
import type { Split } from './types.ts';

/**
 * A seeded, stratified draw of given sizes, as the paper's counts ask for: `counts` are those of the whole data set; on a smaller one their shares are kept.
 * `undefined` marks clips that the counts leave over. The clips with the lowest hashes of a stratum test, the next validate, and so on;
 * the strata's shares are rounded by largest remainder, so that the sizes are exact.
 */
export function drawnSplits<T extends { readonly id: string }>(
  clips: readonly T[],
  counts: { readonly total: number; readonly train: number; readonly validation: number; readonly test: number },
  stratumOf: (clip: T) => string,
  seed = 0,
): (Split | undefined)[] {
  const strata = new Map<string, { index: number; rank: number }[]>();
  for (const [index, clip] of clips.entries()) {
    const stratum = stratumOf(clip);
    const member = { index, rank: hashFraction(seed, clip.id) };
    const members = strata.get(stratum);
    if (members) members.push(member);
    else strata.set(stratum, [member]);
  }
  const ordered = [...strata].sort(([a], [b]) => byCodeUnit(a, b)).map(([, members]) => members);
  for (const members of ordered) {
    members.sort((a, b) => a.rank - b.rank || byCodeUnit((clips[a.index] as T).id, (clips[b.index] as T).id));
  }
  const splits = new Array<Split | undefined>(clips.length).fill(undefined);
  const used = ordered.map(() => 0);
  for (const split of ['test', 'validation', 'train'] as const) {
    const wanted = Math.round((counts[split] / counts.total) * clips.length);
    const free = ordered.map((members, stratum) => members.length - (used[stratum] as number));
    for (const [stratum, share] of largestRemainder(Math.min(wanted, sum(free)), free).entries()) {
      const from = used[stratum] as number;
      for (const { index } of (ordered[stratum] ?? []).slice(from, from + share)) splits[index] = split;
      used[stratum] = from + share;
    }
  }
  return splits;
}

function sum(values: readonly number[]): number {
  return values.reduce((total, value) => total + value, 0);
}

/** Whole numbers that add up to `total`, in proportion to `weights` and none above its weight. */
function largestRemainder(total: number, weights: readonly number[]): number[] {
  const all = sum(weights);
  if (all === 0) return weights.map(() => 0);
  const exact = weights.map((weight) => (weight * total) / all);
  const shares = exact.map(Math.floor);
  const order = exact
    .map((value, index) => ({ index, rest: value - Math.floor(value) }))
    .sort((a, b) => b.rest - a.rest || a.index - b.index);
  for (const { index } of order.slice(0, total - sum(shares))) shares[index] = (shares[index] as number) + 1;
  return shares;
}
