import type { Engine } from '../engine.ts';

/** Sums over the slices of one gradient may take this much memory together. */
const mostSliceBytes = 2 ** 21;
const mostSlices = 16;

/**
 * Slices of the positions whose products are summed apart, `sliceFloats` floats each: small filters of large maps have too few
 * elements to share out, large ones have enough and one slice. Fixed by the shape, so that sums do not depend on the threads; a
 * power of two, so that threads share them evenly. `blocks`: how many full blocks of positions there are.
 */
export function sliceCount(sliceFloats: number, blocks: number): number {
  const most = Math.min(mostSlices, mostSliceBytes / (sliceFloats * 4), blocks);
  return most < 2 ? 1 : 2 ** Math.floor(Math.log2(most));
}

/** Groups of rows that `slices` slices are cut into, between `fewest` and `most`, so that `threads` threads are evenly busy. */
export function groupCount(slices: number, threads: number, fewest: number, most: number): number {
  let groups = Math.min(fewest, most);
  const idle = (count: number) => (Math.ceil((slices * count) / threads) * threads) / (slices * count);
  while (groups < most && idle(groups) > 1.15) {
    groups++;
  }
  return groups;
}

/** target [count, outChannels] = the rows at `result` summed over slices, in their order. */
export function sumSlices(
  engine: Engine,
  options: {
    result: number;
    slices: number;
    sliceFloats: number;
    resultColumns: number;
    outChannels: number;
    target: number;
    count: number;
  },
): void {
  const { result, slices, sliceFloats, resultColumns, outChannels, target, count } = options;
  engine.parallel('sumSlices', [result, slices, sliceFloats * 4, resultColumns, outChannels, target], {
    count,
    grain: Math.max(1, Math.ceil(16384 / outChannels)),
  });
}
