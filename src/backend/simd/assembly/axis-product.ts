import { copy16, lines, multiplyAdd } from './arithmetic';
import { transposeInto } from './convolution';
import { gatherTile, packedTile } from './tiles';


/**
 * y[o, j, i] = Σ_n M[j, n] x[o, n, i]: a small matrix applied along one axis of x [outer, N, inner].
 * `matrix`: packed [ceil(N' / 6)][N][6]. An item is one o and `groupColumns` (a multiple of 16) consecutive i. With `scale` (not 0): relu(y) · scale + offset, where
 * both hold a value for each i (`inner` floats).
 * Scratch: groupColumns / 16 panels [N][16] and a tile [6][16].
 */
export function axisProduct(
  matrix: usize,
  x: usize,
  y: usize,
  size: i32,
  newSize: i32,
  inner: i32,
  groupColumns: i32,
  scale: usize,
  offset: usize,
  begin: i32,
  end: i32,
  scratch: usize,
): void {
  const groups = (inner + groupColumns - 1) / groupColumns;
  const rowBytes = <usize>inner << 2;
  const panelBytes = <usize>size << 6;
  const edge = scratch + <usize>(groupColumns >> 4) * panelBytes;
  for (let item = begin; item < end; item++) {
    const o = item / groups;
    const first = (item % groups) * groupColumns;
    const count = min(groupColumns, inner - first);
    const from = x + <usize>o * <usize>size * rowBytes + (<usize>first << 2);
    const to = y + <usize>o * <usize>newSize * rowBytes + (<usize>first << 2);
    packGroup(from, rowBytes, size, count, scratch, panelBytes);
    // Few rows of y at a time, each from end to end, as the hardware fetches ahead.
    let rows = matrix;
    for (let j = 0; j < newSize; j += 6) {
      const tileRows = min(6, newSize - j);
      const row = to + <usize>j * rowBytes;
      for (let column = 0; column < count; column += 16) {
        const panel = scratch + <usize>(column >> 4) * panelBytes;
        const target = row + (<usize>column << 2);
        const left = count - column;
        if (left >= 16) {
          packedTile(tileRows, rows, panel, size, target, rowBytes, false);
        } else {
          packedTile(tileRows, rows, panel, size, edge, 64, false);
          for (let r = 0; r < tileRows; r++) {
            for (let c: usize = 0; c < <usize>left << 2; c += 4) {
              f32.store(target + <usize>r * rowBytes + c, f32.load(edge + (<usize>r << 6) + c));
            }
          }
        }
      }
      rows += <usize>size * 24;
    }
    if (scale) {
      const at = <usize>first << 2;
      for (let j = 0; j < newSize; j++) {
        reluAffine(to + <usize>j * rowBytes, scale + at, offset + at, count);
      }
    }
  }
}

/** Copies [size][count] values at row stride `rowBytes` into panels [size][16]; missing columns become zeros. */
function packGroup(from: usize, rowBytes: usize, size: i32, count: i32, panels: usize, panelBytes: usize): void {
  for (let n = 0; n < size; n++) {
    let to = panels + (<usize>n << 6);
    let column = 0;
    for (; column + 16 <= count; column += 16) {
      const at = from + (<usize>column << 2);
      copy16(at, to);
      to += panelBytes;
    }
    if (column < count) {
      for (let c = 0; c < 16; c++) {
        const value: f32 = column + c < count ? f32.load(from + (<usize>(column + c) << 2)) : 0;
        f32.store(to + (<usize>c << 2), value);
      }
    }
    from += rowBytes;
  }
}

/** values = relu(values) · scale + offset, element by element. */
function reluAffine(values: usize, scale: usize, offset: usize, count: i32): void {
  const bytes = <usize>count << 2;
  let i: usize = 0;
  for (; i + 16 <= bytes; i += 16) {
    const positive = f32x4.pmax(v128.load(values + i), f32x4.splat(0));
    v128.store(values + i, multiplyAdd(positive, v128.load(scale + i), v128.load(offset + i)));
  }
  for (; i < bytes; i += 4) {
    // The four-lane form, so that a value does not depend on how the row was cut.
    const positive = f32x4.pmax(v128.load32_splat(values + i), f32x4.splat(0));
    v128.store_lane<f32>(
      values + i,
      multiplyAdd(positive, v128.load32_splat(scale + i), v128.load32_splat(offset + i)),
      0,
    );
  }
}

/**
 * Partial sums of dM[r, c] = Σ_{o, i} left[o, r, i] right[o, c, i]: items are slices of the pairs (o, i), counted i fastest.
 * `partial`: [slices][ceil(columns / 16)][rows][16].
 * Scratch: rows of `left`, `chunk` + 16 floats each; a panel [chunk][16] of `right`; a tile [6][16]; `rows` + 6 pointers.
 */
export function axisProductMatrixGradient(
  left: usize,
  right: usize,
  rows: i32,
  columns: i32,
  outer: i32,
  inner: i32,
  slices: i32,
  chunk: i32,
  partial: usize,
  begin: i32,
  end: i32,
  scratch: usize,
): void {
  const panels = (columns + 15) >> 4;
  const rowBytes = <usize>(chunk + 16) << 2;
  const sliceBytes = <usize>(panels * rows) * 64;
  const panel = scratch + lines(<usize>rows * rowBytes);
  const zeros = panel + <usize>chunk * 64;
  const tile = zeros + 64;
  const targets = tile + 6 * 64;
  const sources = targets + 64;
  const total = <i64>outer * inner;
  memory.fill(zeros, 0, 64);
  for (let r: usize = 0; r < 6; r++) {
    store<u32>(targets + (r << 2), <u32>(tile + (r << 6)));
  }
  for (let r: usize = 0; r < <usize>rows; r++) {
    store<u32>(sources + (r << 2), <u32>(scratch + r * rowBytes));
  }
  for (let slice = begin; slice < end; slice++) {
    const result = partial + <usize>slice * sliceBytes;
    memory.fill(result, 0, sliceBytes);
    const first = (total * slice) / slices;
    const last = (total * (slice + 1)) / slices;
    for (let at = first; at < last; at += chunk) {
      const count = <i32>min<i64>(chunk, last - at);
      packFlat(left, rows, inner, at, count, scratch, rowBytes);
      for (let p = 0; p < panels; p++) {
        transposeFlat(right, columns, p << 4, inner, at, count, panel);
        let target = result + <usize>(p * rows) * 64;
        for (let r = 0; r < rows; r += 6) {
          const tileRows = min(6, rows - r);
          gatherTile(tileRows, sources + (<usize>r << 2), 0, 1, count, panel, zeros, targets, 0, false);
          addTo(tile, target, tileRows * 4);
          target += 384;
        }
      }
    }
  }
}

/** target += source, `quads` vectors of four. */
function addTo(source: usize, target: usize, quads: i32): void {
  for (let q: usize = 0; q < <usize>quads << 4; q += 16) {
    v128.store(target + q, f32x4.add(v128.load(target + q), v128.load(source + q)));
  }
}

/** panel [count][16]: values (o, first … first + 15, i) of x [outer, size, inner] for `count` pairs (o, i) from `at` on. */
function transposeFlat(x: usize, size: i32, first: i32, inner: i32, at: i64, count: i32, panel: usize): void {
  let o = <i32>(at / inner);
  let i = <i32>(at % inner);
  const rows = min(16, size - first);
  const innerBytes = <usize>inner << 2;
  for (let done = 0; done < count; ) {
    const run = min(inner - i, count - done);
    const from = x + <usize>(o * size + first) * innerBytes + (<usize>i << 2);
    transposeInto(from, innerBytes, rows, run, panel + <usize>done * 64);
    done += run;
    i = 0;
    o++;
  }
}

/** rows [size][count]: values (o, ·, i) of x [outer, size, inner] for `count` pairs (o, i) from `at` on. */
function packFlat(x: usize, size: i32, inner: i32, at: i64, count: i32, rows: usize, rowBytes: usize): void {
  let o = <i32>(at / inner);
  let i = <i32>(at % inner);
  const innerBytes = <usize>inner << 2;
  for (let done = 0; done < count; ) {
    const run = min(inner - i, count - done);
    let from = x + <usize>o * <usize>size * innerBytes + (<usize>i << 2);
    let to = rows + (<usize>done << 2);
    for (let n = 0; n < size; n++) {
      copyFloats(from, to, run);
      from += innerBytes;
      to += rowBytes;
    }
    done += run;
    i = 0;
    o++;
  }
}

// @ts-ignore: decorator
@inline
function copyFloats(from: usize, to: usize, count: i32): void {
  let left = count;
  for (; left >= 16; left -= 16) {
    copy16(from, to);
    from += 64;
    to += 64;
  }
  for (; left > 0; left--) {
    f32.store(to, f32.load(from));
    from += 4;
    to += 4;
  }
}

/**
 * Adds up what `axisProductMatrixGradient` left, slices in their order: rows [begin, end) of gradient [rows, columns], or of its
 * transpose in memory [columns, rows].
 */
export function sumMatrixGradient(
  partial: usize,
  slices: i32,
  rows: i32,
  columns: i32,
  transposed: bool,
  gradient: usize,
  begin: i32,
  end: i32,
  scratch: usize,
): void {
  const sliceBytes = <usize>(((columns + 15) >> 4) * rows) * 64;
  for (let r = begin; r < end; r++) {
    for (let c = 0; c < columns; c++) {
      let from = partial + <usize>((c >> 4) * rows + r) * 64 + (<usize>(c & 15) << 2);
      let sum = f32.load(from);
      for (let slice = 1; slice < slices; slice++) {
        from += sliceBytes;
        sum += f32.load(from);
      }
      f32.store(gradient + (<usize>(transposed ? c * rows + r : r * columns + c) << 2), sum);
    }
  }
}
