/**
 * Log-mel spectrogram of four consecutive frames at a time, one frame a lane, in 64-bit floats throughout.
 *
 * Why this shape: lanes over frames leave the FFT free of shuffles, and every value is a pair of neighbouring f64x2
 * (frames 0 1 | frames 2 3) loaded, computed and stored together, which V8's revectorisation fuses into one 256-bit operation.
 * An operation is therefore written twice, `a` for frames 0 1 and `b` for frames 2 3, with all loads before all stores.
 *
 * A real frame of 2M samples is the complex sequence z[n] = x[2n] + i x[2n+1] of length M: decimation in frequency by radix 4
 * (one radix-2 pass first where log2 M is odd), in place, its output in digit-reversed order and read through a table.
 *
 * One value of one group is 32 bytes; a complex value is 64: re of four frames, then im of four frames.
 */

// @ts-nocheck: AssemblyScript, compiled by asc alone.

/** Where the memory that the host may use begins. */
export const heapBase: usize = __heap_base;

/**
 * Writes samples as a matrix [hop][columns] of f64, row r and column p holding sample p·hop + r: sample n of four consecutive
 * frames is then contiguous, whatever the hop. `samples`: f32, `hop · columns` of them.
 */
export function arrange(samples: usize, hop: i32, columns: i32, matrix: usize): void {
  const rowBytes = <usize>columns << 3;
  const hopBytes = <usize>hop << 2;
  for (let column = 0; column < columns; column++) {
    let target = matrix + (<usize>column << 3);
    const end = samples + hopBytes;
    for (; samples + 16 <= end; samples += 16) {
      f64.store(target, <f64>f32.load(samples));
      f64.store(target + rowBytes, <f64>f32.load(samples, 4));
      f64.store(target + 2 * rowBytes, <f64>f32.load(samples, 8));
      f64.store(target + 3 * rowBytes, <f64>f32.load(samples, 12));
      target += 4 * rowBytes;
    }
    for (; samples < end; samples += 4) {
      f64.store(target, <f64>f32.load(samples));
      target += rowBytes;
    }
  }
}

/** One row of the matrix times one window value, to the frame buffer, for four frames. */
// @ts-ignore: decorator
@inline
function windowed(source: usize, weight: usize, target: usize): void {
  const w = v128.load64_splat(weight);
  const a = v128.load(source);
  const b = v128.load(source, 16);
  v128.store(target, f64x2.mul(a, w));
  v128.store(target, f64x2.mul(b, w), 16);
}

/**
 * Windowed samples of the four frames that begin at `column` of the matrix; zeros from the window's end to the FFT's.
 * Even samples are the real parts and odd ones the imaginary parts, so sample n lies at n · 32 bytes.
 */
function loadFrames(matrix: usize, hop: i32, columns: i32, column: i32, window: usize, windowLength: i32, frame: usize, fftLength: i32): void {
  const rowBytes = <usize>columns << 3;
  let first = matrix + (<usize>column << 3);
  let n = 0;
  while (n < windowLength) {
    const end = min(n + hop, windowLength);
    let source = first;
    for (; n < end; n++) {
      windowed(source, window, frame);
      source += rowBytes;
      window += 8;
      frame += 32;
    }
    first += 8;
  }
  memory.fill(frame, 0, <usize>(fftLength - n) << 5);
}

/** Radix-2 butterflies over the whole sequence; `twiddles`: cos, sin of −2πn/M for n < M/2. */
function radix2(data: usize, length: i32, twiddles: usize): void {
  const half = <usize>length << 5;
  const end = data + half;
  for (; data < end; data += 64) {
    const c = v128.load64_splat(twiddles);
    const s = v128.load64_splat(twiddles, 8);
    twiddles += 16;
    const other = data + half;
    const pra = v128.load(data);
    const prb = v128.load(data, 16);
    const pia = v128.load(data, 32);
    const pib = v128.load(data, 48);
    const qra = v128.load(other);
    const qrb = v128.load(other, 16);
    const qia = v128.load(other, 32);
    const qib = v128.load(other, 48);
    const dra = f64x2.sub(pra, qra);
    const drb = f64x2.sub(prb, qrb);
    const dia = f64x2.sub(pia, qia);
    const dib = f64x2.sub(pib, qib);
    v128.store(data, f64x2.add(pra, qra));
    v128.store(data, f64x2.add(prb, qrb), 16);
    v128.store(data, f64x2.add(pia, qia), 32);
    v128.store(data, f64x2.add(pib, qib), 48);
    v128.store(other, f64x2.sub(f64x2.mul(dra, c), f64x2.mul(dia, s)));
    v128.store(other, f64x2.sub(f64x2.mul(drb, c), f64x2.mul(dib, s)), 16);
    v128.store(other, f64x2.add(f64x2.mul(dra, s), f64x2.mul(dia, c)), 32);
    v128.store(other, f64x2.add(f64x2.mul(drb, s), f64x2.mul(dib, c)), 48);
  }
}

/** The radix-4 butterfly without twiddles at `data`, its four inputs `quarter` bytes apart. */
// @ts-ignore: decorator
@inline
function butterfly4(data: usize, quarter: usize): void {
  const p1 = data + quarter;
  const p2 = p1 + quarter;
  const p3 = p2 + quarter;
  const x0ra = v128.load(data), x0rb = v128.load(data, 16), x0ia = v128.load(data, 32), x0ib = v128.load(data, 48);
  const x1ra = v128.load(p1), x1rb = v128.load(p1, 16), x1ia = v128.load(p1, 32), x1ib = v128.load(p1, 48);
  const x2ra = v128.load(p2), x2rb = v128.load(p2, 16), x2ia = v128.load(p2, 32), x2ib = v128.load(p2, 48);
  const x3ra = v128.load(p3), x3rb = v128.load(p3, 16), x3ia = v128.load(p3, 32), x3ib = v128.load(p3, 48);
  const s0ra = f64x2.add(x0ra, x2ra), s0rb = f64x2.add(x0rb, x2rb), s0ia = f64x2.add(x0ia, x2ia), s0ib = f64x2.add(x0ib, x2ib);
  const d0ra = f64x2.sub(x0ra, x2ra), d0rb = f64x2.sub(x0rb, x2rb), d0ia = f64x2.sub(x0ia, x2ia), d0ib = f64x2.sub(x0ib, x2ib);
  const s1ra = f64x2.add(x1ra, x3ra), s1rb = f64x2.add(x1rb, x3rb), s1ia = f64x2.add(x1ia, x3ia), s1ib = f64x2.add(x1ib, x3ib);
  const d1ra = f64x2.sub(x1ra, x3ra), d1rb = f64x2.sub(x1rb, x3rb), d1ia = f64x2.sub(x1ia, x3ia), d1ib = f64x2.sub(x1ib, x3ib);
  v128.store(data, f64x2.add(s0ra, s1ra));
  v128.store(data, f64x2.add(s0rb, s1rb), 16);
  v128.store(data, f64x2.add(s0ia, s1ia), 32);
  v128.store(data, f64x2.add(s0ib, s1ib), 48);
  v128.store(p1, f64x2.add(d0ra, d1ia));
  v128.store(p1, f64x2.add(d0rb, d1ib), 16);
  v128.store(p1, f64x2.sub(d0ia, d1ra), 32);
  v128.store(p1, f64x2.sub(d0ib, d1rb), 48);
  v128.store(p2, f64x2.sub(s0ra, s1ra));
  v128.store(p2, f64x2.sub(s0rb, s1rb), 16);
  v128.store(p2, f64x2.sub(s0ia, s1ia), 32);
  v128.store(p2, f64x2.sub(s0ib, s1ib), 48);
  v128.store(p3, f64x2.sub(d0ra, d1ia));
  v128.store(p3, f64x2.sub(d0rb, d1ib), 16);
  v128.store(p3, f64x2.add(d0ia, d1ra), 32);
  v128.store(p3, f64x2.add(d0ib, d1rb), 48);
}

/** The radix-4 butterfly at `data`; outputs 1, 2, 3 are turned by `twiddles`: cos, sin of −2πn/L, −4πn/L, −6πn/L. */
// @ts-ignore: decorator
@inline
function twiddled4(data: usize, quarter: usize, twiddles: usize): void {
  const p1 = data + quarter;
  const p2 = p1 + quarter;
  const p3 = p2 + quarter;
  const x0ra = v128.load(data), x0rb = v128.load(data, 16), x0ia = v128.load(data, 32), x0ib = v128.load(data, 48);
  const x1ra = v128.load(p1), x1rb = v128.load(p1, 16), x1ia = v128.load(p1, 32), x1ib = v128.load(p1, 48);
  const x2ra = v128.load(p2), x2rb = v128.load(p2, 16), x2ia = v128.load(p2, 32), x2ib = v128.load(p2, 48);
  const x3ra = v128.load(p3), x3rb = v128.load(p3, 16), x3ia = v128.load(p3, 32), x3ib = v128.load(p3, 48);
  const s0ra = f64x2.add(x0ra, x2ra), s0rb = f64x2.add(x0rb, x2rb), s0ia = f64x2.add(x0ia, x2ia), s0ib = f64x2.add(x0ib, x2ib);
  const d0ra = f64x2.sub(x0ra, x2ra), d0rb = f64x2.sub(x0rb, x2rb), d0ia = f64x2.sub(x0ia, x2ia), d0ib = f64x2.sub(x0ib, x2ib);
  const s1ra = f64x2.add(x1ra, x3ra), s1rb = f64x2.add(x1rb, x3rb), s1ia = f64x2.add(x1ia, x3ia), s1ib = f64x2.add(x1ib, x3ib);
  const d1ra = f64x2.sub(x1ra, x3ra), d1rb = f64x2.sub(x1rb, x3rb), d1ia = f64x2.sub(x1ia, x3ia), d1ib = f64x2.sub(x1ib, x3ib);
  v128.store(data, f64x2.add(s0ra, s1ra));
  v128.store(data, f64x2.add(s0rb, s1rb), 16);
  v128.store(data, f64x2.add(s0ia, s1ia), 32);
  v128.store(data, f64x2.add(s0ib, s1ib), 48);
  const c1 = v128.load64_splat(twiddles), s1 = v128.load64_splat(twiddles, 8);
  const y1ra = f64x2.add(d0ra, d1ia), y1rb = f64x2.add(d0rb, d1ib), y1ia = f64x2.sub(d0ia, d1ra), y1ib = f64x2.sub(d0ib, d1rb);
  v128.store(p1, f64x2.sub(f64x2.mul(y1ra, c1), f64x2.mul(y1ia, s1)));
  v128.store(p1, f64x2.sub(f64x2.mul(y1rb, c1), f64x2.mul(y1ib, s1)), 16);
  v128.store(p1, f64x2.add(f64x2.mul(y1ra, s1), f64x2.mul(y1ia, c1)), 32);
  v128.store(p1, f64x2.add(f64x2.mul(y1rb, s1), f64x2.mul(y1ib, c1)), 48);
  const c2 = v128.load64_splat(twiddles, 16), s2 = v128.load64_splat(twiddles, 24);
  const y2ra = f64x2.sub(s0ra, s1ra), y2rb = f64x2.sub(s0rb, s1rb), y2ia = f64x2.sub(s0ia, s1ia), y2ib = f64x2.sub(s0ib, s1ib);
  v128.store(p2, f64x2.sub(f64x2.mul(y2ra, c2), f64x2.mul(y2ia, s2)));
  v128.store(p2, f64x2.sub(f64x2.mul(y2rb, c2), f64x2.mul(y2ib, s2)), 16);
  v128.store(p2, f64x2.add(f64x2.mul(y2ra, s2), f64x2.mul(y2ia, c2)), 32);
  v128.store(p2, f64x2.add(f64x2.mul(y2rb, s2), f64x2.mul(y2ib, c2)), 48);
  const c3 = v128.load64_splat(twiddles, 32), s3 = v128.load64_splat(twiddles, 40);
  const y3ra = f64x2.sub(d0ra, d1ia), y3rb = f64x2.sub(d0rb, d1ib), y3ia = f64x2.add(d0ia, d1ra), y3ib = f64x2.add(d0ib, d1rb);
  v128.store(p3, f64x2.sub(f64x2.mul(y3ra, c3), f64x2.mul(y3ia, s3)));
  v128.store(p3, f64x2.sub(f64x2.mul(y3rb, c3), f64x2.mul(y3ib, s3)), 16);
  v128.store(p3, f64x2.add(f64x2.mul(y3ra, s3), f64x2.mul(y3ia, c3)), 32);
  v128.store(p3, f64x2.add(f64x2.mul(y3rb, s3), f64x2.mul(y3ib, c3)), 48);
}

/**
 * All passes of the complex FFT of length M, in place. `twiddles`: for each pass in turn, for n = 0 … quarter − 1, the pairs
 * that its butterfly needs (one for radix 2, three for radix 4).
 */
function transform(data: usize, length: i32, twiddles: usize): void {
  let blocks = 1;
  let size = length;
  if (31 - clz(length) & 1) {
    radix2(data, length, twiddles);
    twiddles += <usize>length << 3;
    blocks = 2;
    size >>= 1;
  }
  const end = data + (<usize>length << 6);
  for (; size > 1; size >>= 2) {
    const sizeBytes = <usize>size << 6;
    const quarter = sizeBytes >> 2;
    for (let block = data; block < end; block += sizeBytes) butterfly4(block, quarter);
    const innerEnd = data + quarter;
    twiddles += 48;
    for (let inner = data + 64; inner < innerEnd; inner += 64) {
      for (let block = inner; block < end; block += sizeBytes) twiddled4(block, quarter, twiddles);
      twiddles += 48;
    }
    blocks <<= 2;
  }
}

// @ts-ignore: decorator
@inline
function squared(re: v128, im: v128): v128 {
  return f64x2.add(f64x2.mul(re, re), f64x2.mul(im, im));
}

/**
 * |2X[k]|², k = 0 … M, of the real frames from their packed FFT Z (in the order of `order`: byte offset of Z[k]), 32 bytes a bin:
 * 2X[k] = (Z[k] + Z̄[M−k]) + W·(−i)(Z[k] − Z̄[M−k]) with W = exp(−πik/M) in `turns`, and X[M−k] its mirror with a minus.
 */
function spectrum(data: usize, length: i32, order: usize, turns: usize, power: usize): void {
  const last = power + (<usize>length << 5);
  {
    const ra = v128.load(data), rb = v128.load(data, 16), ia = v128.load(data, 32), ib = v128.load(data, 48);
    const pa = f64x2.add(ra, ia), pb = f64x2.add(rb, ib), qa = f64x2.sub(ra, ia), qb = f64x2.sub(rb, ib);
    const two = f64x2.splat(2);
    const p2a = f64x2.mul(pa, two), p2b = f64x2.mul(pb, two), q2a = f64x2.mul(qa, two), q2b = f64x2.mul(qb, two);
    v128.store(power, f64x2.mul(p2a, p2a));
    v128.store(power, f64x2.mul(p2b, p2b), 16);
    v128.store(last, f64x2.mul(q2a, q2a));
    v128.store(last, f64x2.mul(q2b, q2b), 16);
  }
  if (length == 1) return;
  const half = length >> 1;
  let low = power + 32;
  let high = last - 32;
  for (let k = 1; k < half; k++) {
    const p = data + <usize>load<u32>(order + (<usize>k << 2));
    const q = data + <usize>load<u32>(order + (<usize>(length - k) << 2));
    turns += 16;
    const c = v128.load64_splat(turns), s = v128.load64_splat(turns, 8);
    const pra = v128.load(p), prb = v128.load(p, 16), pia = v128.load(p, 32), pib = v128.load(p, 48);
    const qra = v128.load(q), qrb = v128.load(q, 16), qia = v128.load(q, 32), qib = v128.load(q, 48);
    const era = f64x2.add(pra, qra), erb = f64x2.add(prb, qrb), eia = f64x2.sub(pia, qia), eib = f64x2.sub(pib, qib);
    const ora = f64x2.add(pia, qia), orb = f64x2.add(pib, qib), oia = f64x2.sub(qra, pra), oib = f64x2.sub(qrb, prb);
    const tra = f64x2.sub(f64x2.mul(ora, c), f64x2.mul(oia, s)), trb = f64x2.sub(f64x2.mul(orb, c), f64x2.mul(oib, s));
    const tia = f64x2.add(f64x2.mul(ora, s), f64x2.mul(oia, c)), tib = f64x2.add(f64x2.mul(orb, s), f64x2.mul(oib, c));
    v128.store(low, squared(f64x2.add(era, tra), f64x2.add(eia, tia)));
    v128.store(low, squared(f64x2.add(erb, trb), f64x2.add(eib, tib)), 16);
    v128.store(high, squared(f64x2.sub(era, tra), f64x2.sub(eia, tia)));
    v128.store(high, squared(f64x2.sub(erb, trb), f64x2.sub(eib, tib)), 16);
    low += 32;
    high -= 32;
  }
  const m = data + <usize>load<u32>(order + (<usize>half << 2));
  const ra = v128.load(m), rb = v128.load(m, 16), ia = v128.load(m, 32), ib = v128.load(m, 48);
  const four = f64x2.splat(4);
  v128.store(low, f64x2.mul(squared(ra, ia), four));
  v128.store(low, f64x2.mul(squared(rb, ib), four), 16);
}

/** Square roots of `count` values of four frames, in place. */
function roots(values: usize, count: i32): void {
  const end = values + (<usize>count << 5);
  for (; values < end; values += 32) {
    const a = v128.load(values), b = v128.load(values, 16);
    v128.store(values, f64x2.sqrt(a));
    v128.store(values, f64x2.sqrt(b), 16);
  }
}

/**
 * The mel product. `spans`: for every row, first bin and number of bins (u32 each); `weights`: the rows' non-zero stretches, f64,
 * one after another. The result, 32 bytes a row, goes to `mel`.
 */
function melProduct(power: usize, rows: i32, spans: usize, weights: usize, mel: usize): void {
  for (let row = 0; row < rows; row++) {
    let source = power + (<usize>load<u32>(spans) << 5);
    const end = source + (<usize>load<u32>(spans, 4) << 5);
    spans += 8;
    let sumA = f64x2.splat(0), sumB = f64x2.splat(0);
    for (; source < end; source += 32) {
      const w = v128.load64_splat(weights);
      weights += 8;
      const a = v128.load(source), b = v128.load(source, 16);
      sumA = f64x2.add(sumA, f64x2.mul(a, w));
      sumB = f64x2.add(sumB, f64x2.mul(b, w));
    }
    v128.store(mel, sumA);
    v128.store(mel, sumB, 16);
    mel += 32;
  }
}

/** What the logarithm needs, in memory: a broadcast load is cheaper than building a constant in every round of a loop. */
const constants = memory.data<u64>([
  0x3ff0000000000000 - 0x3fe6a09e667f3bcd, // the bits of 1 less those of √½
  0x000fffffffffffff, // the mantissa
  0x3fe6a09e667f3bcd, // the bits of √½
  0x4330000000000000, // the bits of 2^52
  0x43300000000003ff, // 2^52 + 1023
  0x3ff0000000000000, // 1
  0x3fc3b13b13b13b14, // 2/13
  0x3fc745d1745d1746, // 2/11
  0x3fcc71c71c71c71c, // 2/9
  0x3fd2492492492492, // 2/7
  0x3fd999999999999a, // 2/5
  0x3fe5555555555555, // 2/3
  0x4000000000000000, // 2
  0x3fe62e42fefa39ef, // ln 2
  0x7ff0000000000000, // infinity
]);

// @ts-ignore: decorator
@inline
function constant(index: i32): v128 {
  return v128.load64_splat(constants + <usize>(index << 3));
}

/**
 * Natural logarithm of two positive normal values; infinity and NaN stay. x = 2^e · m with m in [√½, √2), and
 * log m = 2 artanh((m − 1)/(m + 1)), the odd series to the thirteenth power. Truncation: below 5e-12 of the result.
 */
// @ts-ignore: decorator
@inline
function logarithm(x: v128): v128 {
  // In bits, x − √½ + 1: its exponent is e + 1023 (positive, so no signed shift is needed), its mantissa is m's less √½'s.
  const shifted = i64x2.add(x, constant(0));
  const m = i64x2.add(v128.and(shifted, constant(1)), constant(2));
  // 2^52 + n as a double holds the whole number n in its low bits.
  const e = f64x2.sub(v128.or(i64x2.shr_u(shifted, 52), constant(3)), constant(4));
  const one = constant(5);
  const s = f64x2.div(f64x2.sub(m, one), f64x2.add(m, one));
  const z = f64x2.mul(s, s);
  let p = constant(6);
  p = f64x2.add(f64x2.mul(p, z), constant(7));
  p = f64x2.add(f64x2.mul(p, z), constant(8));
  p = f64x2.add(f64x2.mul(p, z), constant(9));
  p = f64x2.add(f64x2.mul(p, z), constant(10));
  p = f64x2.add(f64x2.mul(p, z), constant(11));
  p = f64x2.add(f64x2.mul(p, z), constant(12));
  const log = f64x2.add(f64x2.mul(p, s), f64x2.mul(e, constant(13)));
  return v128.bitselect(log, x, f64x2.lt(x, constant(14)));
}

/** log(max(value + offset, floor)) of `count` values of four frames, in place. */
function compress(values: usize, count: i32, offset: f64, floor: f64): void {
  const end = values + (<usize>count << 5);
  const o = f64x2.splat(offset), f = f64x2.splat(floor);
  for (; values < end; values += 32) {
    const a = f64x2.add(v128.load(values), o), b = f64x2.add(v128.load(values, 16), o);
    const logA = logarithm(v128.bitselect(f, a, f64x2.lt(a, f)));
    const logB = logarithm(v128.bitselect(f, b, f64x2.lt(b, f)));
    v128.store(values, logA);
    v128.store(values, logB, 16);
  }
}

/** The first `frames` lanes of `rows` values, as f32 [frames][rows]. */
function emit(values: usize, rows: i32, frames: i32, target: usize): void {
  const rowBytes = <usize>rows << 2;
  const end = target + rowBytes;
  if (frames == 4) {
    for (; target < end; target += 4) {
      f32.store(target, <f32>f64.load(values));
      f32.store(target + rowBytes, <f32>f64.load(values, 8));
      f32.store(target + 2 * rowBytes, <f32>f64.load(values, 16));
      f32.store(target + 3 * rowBytes, <f32>f64.load(values, 24));
      values += 32;
    }
    return;
  }
  for (; target < end; target += 4) {
    for (let frame = 0; frame < frames; frame++) {
      f32.store(target + <usize>frame * rowBytes, <f32>f64.load(values + (<usize>frame << 3)));
    }
    values += 32;
  }
}

/** The logarithm alone, over `count` f64 in place (an even number), for its test. */
export function logarithms(values: usize, count: i32): void {
  const end = values + (<usize>count << 3);
  for (; values < end; values += 16) v128.store(values, logarithm(v128.load(values)));
}

/**
 * Log-mel of `frames` frames of the matrix that `arrange` wrote (`columns` ≥ frames rounded up to four, plus what the window
 * overhangs), to `target` as f32 [frames][rows]. `magnitude`: 1 takes square roots of the power before the mel product.
 * The weights are expected to hold the factor that undoes the spectrum's doubling: ¼ for power, ½ for magnitude.
 */
export function logMel(
  matrix: usize, hop: i32, columns: i32, frames: i32,
  window: usize, windowLength: i32, fftLength: i32,
  twiddles: usize, order: usize, turns: usize,
  magnitude: i32, rows: i32, spans: usize, weights: usize, offset: f64, floor: f64,
  frame: usize, power: usize, mel: usize, target: usize,
): void {
  const length = fftLength >> 1;
  for (let column = 0; column < frames; column += 4) {
    loadFrames(matrix, hop, columns, column, window, windowLength, frame, fftLength);
    transform(frame, length, twiddles);
    spectrum(frame, length, order, turns, power);
    if (magnitude) roots(power, length + 1);
    melProduct(power, rows, spans, weights, mel);
    compress(mel, rows, offset, floor);
    emit(mel, rows, min(frames - column, 4), target);
    target += <usize>rows << 4;
  }
}
