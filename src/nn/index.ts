export { complexity } from './complexity.ts';
export { axisMatrix, type DiffStrideOptions, diffStride, diffStrideAxis } from './diffstride.ts';
export type { Norm } from './fourier-matrices.ts';
export { DiffStride, type DiffStrideConfig, SpectralPooling, type SpectralPoolingConfig } from './layers.ts';
export * from './operations/index.ts';
export {
  type AxisRole,
  diffStrideLength,
  rampWidth,
  type Smoothness,
  smallestLearnableStride,
  spectralLength,
  stridedLength,
} from './pooled-length.ts';
export { type SpectralPoolingOptions, spectralPooling, spectralPoolingAxis } from './spectral-pooling.ts';
export type { Stride } from './stride-value.ts';
