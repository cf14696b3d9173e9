import type { AxisShape } from '../../src/backend/simd/kernels/axis-product.ts';
import type { ConvolutionShape } from '../../src/backend/simd/kernels/convolution-shape.ts';

/** Pooling of the paper's network (design §2.2); DiffStride with smoothness 4, spectral with a hard crop, strides 2. */
export const networks = ['strided', 'spectral', 'diffstride'] as const;
export type Network = (typeof networks)[number];

/** A matrix product along one axis: the pool after a convolution. */
export type PoolShape = AxisShape;

export interface Layer {
  name: string;
  convolution: ConvolutionShape;
  pool: PoolShape | undefined;
}

const frames = 98;
const bins = 64;
const blocks = [
  { channels: 64, stride: 2 },
  { channels: 128, stride: 2 },
  { channels: 256, stride: 1 },
  { channels: 256, stride: 2 },
  { channels: 512, stride: 1 },
  { channels: 512, stride: 2 },
];
const smoothness = 4;

/** The twelve convolutions of a network for inputs of 98 frames × 64 bins, each with the pool that follows it. */
export function networkLayers(network: Network, batch: number): Layer[] {
  let height = frames;
  let width = bins;
  let inChannels = 1;
  return blocks.flatMap(({ channels, stride }, index) =>
    (['time', 'frequency'] as const).map((axis): Layer => {
      const alongTime = axis === 'time';
      const [inHeight, inWidth] = [height, width];
      const size = alongTime ? height : width;
      const pooled = stride === 1 ? size : pooledSize(network, size, stride);
      if (alongTime) {
        height = pooled;
      } else {
        width = pooled;
      }
      const strided = network === 'strided';
      const convolution = sameConvolution({
        batch,
        inHeight,
        inWidth,
        inChannels,
        outChannels: channels,
        kernelHeight: alongTime ? 3 : 1,
        kernelWidth: alongTime ? 1 : 3,
        strideHeight: strided && alongTime ? stride : 1,
        strideWidth: strided && !alongTime ? stride : 1,
      });
      inChannels = channels;
      const pool = alongTime
        ? { outer: batch, size, newSize: pooled, inner: inWidth * channels }
        : { outer: batch * inHeight, size, newSize: pooled, inner: channels };
      return {
        name: `${index + 1}${alongTime ? 't' : 'f'} ${inHeight}×${inWidth} ${convolution.inChannels}→${channels}`,
        convolution,
        pool: strided || stride === 1 ? undefined : pool,
      };
    }),
  );
}

function pooledSize(network: Network, size: number, stride: number): number {
  if (network === 'strided') {
    return Math.ceil(size / stride);
  }
  return Math.min(size, Math.floor(size / stride + (network === 'diffstride' ? 2 * smoothness : 0)));
}

/** A convolution with TensorFlow's SAME padding. */
function sameConvolution(
  sizes: Omit<ConvolutionShape, 'outHeight' | 'outWidth' | 'padTop' | 'padLeft'>,
): ConvolutionShape {
  const outHeight = Math.ceil(sizes.inHeight / sizes.strideHeight);
  const outWidth = Math.ceil(sizes.inWidth / sizes.strideWidth);
  const pad = (inSize: number, outSize: number, kernel: number, stride: number) =>
    Math.floor(Math.max(0, (outSize - 1) * stride + kernel - inSize) / 2);
  return {
    ...sizes,
    outHeight,
    outWidth,
    padTop: pad(sizes.inHeight, outHeight, sizes.kernelHeight, sizes.strideHeight),
    padLeft: pad(sizes.inWidth, outWidth, sizes.kernelWidth, sizes.strideWidth),
  };
}
