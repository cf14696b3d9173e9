/** One module of all kernels. Each export takes `(…arguments, begin, end, scratch)`. */
export { gatherConvolution, packHeaders, packPanels, packTransposedPanels, transposeMatrix } from './convolution';
export { peak } from './peak';
export * from './elementwise';
export * from './normalization';
export * from './reduction';
export { filterGradient, sumSlices } from './filter-gradient';
export { axisProduct, axisProductMatrixGradient, sumMatrixGradient } from './axis-product';
export { packWinograd, winogradConvolution, winogradFilterGradient, winogradFilterSum } from './winograd';
export * from './pooling';
export * from './strided';
export {
  packStrideTwo,
  strideTwoConvolution,
  strideTwoFilterGradient,
  strideTwoFilterSum,
  strideTwoInputGradient,
} from './stride-two';
export {
  overlapAddConvolution,
  overlapAddFilterGradient,
  overlapAddFilterSum,
  overlapAddInputGradient,
  packOverlapAdd,
} from './overlap-add';
