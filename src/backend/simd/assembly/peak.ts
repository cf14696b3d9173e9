import { packedTile } from './tiles';

/**
 * Multiplies operands that stay in the nearest cache, [64][6] at `left` and [64][16] at `right`, `end − begin` times: the rate
 * that no kernel can exceed, for the benchmarks.
 */
export function peak(left: usize, right: usize, begin: i32, end: i32, scratch: usize): void {
  for (let item = begin; item < end; item++) {
    packedTile(6, left, right, 64, scratch, 64, false);
  }
}
