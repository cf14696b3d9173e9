export { type AdamAttributes, type AdamState, adamUpdate } from './adam.ts';
export { axisProduct, constantAxisProduct, maskedAxisProduct } from './axis-product.ts';
export { convolution } from './convolution.ts';
export { globalMax } from './global-max.ts';
export { type Affine, releasingConsumed } from './operation.ts';
export { reluBatchNorm } from './relu-batch-norm.ts';
