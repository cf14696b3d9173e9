import { lines } from './arithmetic';

/**
 * A convolution seen from its output: a lattice of output positions, and for every tap the input position that it reads.
 * Forward convolutions, their input gradients (one lattice for every phase of the stride) and matrix products are all of
 * this form. All fields are 32-bit words in this order; src/backend/simd/kernels/gather.ts writes them.
 *
 * Position (image, i, j) of the lattice writes target row `targetRowStart + i · targetRowStep` (columns alike), and tap
 * (m, n) reads source row `i · sourceRowStep + sourceRowOffset + m · tapRowStep`; outside the source it reads zeros.
 */
@unmanaged
export class Gather {
  source: u32;
  sourceHeight: i32;
  sourceWidth: i32;
  depth: i32;
  target: u32;
  targetHeight: i32;
  targetWidth: i32;
  targetChannels: i32;
  latticeHeight: i32;
  latticeWidth: i32;
  targetRowStart: i32;
  targetRowStep: i32;
  targetColumnStart: i32;
  targetColumnStep: i32;
  sourceRowStep: i32;
  sourceRowOffset: i32;
  tapRowStep: i32;
  sourceColumnStep: i32;
  sourceColumnOffset: i32;
  tapColumnStep: i32;
  tapRows: i32;
  tapColumns: i32;
  /** batch · latticeHeight · latticeWidth */
  positions: i32;
  /** Packed weights: 16 columns at a time, each panel a header (bias, scale, offset) and [taps · depth][16]. */
  panels: u32;
  /** 1: relu(·) · scale + offset after the bias. */
  epilogue: i32;
  /** How the work is cut: an item is one block of positions times one group of panels. */
  blockPositions: i32;
  columnGroups: i32;
}

/** Bytes before a panel's weights: bias, scale and offset of its 16 columns. */
export const headerBytes: usize = 192;

/** Fills a row of zeros, which positions outside the source read. */
export function clearRow(row: usize, depth: i32): void {
  memory.fill(row, 0, lines(<usize>depth << 2));
}

/**
 * Writes the pointers of `count` positions from `first` on: `sources` [taps][stride / 4] and `targets` [count] (skipped
 * when 0).
 */
export function writePointers(
  gather: Gather,
  first: i32,
  count: i32,
  sources: usize,
  stride: usize,
  targets: usize,
  zeros: usize,
): void {
  const height = gather.sourceHeight;
  const width = gather.sourceWidth;
  const tapRows = gather.tapRows;
  const tapColumns = gather.tapColumns;
  const rowBytes = <usize>gather.depth << 2;
  const imageBytes = <usize>height * <usize>width * rowBytes;
  const targetRowBytes = <usize>gather.targetChannels << 2;
  let j = first % gather.latticeWidth;
  let i = (first / gather.latticeWidth) % gather.latticeHeight;
  let image = first / gather.latticeWidth / gather.latticeHeight;
  // Runs of positions in one row of the lattice.
  for (let done = 0; done < count; ) {
    const run = min(gather.latticeWidth - j, count - done);
    const start = <usize>done << 2;
    let tap = sources + start;
    for (let m = 0; m < tapRows; m++) {
      const row = i * gather.sourceRowStep + gather.sourceRowOffset + m * gather.tapRowStep;
      const rowInside = <u32>row < <u32>height;
      const base = <usize>gather.source + <usize>image * imageBytes + <usize>row * <usize>width * rowBytes;
      for (let n = 0; n < tapColumns; n++) {
        let column = j * gather.sourceColumnStep + gather.sourceColumnOffset + n * gather.tapColumnStep;
        for (let slot = tap; slot < tap + (<usize>run << 2); slot += 4) {
          const inside = rowInside && <u32>column < <u32>width;
          store<u32>(slot, <u32>(inside ? base + <usize>column * rowBytes : zeros));
          column += gather.sourceColumnStep;
        }
        tap += stride;
      }
    }
    if (targets) {
      const row = image * gather.targetHeight + gather.targetRowStart + i * gather.targetRowStep;
      const column = gather.targetColumnStart + j * gather.targetColumnStep;
      const step = <usize>gather.targetColumnStep * targetRowBytes;
      let pointer = <usize>gather.target + (<usize>row * <usize>gather.targetWidth + <usize>column) * targetRowBytes;
      for (let slot = targets + start; slot < targets + start + (<usize>run << 2); slot += 4) {
        store<u32>(slot, <u32>pointer);
        pointer += step;
      }
    }
    done += run;
    j = 0;
    if (++i == gather.latticeHeight) {
      i = 0;
      image++;
    }
  }
}
