import { copy16, lines } from './arithmetic';
import { clearRow, Gather, headerBytes, writePointers } from './gather';
import { gatherTile } from './tiles';

/**
 * Convolution by indirection: items are blocks of positions times groups of panels, and in a block every panel of weights
 * meets all positions, six at a time.
 * Scratch: 64-byte multiples of depth floats, (taps + 1) · blockPositions pointers, 576 bytes.
 */
export function gatherConvolution(address: usize, begin: i32, end: i32, scratch: usize): void {
  const gather = changetype<Gather>(address);
  const taps = gather.tapRows * gather.tapColumns;
  const depth = gather.depth;
  const columns = gather.targetChannels;
  const panelCount = (columns + 15) >> 4;
  const panelBytes = headerBytes + <usize>taps * <usize>depth * 64;
  const epilogue = gather.epilogue != 0;
  const block = gather.blockPositions;
  const groups = gather.columnGroups;

  const zeros = scratch;
  const sources = zeros + lines(<usize>depth << 2);
  const stride = lines(<usize>block << 2);
  const targets = sources + <usize>taps * stride;
  const edge = targets + stride; // [6][16]: a tile of which only some columns exist
  const edgeTargets = edge + 6 * 64;
  clearRow(zeros, depth);
  for (let r: usize = 0; r < 6; r++) {
    store<u32>(edgeTargets + (r << 2), <u32>(edge + (r << 6)));
  }

  for (let item = begin; item < end; item++) {
    const first = (item / groups) * block;
    const count = min(block, gather.positions - first);
    writePointers(gather, first, count, sources, stride, targets, zeros);
    const group = item % groups;
    const lastPanel = (panelCount * (group + 1)) / groups;
    for (let p = (panelCount * group) / groups; p < lastPanel; p++) {
      const header = <usize>gather.panels + <usize>p * panelBytes;
      const panel = header + headerBytes;
      const offset = <usize>p << 6;
      const left = columns - (p << 4);
      for (let position = 0; position < count; position += 6) {
        const rows = min(6, count - position);
        const from = sources + (<usize>position << 2);
        const to = targets + (<usize>position << 2);
        if (left >= 16) {
          gatherTile(rows, from, stride, taps, depth, panel, header, to, offset, epilogue);
        } else {
          gatherTile(rows, from, stride, taps, depth, panel, header, edgeTargets, 0, epilogue);
          for (let r = 0; r < rows; r++) {
            memory.copy(<usize>load<u32>(to + (<usize>r << 2)) + offset, edge + (<usize>r << 6), <usize>left << 2);
          }
        }
      }
    }
  }
}

/**
 * Packs a matrix [rows, columns], or [columns, rows] if transposed, into panels [begin, end) of 16 columns with their headers;
 * missing columns become zeros. `bias`, `scale`, `offset`: vectors of `columns` floats, or 0 for none.
 */
export function packPanels(
  matrix: usize,
  rows: i32,
  columns: i32,
  transposed: bool,
  bias: usize,
  scale: usize,
  offset: usize,
  panels: usize,
  begin: i32,
  end: i32,
  scratch: usize,
): void {
  const panelBytes = headerBytes + <usize>rows * 64;
  for (let p = begin; p < end; p++) {
    const header = panels + <usize>p * panelBytes;
    packHeader(p, columns, bias, scale, offset, header);
    if (transposed) {
      const from = matrix + <usize>(p << 4) * <usize>rows * 4;
      transposeInto(from, <usize>rows << 2, min(16, columns - (p << 4)), rows, header + headerBytes);
    } else {
      packPanel(matrix, p, rows, columns, header + headerBytes);
    }
  }
}

/** panel [rows][16] = 16 columns of matrix [rows, columns] from column 16 p on; missing columns become zeros. */
export function packPanel(matrix: usize, p: i32, rows: i32, columns: i32, panel: usize): void {
  const rowBytes = <usize>columns << 2;
  const bytes = <usize>min(16, columns - (p << 4)) << 2;
  const last = panel + <usize>rows * 64;
  let from = matrix + (<usize>p << 6);
  if (bytes == 64) {
    for (let to = panel; to < last; to += 64) {
      copy16(from, to);
      from += rowBytes;
    }
  } else {
    for (let to = panel; to < last; to += 64) {
      memory.fill(to, 0, 64);
      memory.copy(to, from, bytes);
      from += rowBytes;
    }
  }
}

/** Writes the headers of panels [begin, end), `panelBytes` apart. */
export function packHeaders(
  columns: i32,
  bias: usize,
  scale: usize,
  offset: usize,
  panels: usize,
  panelBytes: usize,
  begin: i32,
  end: i32,
  scratch: usize,
): void {
  for (let p = begin; p < end; p++) {
    packHeader(p, columns, bias, scale, offset, panels + <usize>p * panelBytes);
  }
}

/** The header of panel p: 16 values each of bias, scale and offset, zeros where there are none. */
export function packHeader(p: i32, columns: i32, bias: usize, scale: usize, offset: usize, header: usize): void {
  const start = <usize>p << 6;
  const bytes = <usize>min(16, columns - (p << 4)) << 2;
  packVector(bias, start, bytes, header);
  packVector(scale, start, bytes, header + 64);
  packVector(offset, start, bytes, header + 128);
}

function packVector(vector: usize, start: usize, bytes: usize, target: usize): void {
  memory.fill(target, 0, 64);
  if (vector) {
    memory.copy(target, vector + start, bytes);
  }
}

/**
 * Packs panels [begin, end) of the transposed filter: `filter` [tapRows, tapColumns, inputs, outputs], of which the taps
 * (row + m · rowStep, column + n · columnStep) are kept for m < rows, n < columns; a panel is 16 inputs, its rows are
 * [m][n][output]. The headers are zero.
 */
export function packTransposedPanels(
  filter: usize,
  filterColumns: i32,
  inputs: i32,
  outputs: i32,
  row: i32,
  rowStep: i32,
  rows: i32,
  column: i32,
  columnStep: i32,
  columns: i32,
  panels: usize,
  begin: i32,
  end: i32,
  scratch: usize,
): void {
  const panelBytes = headerBytes + <usize>(rows * columns) * <usize>outputs * 64;
  const tapBytes = <usize>inputs * <usize>outputs * 4;
  for (let p = begin; p < end; p++) {
    const header = panels + <usize>p * panelBytes;
    memory.fill(header, 0, headerBytes);
    let to = header + headerBytes;
    for (let m = 0; m < rows; m++) {
      for (let n = 0; n < columns; n++) {
        const tap = (row + m * rowStep) * filterColumns + column + n * columnStep;
        packTransposedTap(filter + <usize>tap * tapBytes, p, inputs, outputs, to);
        to += <usize>outputs * 64;
      }
    }
  }
}

/** panel [outputs][16] = 16 inputs from 16 p on of one tap of a filter [inputs, outputs], transposed. */
export function packTransposedTap(tap: usize, p: i32, inputs: i32, outputs: i32, panel: usize): void {
  const rowBytes = <usize>outputs << 2;
  transposeInto(tap + <usize>(p << 4) * rowBytes, rowBytes, min(16, inputs - (p << 4)), outputs, panel);
}

/** target [columns][16] = source [rows ≤ 16, columns] transposed, rows `rowBytes` apart; missing rows become zeros. */
export function transposeInto(source: usize, rowBytes: usize, rows: i32, columns: i32, target: usize): void {
  if (rows < 16) {
    memory.fill(target, 0, <usize>columns * 64);
  }
  let r = 0;
  for (; r + 4 <= rows; r += 4) {
    const from = source + <usize>r * rowBytes;
    let to = target + (<usize>r << 2);
    let c = 0;
    for (; c + 4 <= columns; c += 4) {
      const at = from + (<usize>c << 2);
      const x0 = v128.load(at);
      const x1 = v128.load(at + rowBytes);
      const x2 = v128.load(at + 2 * rowBytes);
      const x3 = v128.load(at + 3 * rowBytes);
      const low01 = v128.shuffle<f32>(x0, x1, 0, 4, 1, 5);
      const low23 = v128.shuffle<f32>(x2, x3, 0, 4, 1, 5);
      const high01 = v128.shuffle<f32>(x0, x1, 2, 6, 3, 7);
      const high23 = v128.shuffle<f32>(x2, x3, 2, 6, 3, 7);
      v128.store(to, v128.shuffle<i64>(low01, low23, 0, 2));
      v128.store(to, v128.shuffle<i64>(low01, low23, 1, 3), 64);
      v128.store(to, v128.shuffle<i64>(high01, high23, 0, 2), 128);
      v128.store(to, v128.shuffle<i64>(high01, high23, 1, 3), 192);
      to += 256;
    }
    for (; c < columns; c++) {
      for (let i: usize = 0; i < 4; i++) {
        f32.store(to + (i << 2), f32.load(from + i * rowBytes + (<usize>c << 2)));
      }
      to += 64;
    }
  }
  for (; r < rows; r++) {
    const from = source + <usize>r * rowBytes;
    const to = target + (<usize>r << 2);
    for (let c: usize = 0; c < <usize>columns; c++) {
      f32.store(to + (c << 6), f32.load(from + (c << 2)));
    }
  }
}

/** target [columns, rows] = source [rows, columns] transposed, target rows [begin, end). */
export function transposeMatrix(
  source: usize,
  rows: i32,
  columns: i32,
  target: usize,
  begin: i32,
  end: i32,
  scratch: usize,
): void {
  const rowBytes = <usize>columns << 2;
  for (let c = begin; c < end; c++) {
    let from = source + (<usize>c << 2);
    let to = target + <usize>c * <usize>rows * 4;
    for (let r = 0; r < rows; r++) {
      f32.store(to, f32.load(from));
      from += rowBytes;
      to += 4;
    }
  }
}
