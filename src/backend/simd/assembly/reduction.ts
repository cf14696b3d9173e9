/** Sums and maxima along axes, with orders of summation that do not depend on the number of threads. */

// @ts-nocheck: AssemblyScript, compiled by asc alone.

/** Rows that are summed into one number before the sums are: rounding errors do not pile up. */
const RUN: usize = 32;

/**
 * y[b, c] = max over p of x[b, p, c], x: [batch, positions, channels]. Item: a group of 16 channels of one example,
 * `groups` = ceil(channels / 16) of them per example. NaN wins.
 */
export function globalMax(
  x: usize, positions: usize, channels: usize, groups: usize, y: usize, begin: usize, end: usize, _scratch: usize,
): void {
  const stride = channels << 2;
  for (let item = begin; item < end; item++) {
    const example = item / groups;
    const offset = (item % groups) << 6;
    const start = x + example * positions * stride;
    const stop = start + positions * stride;
    const r = y + example * stride;
    if (offset + 64 <= stride) {
      let p = start + offset;
      let m0 = v128.load(p), m1 = v128.load(p, 16), m2 = v128.load(p, 32), m3 = v128.load(p, 48);
      for (p += stride; p < stop; p += stride) {
        const x0 = v128.load(p), x1 = v128.load(p, 16), x2 = v128.load(p, 32), x3 = v128.load(p, 48);
        m0 = f32x4.max(m0, x0);
        m1 = f32x4.max(m1, x1);
        m2 = f32x4.max(m2, x2);
        m3 = f32x4.max(m3, x3);
      }
      v128.store(r + offset, m0);
      v128.store(r + offset, m1, 16);
      v128.store(r + offset, m2, 32);
      v128.store(r + offset, m3, 48);
    } else {
      for (let o = offset; o < stride; o += 4) {
        let m = f32.load(start + o);
        for (let p = start + o + stride; p < stop; p += stride) m = max<f32>(m, f32.load(p));
        f32.store(r + o, m);
      }
    }
  }
}

/**
 * dx[b, p, c] = dy[b, c] / (number of maxima) where x[b, p, c] = y[b, c], else 0: ties share the gradient.
 * Item: an example. `scratch`: one float per channel.
 */
export function globalMaxGradient(
  dy: usize, x: usize, y: usize, positions: usize, channels: usize, dx: usize, begin: usize, end: usize, scratch: usize,
): void {
  const stride = channels << 2;
  const whole = stride & ~15;
  const one = f32x4.splat(1);
  for (let example = begin; example < end; example++) {
    const start = example * positions * stride;
    const stop = start + positions * stride;
    const peak = y + example * stride;
    const g = dy + example * stride;
    memory.fill(scratch, 0, stride);
    for (let p = x + start; p < x + stop; p += stride) {
      let o: usize = 0;
      for (; o < whole; o += 16) {
        const equal = f32x4.eq(v128.load(p + o), v128.load(peak + o));
        v128.store(scratch + o, f32x4.add(v128.load(scratch + o), v128.and(equal, one)));
      }
      for (; o < stride; o += 4) {
        if (f32.load(p + o) == f32.load(peak + o)) f32.store(scratch + o, f32.load(scratch + o) + 1);
      }
    }
    for (let o: usize = 0; o < stride; o += 4) f32.store(scratch + o, f32.load(g + o) / f32.load(scratch + o));
    for (let p = start; p < stop; p += stride) {
      let o: usize = 0;
      for (; o < whole; o += 16) {
        const equal = f32x4.eq(v128.load(x + p + o), v128.load(peak + o));
        v128.store(dx + p + o, v128.and(equal, v128.load(scratch + o)));
      }
      for (; o < stride; o += 4) {
        f32.store(dx + p + o, f32.load(x + p + o) == f32.load(peak + o) ? f32.load(scratch + o) : 0);
      }
    }
  }
}

/** y[row] = factor · Σ x[row, :], rows of `columns` numbers, summed in 16 interleaved lanes. Item: a row. */
export function sumRows(
  x: usize, columns: usize, factor: f32, y: usize, begin: usize, end: usize, _scratch: usize,
): void {
  for (let row = begin; row < end; row++) {
    f32.store(y + (row << 2), <f32>(sumOf(x + row * (columns << 2), columns) * <f64>factor));
  }
}

/** Σ of `count` floats: lanes in float32 over runs of 1024, runs in float64. */
function sumOf(x: usize, count: usize): f64 {
  let total: f64 = 0;
  let left = count;
  while (left >= 16) {
    const run = min<usize>(left & ~15, 1024);
    const stop = x + (run << 2);
    let s0 = f32x4.splat(0), s1 = f32x4.splat(0), s2 = f32x4.splat(0), s3 = f32x4.splat(0);
    for (; x < stop; x += 64) {
      s0 = f32x4.add(s0, v128.load(x));
      s1 = f32x4.add(s1, v128.load(x, 16));
      s2 = f32x4.add(s2, v128.load(x, 32));
      s3 = f32x4.add(s3, v128.load(x, 48));
    }
    const s = f32x4.add(f32x4.add(s0, s1), f32x4.add(s2, s3));
    total += <f64>f32x4.extract_lane(s, 0) + <f64>f32x4.extract_lane(s, 1) + <f64>f32x4.extract_lane(s, 2) + <f64>f32x4.extract_lane(s, 3);
    left -= run;
  }
  for (; left > 0; left--, x += 4) total += <f64>f32.load(x);
  return total;
}

/** partial[block] = Σ of the block's numbers in float64, x cut into blocks of `blockLength`. Item: a block. */
export function sumBlocks(
  x: usize, count: usize, blockLength: usize, partial: usize, begin: usize, end: usize, _scratch: usize,
): void {
  for (let block = begin; block < end; block++) {
    const first = block * blockLength;
    f64.store(partial + (block << 3), sumOf(x + (first << 2), min(blockLength, count - first)));
  }
}

/** partial[block, column] = Σ over the block's rows of x[row, column]. Item: a block of rows. */
export function sumColumnsBlocks(
  x: usize, rows: usize, columns: usize, blockRows: usize, partial: usize, begin: usize, end: usize, _scratch: usize,
): void {
  const stride = columns << 2;
  for (let block = begin; block < end; block++) {
    const first = block * blockRows;
    const start = x + first * stride;
    const stop = start + min(blockRows, rows - first) * stride;
    const r = partial + block * stride;
    let o: usize = 0;
    for (; o + 64 <= stride; o += 64) {
      let s0 = f32x4.splat(0), s1 = f32x4.splat(0), s2 = f32x4.splat(0), s3 = f32x4.splat(0);
      for (let p = start + o; p < stop; ) {
        const pause = min(p + RUN * stride, stop);
        let r0 = f32x4.splat(0), r1 = f32x4.splat(0), r2 = f32x4.splat(0), r3 = f32x4.splat(0);
        for (; p < pause; p += stride) {
          const x0 = v128.load(p), x1 = v128.load(p, 16), x2 = v128.load(p, 32), x3 = v128.load(p, 48);
          r0 = f32x4.add(r0, x0);
          r1 = f32x4.add(r1, x1);
          r2 = f32x4.add(r2, x2);
          r3 = f32x4.add(r3, x3);
        }
        s0 = f32x4.add(s0, r0);
        s1 = f32x4.add(s1, r1);
        s2 = f32x4.add(s2, r2);
        s3 = f32x4.add(s3, r3);
      }
      v128.store(r + o, s0);
      v128.store(r + o, s1, 16);
      v128.store(r + o, s2, 32);
      v128.store(r + o, s3, 48);
    }
    for (; o < stride; o += 4) {
      let sum: f64 = 0;
      for (let p = start + o; p < stop; p += stride) sum += <f64>f32.load(p);
      f32.store(r + o, <f32>sum);
    }
  }
}

/** y[column] = factor · Σ over blocks, in float64. Item: a column. */
export function sumColumnsCombine(
  partial: usize, blocks: usize, columns: usize, factor: f32, y: usize, begin: usize, end: usize, _scratch: usize,
): void {
  const stride = columns << 2;
  for (let column = begin; column < end; column++) {
    let total: f64 = 0;
    let p = partial + (column << 2);
    for (let block: usize = 0; block < blocks; block++, p += stride) total += <f64>f32.load(p);
    f32.store(y + (column << 2), <f32>(total * <f64>factor));
  }
}

/**
 * y[outer, inner] = factor · Σ over middle of x[outer, middle, inner], in runs of rows.
 * Item: a group of 16 inner indices of one outer index, `groups` of them per outer index.
 */
export function sumMiddle(
  x: usize, middle: usize, inner: usize, groups: usize, factor: f32, y: usize, begin: usize, end: usize, _scratch: usize,
): void {
  const stride = inner << 2;
  const factors = f32x4.splat(factor);
  for (let item = begin; item < end; item++) {
    const row = item / groups;
    const offset = (item % groups) << 6;
    const start = x + row * middle * stride;
    const stop = start + middle * stride;
    const r = y + row * stride;
    let o = offset;
    const last = min(offset + 64, stride);
    for (; o + 16 <= last; o += 16) {
      let total = f32x4.splat(0);
      for (let p = start + o; p < stop; ) {
        const pause = min(p + RUN * stride, stop);
        let run = f32x4.splat(0);
        for (; p < pause; p += stride) run = f32x4.add(run, v128.load(p));
        total = f32x4.add(total, run);
      }
      v128.store(r + o, f32x4.mul(total, factors));
    }
    for (; o < last; o += 4) {
      let total: f64 = 0;
      for (let p = start + o; p < stop; p += stride) total += <f64>f32.load(p);
      f32.store(r + o, <f32>(total * <f64>factor));
    }
  }
}
