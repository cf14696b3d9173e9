import type { Measurement, Place, Side } from './side.ts';
import { runSide } from './side.ts';

/** Measurements of every side, one a round. */
export type Rounds = Map<string, Measurement[]>;

/**
 * Runs the sides in turn, A B A B …, so that whatever else the machine does falls on all of them alike.
 * @param onRun called before each run
 */
export async function alternate(
  sides: Side[],
  rounds: number,
  place: Place,
  onRun: (side: Side, round: number) => void,
): Promise<Rounds> {
  const results: Rounds = new Map(sides.map((side) => [side.name, []]));
  for (let round = 0; round < rounds; round++) {
    for (const side of sides) {
      onRun(side, round);
      results.get(side.name)?.push(await runSide(side, place));
    }
  }
  return results;
}

/** The middle value; the mean of the two middle ones where their number is even; NaN for none. */
export function median(values: readonly number[]): number {
  const sorted = [...values].sort((a, b) => a - b);
  const middle = sorted.length / 2;
  const [low = Number.NaN, high = low] = [sorted[Math.ceil(middle) - 1], sorted[Math.floor(middle)]];
  return (low + high) / 2;
}

/** The numbers under `key` of one side, round by round; NaN where there is none. */
export function numbers(rounds: Rounds, side: string, key: string): number[] {
  return (rounds.get(side) ?? []).map((measurement) => {
    const value = measurement[key];
    return typeof value === 'number' ? value : Number.NaN;
  });
}

/**
 * How many times more the peers take than `side`: in each round the least of the peers over ours, then the median over rounds.
 * NaN without peers.
 */
export function medianRatio(rounds: Rounds, side: string, peers: readonly string[], key: string): number {
  const ours = numbers(rounds, side, key);
  const theirs = peers.map((peer) => numbers(rounds, peer, key));
  return median(ours.map((value, round) => Math.min(...theirs.map((values) => values[round] ?? Number.NaN)) / value));
}
