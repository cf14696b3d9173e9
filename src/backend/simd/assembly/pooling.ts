/** Maximum and average over windows of NHWC maps. Parts of a window outside the map do not count. */

// @ts-nocheck: AssemblyScript, compiled by asc alone.

/** Four channels, or one where fewer are left. */
// @ts-ignore: decorator
@inline
function load(address: usize, whole: bool): v128 {
  return whole ? v128.load(address) : v128.load32_splat(address);
}

// @ts-ignore: decorator
@inline
function store(address: usize, value: v128, whole: bool): void {
  if (whole) v128.store(address, value);
  else v128.store_lane<f32>(address, value, 0);
}

// @ts-ignore: decorator
@inline
function poolChannels(
  maximum: bool, whole: bool, image: usize, rowBytes: usize, pixelBytes: usize,
  firstRow: i32, lastRow: i32, firstColumn: i32, lastColumn: i32, y: usize,
): void {
  let result = f32x4.splat(maximum ? -Infinity : 0);
  for (let row = firstRow; row < lastRow; row++) {
    let p = image + <usize>row * rowBytes + <usize>firstColumn * pixelBytes;
    for (let column = firstColumn; column < lastColumn; column++, p += pixelBytes) {
      const x = load(p, whole);
      // pmax(a, b) is b only where a < b: NaN in the map is passed over, as in tfjs.
      result = maximum ? f32x4.pmax(result, x) : f32x4.add(result, x);
    }
  }
  if (!maximum) {
    result = f32x4.div(result, f32x4.splat(<f32>((lastRow - firstRow) * (lastColumn - firstColumn))));
  }
  store(y, result, whole);
}

// @ts-ignore: decorator
@inline
function pool(
  maximum: bool, x: usize, inHeight: i32, inWidth: i32, channels: i32, outHeight: i32, outWidth: i32,
  windowHeight: i32, windowWidth: i32, strideHeight: i32, strideWidth: i32, padTop: i32, padLeft: i32, y: usize,
  begin: i32, end: i32,
): void {
  const pixelBytes = <usize>channels << 2;
  const rowBytes = <usize>inWidth * pixelBytes;
  const whole = pixelBytes & ~15;
  for (let item = begin; item < end; item++) {
    const example = item / outHeight;
    const outRow = item - example * outHeight;
    const image = x + <usize>(example * inHeight) * rowBytes;
    const corner = outRow * strideHeight - padTop;
    const firstRow = max(0, corner);
    const lastRow = min(inHeight, corner + windowHeight);
    for (let outColumn = 0; outColumn < outWidth; outColumn++) {
      const left = outColumn * strideWidth - padLeft;
      const firstColumn = max(0, left);
      const lastColumn = min(inWidth, left + windowWidth);
      const target = y + <usize>(item * outWidth + outColumn) * pixelBytes;
      let o: usize = 0;
      for (; o < whole; o += 16) {
        poolChannels(maximum, true, image + o, rowBytes, pixelBytes, firstRow, lastRow, firstColumn, lastColumn, target + o);
      }
      for (; o < pixelBytes; o += 4) {
        poolChannels(maximum, false, image + o, rowBytes, pixelBytes, firstRow, lastRow, firstColumn, lastColumn, target + o);
      }
    }
  }
}

/** Item: a row of the result, [batch · outHeight] of them. */
export function maxPool(
  x: usize, inHeight: i32, inWidth: i32, channels: i32, outHeight: i32, outWidth: i32,
  windowHeight: i32, windowWidth: i32, strideHeight: i32, strideWidth: i32, padTop: i32, padLeft: i32, y: usize,
  begin: i32, end: i32, _scratch: usize,
): void {
  pool(
    true, x, inHeight, inWidth, channels, outHeight, outWidth, windowHeight, windowWidth, strideHeight, strideWidth,
    padTop, padLeft, y, begin, end,
  );
}

/** Item: a row of the result. */
export function averagePool(
  x: usize, inHeight: i32, inWidth: i32, channels: i32, outHeight: i32, outWidth: i32,
  windowHeight: i32, windowWidth: i32, strideHeight: i32, strideWidth: i32, padTop: i32, padLeft: i32, y: usize,
  begin: i32, end: i32, _scratch: usize,
): void {
  pool(
    false, x, inHeight, inWidth, channels, outHeight, outWidth, windowHeight, windowWidth, strideHeight, strideWidth,
    padTop, padLeft, y, begin, end,
  );
}

/** Adds one output's gradient to its window: to the first maximum, or a share to every place. */
// @ts-ignore: decorator
@inline
function spreadChannels(
  maximum: bool, whole: bool, image: usize, gradientImage: usize, rowBytes: usize, pixelBytes: usize,
  firstRow: i32, lastRow: i32, firstColumn: i32, lastColumn: i32, dy: v128,
): void {
  let highest = f32x4.splat(-Infinity);
  if (maximum) {
    for (let row = firstRow; row < lastRow; row++) {
      let p = image + <usize>row * rowBytes + <usize>firstColumn * pixelBytes;
      for (let column = firstColumn; column < lastColumn; column++, p += pixelBytes) {
        highest = f32x4.pmax(highest, load(p, whole));
      }
    }
  }
  let open = i32x4.splat(-1);
  for (let row = firstRow; row < lastRow; row++) {
    const start = <usize>row * rowBytes + <usize>firstColumn * pixelBytes;
    let p = image + start;
    let g = gradientImage + start;
    for (let column = firstColumn; column < lastColumn; column++, p += pixelBytes, g += pixelBytes) {
      if (maximum) {
        const here = v128.and(open, f32x4.eq(load(p, whole), highest));
        open = v128.andnot(open, here);
        store(g, f32x4.add(load(g, whole), v128.and(here, dy)), whole);
      } else {
        store(g, f32x4.add(load(g, whole), dy), whole);
      }
    }
  }
}

// @ts-ignore: decorator
@inline
function poolGradient(
  maximum: bool, dy: usize, x: usize, inHeight: i32, inWidth: i32, channels: i32, outHeight: i32, outWidth: i32,
  windowHeight: i32, windowWidth: i32, strideHeight: i32, strideWidth: i32, padTop: i32, padLeft: i32, factor: f32,
  groups: i32, dx: usize, begin: i32, end: i32,
): void {
  const pixelBytes = <usize>channels << 2;
  const rowBytes = <usize>inWidth * pixelBytes;
  const factors = f32x4.splat(factor);
  for (let item = begin; item < end; item++) {
    const example = item / groups;
    const from = <usize>(item - example * groups) << 6;
    const last = min(from + 64, pixelBytes);
    const whole = last & ~15;
    const imageOffset = <usize>(example * inHeight) * rowBytes;
    const image = x + imageOffset;
    const gradientImage = dx + imageOffset;
    for (let pixel = 0; pixel < inHeight * inWidth; pixel++) {
      memory.fill(gradientImage + <usize>pixel * pixelBytes + from, 0, last - from);
    }
    for (let outRow = 0; outRow < outHeight; outRow++) {
      const corner = outRow * strideHeight - padTop;
      const firstRow = max(0, corner);
      const lastRow = min(inHeight, corner + windowHeight);
      for (let outColumn = 0; outColumn < outWidth; outColumn++) {
        const left = outColumn * strideWidth - padLeft;
        const firstColumn = max(0, left);
        const lastColumn = min(inWidth, left + windowWidth);
        const upstream = dy + <usize>((example * outHeight + outRow) * outWidth + outColumn) * pixelBytes;
        let o = from;
        for (; o < whole; o += 16) {
          spreadChannels(
            maximum, true, image + o, gradientImage + o, rowBytes, pixelBytes, firstRow, lastRow, firstColumn, lastColumn,
            f32x4.mul(load(upstream + o, true), factors),
          );
        }
        for (; o < last; o += 4) {
          spreadChannels(
            maximum, false, image + o, gradientImage + o, rowBytes, pixelBytes, firstRow, lastRow, firstColumn, lastColumn,
            f32x4.mul(load(upstream + o, false), factors),
          );
        }
      }
    }
  }
}

/** Item: a group of 16 channels of one example, `groups` of them per example. */
export function maxPoolGradient(
  dy: usize, x: usize, inHeight: i32, inWidth: i32, channels: i32, outHeight: i32, outWidth: i32,
  windowHeight: i32, windowWidth: i32, strideHeight: i32, strideWidth: i32, padTop: i32, padLeft: i32, factor: f32,
  groups: i32, dx: usize, begin: i32, end: i32, _scratch: usize,
): void {
  poolGradient(
    true, dy, x, inHeight, inWidth, channels, outHeight, outWidth, windowHeight, windowWidth, strideHeight, strideWidth,
    padTop, padLeft, factor, groups, dx, begin, end,
  );
}

/** Item: a group of 16 channels of one example; every place of a window gets dy · factor. */
export function averagePoolGradient(
  dy: usize, x: usize, inHeight: i32, inWidth: i32, channels: i32, outHeight: i32, outWidth: i32,
  windowHeight: i32, windowWidth: i32, strideHeight: i32, strideWidth: i32, padTop: i32, padLeft: i32, factor: f32,
  groups: i32, dx: usize, begin: i32, end: i32, _scratch: usize,
): void {
  poolGradient(
    false, dy, x, inHeight, inWidth, channels, outHeight, outWidth, windowHeight, windowWidth, strideHeight, strideWidth,
    padTop, padLeft, factor, groups, dx, begin, end,
  );
}
