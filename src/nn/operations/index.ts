export { type AdamAttributes, type AdamState, adamUpdate } from './adam.ts';
export { axisProduct } from './axis-product.ts';
export { convolution } from './convolution.ts';
export { globalMax } from './global-max.ts';
export type { Affine } from './operation.ts';
export { reluAffine } from './relu-affine.ts';
export { reluBatchNorm } from './relu-batch-norm.ts';
