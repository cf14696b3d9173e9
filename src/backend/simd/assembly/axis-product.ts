import { lines, multiplyAdd } from './arithmetic';
import { dotTile, packedTile } from './tiles';

/** Columns that are packed together: four panels of 16. */
const groupColumns = 64;

/**
 * y[o, j, i] = Σ_n M[j, n] x[o, n, i]: a small matrix applied along one axis of x [outer, N, inner].
 * `matrix`: packed [ceil(N' / 6)][N][6]. An item is one o and 64 consecutive i. With `scale` (not 0): relu(y) · scale + offset, where
 * both hold a value for each i (`inner` floats).
 * Scratch: 4 panels [N][16] and a tile [6][16].
 */
export function axisProduct(
  matrix: usize,
  x: usize,
  y: usize,
  size: i32,
  newSize: i32,
  inner: i32,
  scale: usize,
  offset: usize,
  begin: i32,
  end: i32,
  scratch: usize,
): void {
  const groups = (inner + groupColumns - 1) / groupColumns;
  const rowBytes = <usize>inner << 2;
  const panelBytes = <usize>size << 6;
  const edge = scratch + 4 * panelBytes;
  for (let item = begin; item < end; item++) {
    const o = item / groups;
    const first = (item % groups) * groupColumns;
    const count = min(groupColumns, inner - first);
    const from = x + <usize>o * <usize>size * rowBytes + (<usize>first << 2);
    const to = y + <usize>o * <usize>newSize * rowBytes + (<usize>first << 2);
    packGroup(from, rowBytes, size, count, scratch, panelBytes);
    for (let column = 0; column < count; column += 16) {
      const panel = scratch + <usize>(column >> 4) * panelBytes;
      const left = count - column;
      let rows = matrix;
      for (let j = 0; j < newSize; j += 6) {
        const tileRows = min(6, newSize - j);
        const target = to + <usize>j * rowBytes + (<usize>column << 2);
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
        rows += <usize>size * 24;
      }
    }
    if (scale) {
      const at = <usize>first << 2;
      for (let j = 0; j < newSize; j++) {
        reluAffine(to + <usize>j * rowBytes, scale + at, offset + at, count);
      }
    }
  }
}

/** Copies [size][count ≤ 64] values at row stride `rowBytes` into panels [size][16]; missing columns become zeros. */
function packGroup(from: usize, rowBytes: usize, size: i32, count: i32, panels: usize, panelBytes: usize): void {
  for (let n = 0; n < size; n++) {
    let to = panels + (<usize>n << 6);
    let column = 0;
    for (; column + 16 <= count; column += 16) {
      const at = from + (<usize>column << 2);
      v128.store(to, v128.load(at));
      v128.store(to, v128.load(at, 16), 16);
      v128.store(to, v128.load(at, 32), 32);
      v128.store(to, v128.load(at, 48), 48);
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
    const positive = f32x4.max(v128.load(values + i), f32x4.splat(0));
    v128.store(values + i, multiplyAdd(positive, v128.load(scale + i), v128.load(offset + i)));
  }
  for (; i < bytes; i += 4) {
    // The four-lane form, so that a value does not depend on how the row was cut.
    const positive = f32x4.max(v128.load32_splat(values + i), f32x4.splat(0));
    v128.store_lane<f32>(
      values + i,
      multiplyAdd(positive, v128.load32_splat(scale + i), v128.load32_splat(offset + i)),
      0,
    );
  }
}

/**
 * Partial sums of dM[j, n] = Σ_{o, i} dy[o, j, i] x[o, n, i], eight for each element: items are slices of the pairs (o, i),
 * counted i fastest. `partial`: [slices][ceil(N' / 4)][ceil(N / 3)][4][3][8].
 * Scratch: rows of dy (N' rounded up to 4) and x (N rounded up to 3), `chunk` + 16 floats each.
 */
export function axisProductMatrixGradient(
  x: usize,
  dy: usize,
  size: i32,
  newSize: i32,
  outer: i32,
  inner: i32,
  slices: i32,
  chunk: i32,
  partial: usize,
  begin: i32,
  end: i32,
  scratch: usize,
): void {
  const leftRows = (newSize + 3) & ~3;
  const rightRows = ((size + 2) / 3) * 3;
  const rowBytes = <usize>(chunk + 16) << 2;
  const left = scratch;
  const right = left + <usize>leftRows * rowBytes;
  const tileBytes: usize = 12 * 32;
  const sliceBytes = <usize>((leftRows / 4) * (rightRows / 3)) * tileBytes;
  const total = <i64>outer * inner;
  memory.fill(scratch, 0, <usize>(leftRows + rightRows) * rowBytes);
  for (let slice = begin; slice < end; slice++) {
    const result = partial + <usize>slice * sliceBytes;
    memory.fill(result, 0, sliceBytes);
    const first = (total * slice) / slices;
    const last = (total * (slice + 1)) / slices;
    for (let at = first; at < last; at += chunk) {
      const count = <i32>min<i64>(chunk, last - at);
      const depth = (count + 7) & ~7;
      packFlat(dy, newSize, inner, at, count, depth, left, rowBytes);
      packFlat(x, size, inner, at, count, depth, right, rowBytes);
      let target = result;
      for (let j = 0; j < leftRows; j += 4) {
        const from = left + <usize>j * rowBytes;
        for (let n = 0; n < rightRows; n += 3) {
          dotTile(from, right + <usize>n * rowBytes, rowBytes, depth, target);
          target += tileBytes;
        }
      }
    }
  }
}

/** rows [size][depth]: values (o, ·, i) of x [outer, size, inner] for `count` pairs (o, i) from `at` on, then zeros up to `depth`. */
function packFlat(
  x: usize,
  size: i32,
  inner: i32,
  at: i64,
  count: i32,
  depth: i32,
  rows: usize,
  rowBytes: usize,
): void {
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
  for (let n = 0; n < size; n++) {
    for (let c = count; c < depth; c++) {
      f32.store(rows + <usize>n * rowBytes + (<usize>c << 2), 0);
    }
  }
}

// @ts-ignore: decorator
@inline
function copyFloats(from: usize, to: usize, count: i32): void {
  let left = count;
  for (; left >= 16; left -= 16) {
    v128.store(to, v128.load(from));
    v128.store(to, v128.load(from, 16), 16);
    v128.store(to, v128.load(from, 32), 32);
    v128.store(to, v128.load(from, 48), 48);
    from += 64;
    to += 64;
  }
  for (; left > 0; left--) {
    f32.store(to, f32.load(from));
    from += 4;
    to += 4;
  }
}

/** Adds up what `axisProductMatrixGradient` left: rows [begin, end) of gradient [N', N], slices in their order. */
export function sumMatrixGradient(
  partial: usize,
  slices: i32,
  size: i32,
  newSize: i32,
  gradient: usize,
  begin: i32,
  end: i32,
  scratch: usize,
): void {
  const tileColumns = (size + 2) / 3;
  const tileRows = (newSize + 3) / 4;
  const sliceBytes = <usize>(tileColumns * tileRows) * 384;
  for (let j = begin; j < end; j++) {
    for (let n = 0; n < size; n++) {
      const tile = (j >> 2) * tileColumns + n / 3;
      let from = partial + <usize>tile * 384 + <usize>((j & 3) * 3 + (n % 3)) * 32;
      let low = v128.load(from);
      let high = v128.load(from, 16);
      for (let slice = 1; slice < slices; slice++) {
        from += sliceBytes;
        low = f32x4.add(low, v128.load(from));
        high = f32x4.add(high, v128.load(from, 16));
      }
      const sum = f32x4.add(low, high);
      const total =
        f32x4.extract_lane(sum, 0) +
        f32x4.extract_lane(sum, 2) +
        (f32x4.extract_lane(sum, 1) + f32x4.extract_lane(sum, 3));
      f32.store(gradient + (<usize>(j * size + n) << 2), total);
    }
  }
}
