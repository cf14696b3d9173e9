/** One module of all kernels. Each export takes `(…arguments, begin, end, scratch)`. */
export { gatherConvolution, packPanels, packTransposedPanels } from './convolution';
export { peak } from './peak';
export * from './elementwise';
export * from './normalization';
export * from './reduction';
