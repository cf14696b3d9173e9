/** Sizes of a convolution of NHWC maps with a filter [kernelHeight, kernelWidth, inChannels, outChannels]. */
export interface ConvolutionShape {
  batch: number;
  inHeight: number;
  inWidth: number;
  inChannels: number;
  outHeight: number;
  outWidth: number;
  outChannels: number;
  kernelHeight: number;
  kernelWidth: number;
  strideHeight: number;
  strideWidth: number;
  /** Rows of zeros above the input, columns of zeros to its left; what is missing below and to the right is zero too. */
  padTop: number;
  padLeft: number;
}
