/** One module of all kernels. Each export takes `(…arguments, begin, end, scratch)`. */
export { gatherConvolution, packPanels, packTransposedPanels } from './convolution';
