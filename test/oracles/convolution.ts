import type { ConvolutionShape } from '../../src/backend/simd/kernels/convolution-shape.ts';

/** Every (output element, filter element, input element) that a convolution multiplies, as flat indices. */
function forEachProduct(
  shape: ConvolutionShape,
  visit: (indices: { y: number; filter: number; x: number; channel: number }) => void,
): void {
  for (let b = 0; b < shape.batch; b++) {
    for (let i = 0; i < shape.outHeight; i++) {
      for (let j = 0; j < shape.outWidth; j++) {
        for (let m = 0; m < shape.kernelHeight; m++) {
          for (let n = 0; n < shape.kernelWidth; n++) {
            const row = i * shape.strideHeight + m - shape.padTop;
            const column = j * shape.strideWidth + n - shape.padLeft;
            if (row < 0 || row >= shape.inHeight || column < 0 || column >= shape.inWidth) {
              continue;
            }
            const tap = m * shape.kernelWidth + n;
            const position = (b * shape.outHeight + i) * shape.outWidth + j;
            const source = (b * shape.inHeight + row) * shape.inWidth + column;
            for (let c = 0; c < shape.inChannels; c++) {
              for (let d = 0; d < shape.outChannels; d++) {
                visit({
                  y: position * shape.outChannels + d,
                  filter: (tap * shape.inChannels + c) * shape.outChannels + d,
                  x: source * shape.inChannels + c,
                  channel: d,
                });
              }
            }
          }
        }
      }
    }
  }
}

/** Convolution of NHWC maps with a filter [kernelHeight, kernelWidth, inChannels, outChannels] in float64, by definition. */
export function naiveConvolution(
  shape: ConvolutionShape,
  x: ArrayLike<number>,
  filter: ArrayLike<number>,
  bias: ArrayLike<number>,
): Float64Array {
  const positions = shape.batch * shape.outHeight * shape.outWidth;
  const y = Float64Array.from({ length: positions * shape.outChannels }, (_, index) =>
    at(bias, index % shape.outChannels),
  );
  forEachProduct(shape, (index) => {
    y[index.y] = at(y, index.y) + at(x, index.x) * at(filter, index.filter);
  });
  return y;
}

/** The gradient of ⟨dy, convolution(x)⟩ with respect to x. */
export function naiveInputGradient(
  shape: ConvolutionShape,
  dy: ArrayLike<number>,
  filter: ArrayLike<number>,
): Float64Array {
  const dx = new Float64Array(shape.batch * shape.inHeight * shape.inWidth * shape.inChannels);
  forEachProduct(shape, (index) => {
    dx[index.x] = at(dx, index.x) + at(dy, index.y) * at(filter, index.filter);
  });
  return dx;
}

/** The gradients of ⟨dy, convolution(x)⟩ with respect to filter and bias. */
export function naiveFilterGradient(
  shape: ConvolutionShape,
  x: ArrayLike<number>,
  dy: ArrayLike<number>,
): { dFilter: Float64Array; dBias: Float64Array } {
  const taps = shape.kernelHeight * shape.kernelWidth;
  const dFilter = new Float64Array(taps * shape.inChannels * shape.outChannels);
  const dBias = new Float64Array(shape.outChannels);
  forEachProduct(shape, (index) => {
    dFilter[index.filter] = at(dFilter, index.filter) + at(x, index.x) * at(dy, index.y);
  });
  for (let index = 0; index < dy.length; index++) {
    const channel = index % shape.outChannels;
    dBias[channel] = at(dBias, channel) + at(dy, index);
  }
  return { dFilter, dBias };
}

function at(values: ArrayLike<number>, index: number): number {
  return values[index] ?? Number.NaN;
}
