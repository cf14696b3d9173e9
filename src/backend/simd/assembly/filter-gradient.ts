import { copy16, lines } from './arithmetic';
import { clearRow, Gather, writePointers } from './gather';
import { packedTile } from './tiles';

/**
 * Gradient of a convolution with respect to its filter, as a matrix product over positions: row (tap, input channel), column
 * output channel. The target of the gather is dy. The words follow those of Gather; src/backend/simd/kernels/filter-gradient.ts
 * writes them.
 */
@unmanaged
export class FilterGradient extends Gather {
  /** [slices][rows + 1][resultColumns] sums: the filter gradient and, in the last row, the bias gradient. */
  result: u32;
  resultColumns: i32;
  /** Positions are cut into this many slices, summed apart; fixed by the shape, never by the number of threads. */
  slices: i32;
  /** An item is one slice, one group of rows and one group of columns. */
  rowGroups: i32;
}

/** Floats between packed panels beyond their content: keeps panels from falling on the same cache sets. */
const panelGap: usize = 64;

/**
 * Scratch: zeros [depth], (taps + 1) · blockPositions pointers, the packed rows and columns of one block: see
 * `filterGradientScratch` of the driver.
 */
export function filterGradient(address: usize, begin: i32, end: i32, scratch: usize): void {
  const job = changetype<FilterGradient>(address);
  const taps = job.tapRows * job.tapColumns;
  const depth = job.depth;
  const rows = taps * depth;
  const columns = job.targetChannels;
  const block = job.blockPositions;
  const rowPanels = (rows + 5) / 6;
  const columnPanels = (columns + 15) >> 4;
  const resultStride = <usize>job.resultColumns << 2;
  const sliceBytes = <usize>(rows + 1) * resultStride;

  const zeros = scratch;
  const sources = zeros + lines(<usize>depth << 2);
  const stride = lines(<usize>block << 2);
  const targets = sources + <usize>taps * stride;
  const left = targets + stride;
  const leftPanel = <usize>block * 24 + panelGap;
  const rightPanel = <usize>block * 64 + panelGap;
  const mostRowPanels = (rowPanels + job.rowGroups - 1) / job.rowGroups + 1;
  const right = left + lines(<usize>mostRowPanels * leftPanel);
  clearRow(zeros, depth);

  for (let item = begin; item < end; item++) {
    const columnGroup = item % job.columnGroups;
    const rowGroup = (item / job.columnGroups) % job.rowGroups;
    const slice = item / job.columnGroups / job.rowGroups;
    const firstRowPanel = (rowPanels * rowGroup) / job.rowGroups;
    const lastRowPanel = (rowPanels * (rowGroup + 1)) / job.rowGroups;
    const firstRow = firstRowPanel * 6;
    const lastRow = min(rows, lastRowPanel * 6);
    const firstColumnPanel = (columnPanels * columnGroup) / job.columnGroups;
    const lastColumnPanel = (columnPanels * (columnGroup + 1)) / job.columnGroups;
    const result = <usize>job.result + <usize>slice * sliceBytes;
    const firstPosition = <i32>((<i64>job.positions * slice) / job.slices);
    const lastPosition = <i32>((<i64>job.positions * (slice + 1)) / job.slices);

    for (let position = firstPosition; position < lastPosition; position += block) {
      const count = min(block, lastPosition - position);
      const accumulate = position > firstPosition;
      writePointers(job, position, count, sources, stride, targets, zeros);
      packRows(sources, stride, depth, firstRow, lastRow, count, left, leftPanel);
      packColumns(targets, count, columns, firstColumnPanel, lastColumnPanel, right, rightPanel);
      let from = right;
      for (let p = firstColumnPanel; p < lastColumnPanel; p++) {
        const column = result + (<usize>p << 6);
        let rowsFrom = left;
        for (let q = firstRowPanel; q < lastRowPanel; q++) {
          const to = column + <usize>(q * 6) * resultStride;
          packedTile(min(6, rows - q * 6), rowsFrom, from, count, to, resultStride, accumulate);
          rowsFrom += leftPanel;
        }
        if (rowGroup == 0) {
          sumColumns(from, count, column + <usize>rows * resultStride, accumulate);
        }
        from += rightPanel;
      }
    }
  }
}

/**
 * left [panel][position][6]: rows [first, last) of the matrix whose row (tap, channel) holds channel `channel` of the positions
 * that `sources` [taps][stride / 4] points at. `first` is a multiple of 6.
 */
function packRows(
  sources: usize,
  stride: usize,
  depth: i32,
  first: i32,
  last: i32,
  count: i32,
  left: usize,
  panelBytes: usize,
): void {
  if (depth == 1) {
    // One-channel maps: a row is a tap.
    for (let row = first; row < last; row++) {
      let to = left + <usize>((row - first) / 6) * panelBytes + (<usize>((row - first) % 6) << 2);
      const from = sources + <usize>row * stride;
      for (let at = from; at < from + (<usize>count << 2); at += 4) {
        f32.store(to, f32.load(<usize>load<u32>(at)));
        to += 24;
      }
    }
    return;
  }
  const firstTap = first / depth;
  const firstChannel = first % depth;
  for (let position = 0; position < count; position++) {
    let to = left + <usize>position * 24;
    let pointer = sources + <usize>firstTap * stride + (<usize>position << 2);
    let channel = firstChannel;
    let slot = 0;
    for (let remaining = last - first; remaining > 0; ) {
      let run = min(depth - channel, remaining);
      let from = <usize>load<u32>(pointer) + (<usize>channel << 2);
      remaining -= run;
      channel = 0;
      pointer += stride;
      while (slot && run) {
        f32.store(to + (<usize>slot << 2), f32.load(from));
        from += 4;
        run--;
        if (++slot == 6) {
          slot = 0;
          to += panelBytes;
        }
      }
      for (; run >= 6; run -= 6) {
        v128.store(to, v128.load(from));
        i64.store(to, i64.load(from, 16), 16);
        from += 24;
        to += panelBytes;
      }
      for (; run; run--) {
        f32.store(to + (<usize>slot << 2), f32.load(from));
        from += 4;
        slot++;
      }
    }
  }
}

/** right [panel][position][16]: columns of the rows that `targets` points at; missing columns become zeros. */
function packColumns(
  targets: usize,
  count: i32,
  columns: i32,
  firstPanel: i32,
  lastPanel: i32,
  right: usize,
  panelBytes: usize,
): void {
  const wholePanels = min(lastPanel, columns >> 4);
  for (let position = 0; position < count; position++) {
    let from = <usize>load<u32>(targets + (<usize>position << 2)) + (<usize>firstPanel << 6);
    let to = right + (<usize>position << 6);
    for (let p = firstPanel; p < wholePanels; p++) {
      copy16(from, to);
      from += 64;
      to += panelBytes;
    }
    if (wholePanels < lastPanel) {
      memory.fill(to, 0, 64);
      for (let i: usize = 0; i < <usize>(columns & 15) << 2; i += 4) {
        f32.store(to + i, f32.load(from + i));
      }
    }
  }
}

/** target [16] (+)= sum over positions of right [position][16]. */
export function sumColumns(right: usize, count: i32, target: usize, accumulate: bool): void {
  let s0 = f32x4.splat(0);
  let s1 = f32x4.splat(0);
  let s2 = f32x4.splat(0);
  let s3 = f32x4.splat(0);
  for (let position = 0; position < count; position++) {
    s0 = f32x4.add(s0, v128.load(right));
    s1 = f32x4.add(s1, v128.load(right, 16));
    s2 = f32x4.add(s2, v128.load(right, 32));
    s3 = f32x4.add(s3, v128.load(right, 48));
    right += 64;
  }
  if (accumulate) {
    s0 = f32x4.add(s0, v128.load(target));
    s1 = f32x4.add(s1, v128.load(target, 16));
    s2 = f32x4.add(s2, v128.load(target, 32));
    s3 = f32x4.add(s3, v128.load(target, 48));
  }
  v128.store(target, s0);
  v128.store(target, s1, 16);
  v128.store(target, s2, 32);
  v128.store(target, s3, 48);
}

/**
 * target [rows][columns] = Σ over slices of source [slices][sliceBytes / …][sourceColumns], rows [begin, end): slices are added in
 * their order.
 */
export function sumSlices(
  source: usize,
  slices: i32,
  sliceBytes: usize,
  sourceColumns: i32,
  columns: i32,
  target: usize,
  begin: i32,
  end: i32,
  scratch: usize,
): void {
  const bytes = <usize>columns << 2;
  const whole = bytes & ~15;
  for (let row = begin; row < end; row++) {
    const from = source + (<usize>row * <usize>sourceColumns << 2);
    const to = target + <usize>row * bytes;
    for (let i: usize = 0; i < whole; i += 16) {
      let sum = v128.load(from + i);
      for (let slice = 1; slice < slices; slice++) {
        sum = f32x4.add(sum, v128.load(from + <usize>slice * sliceBytes + i));
      }
      v128.store(to + i, sum);
    }
    for (let i = whole; i < bytes; i += 4) {
      let sum = f32.load(from + i);
      for (let slice = 1; slice < slices; slice++) {
        sum += f32.load(from + <usize>slice * sliceBytes + i);
      }
      f32.store(to + i, sum);
    }
  }
}
