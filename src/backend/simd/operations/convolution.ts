import { backend_util, type NamedAttrMap, type TensorInfo, util } from '@tensorflow/tfjs-core';
import type { SimdBackend } from '../backend.ts';
import { convolution, convolutionInputGradient } from '../kernels/convolution.ts';
import type { ConvolutionShape } from '../kernels/convolution-shape.ts';
import { convolutionFilterGradient } from '../kernels/filter-gradient.ts';
import { activate, hasActivation } from './activation.ts';
import { input, isFloat, type Override, type Overrides, sizeOf } from './override.ts';

type Shape4 = [number, number, number, number];

/** Sizes of a dense NHWC convolution, or undefined for what our kernels do not cover (dilation, NCHW). */
function shapeOf(xShape: number[], filterShape: number[], attributes: NamedAttrMap): ConvolutionShape | undefined {
  const { strides, pad, dataFormat, dilations, dimRoundingMode } = attributes as {
    strides: [number, number] | number;
    pad: Parameters<typeof backend_util.computeConv2DInfo>[4];
    dataFormat?: 'NHWC' | 'NCHW';
    dilations?: [number, number] | number;
    dimRoundingMode?: 'floor' | 'round' | 'ceil';
  };
  const dilated = dilations !== undefined && [dilations].flat().some((dilation) => dilation !== 1);
  if (dilated || dataFormat === 'NCHW') {
    return undefined;
  }
  const info = backend_util.computeConv2DInfo(
    xShape as Shape4,
    filterShape as Shape4,
    strides,
    1,
    pad,
    dimRoundingMode,
    false,
    'channelsLast',
  );
  return {
    batch: info.batchSize,
    inHeight: info.inHeight,
    inWidth: info.inWidth,
    inChannels: info.inChannels,
    outHeight: info.outHeight,
    outWidth: info.outWidth,
    outChannels: info.outChannels,
    kernelHeight: info.filterHeight,
    kernelWidth: info.filterWidth,
    strideHeight: info.strideHeight,
    strideWidth: info.strideWidth,
    padTop: info.padInfo.top,
    padLeft: info.padInfo.left,
  };
}

/** The shape of a convolution's result. */
function outputShape({ batch, outHeight, outWidth, outChannels }: ConvolutionShape): number[] {
  return [batch, outHeight, outWidth, outChannels];
}

/** Runs the forward kernel; undefined when a size is zero. */
function forward(
  backend: SimdBackend,
  shape: ConvolutionShape,
  x: TensorInfo,
  filter: TensorInfo,
  bias?: TensorInfo,
  epilogue?: { scale: TensorInfo; offset: TensorInfo },
): TensorInfo {
  const sources = {
    x: backend.address(x),
    filter: backend.address(filter),
    bias: bias === undefined ? 0 : backend.address(bias),
    epilogue: epilogue && { scale: backend.address(epilogue.scale), offset: backend.address(epilogue.offset) },
    // Only inference has an epilogue: its filters stay as they are, so they stay packed.
    kept: epilogue && { filters: backend.packedFilters, filter: filter.dataId },
  };
  const { info, address } = backend.output(outputShape(shape));
  convolution(backend.runtime, { ...shape, ...sources, y: address });
  return info;
}

const conv2d: Override = ({ inputs, attributes, backend }) => {
  const x = input(inputs, 'x');
  const filter = input(inputs, 'filter');
  const shape = isFloat(x, filter) ? shapeOf(x.shape, filter.shape, attributes) : undefined;
  return shape === undefined || isEmpty(shape) ? undefined : forward(backend, shape, x, filter);
};

function isEmpty(shape: ConvolutionShape): boolean {
  return outputShape(shape).some((size) => !Number.isInteger(size) || size <= 0);
}

const fusedConv2d: Override = ({ inputs, attributes, backend }) => {
  const x = input(inputs, 'x');
  const filter = input(inputs, 'filter');
  const { bias } = inputs;
  const activation = String(attributes.activation ?? 'linear');
  const shape = isFloat(x, filter) ? shapeOf(x.shape, filter.shape, attributes) : undefined;
  const fits =
    shape !== undefined &&
    !isEmpty(shape) &&
    (bias === undefined || (isFloat(bias) && sizeOf(bias) === shape.outChannels)) &&
    hasActivation(activation);
  if (!fits) {
    return undefined;
  }
  const y = forward(backend, shape, x, filter, bias);
  activate(backend, activation, y);
  return y;
};

const conv2dBackpropInput: Override = ({ inputs, attributes, backend }) => {
  const dy = input(inputs, 'dy');
  const filter = input(inputs, 'filter');
  const inputShape = attributes.inputShape as number[];
  const shape = isFloat(dy, filter) ? shapeOf(inputShape, filter.shape, attributes) : undefined;
  const consistent = shape !== undefined && util.arraysEqual(dy.shape, outputShape(shape));
  return consistent ? inputGradient(backend, shape, dy, filter) : undefined;
};

function inputGradient(backend: SimdBackend, shape: ConvolutionShape, dy: TensorInfo, filter: TensorInfo): TensorInfo {
  const sources = { dy: backend.address(dy), filter: backend.address(filter) };
  const { info, address } = backend.output([shape.batch, shape.inHeight, shape.inWidth, shape.inChannels]);
  convolutionInputGradient(backend.runtime, { ...shape, ...sources, dx: address });
  return info;
}

const conv2dBackpropFilter: Override = ({ inputs, attributes, backend }) => {
  const x = input(inputs, 'x');
  const dy = input(inputs, 'dy');
  const filterShape = attributes.filterShape as number[];
  const shape = isFloat(x, dy) ? shapeOf(x.shape, filterShape, attributes) : undefined;
  if (shape === undefined || !util.arraysEqual(dy.shape, outputShape(shape))) {
    return undefined;
  }
  const sources = { x: backend.address(x), dy: backend.address(dy) };
  const { info, address } = backend.output(filterShape);
  convolutionFilterGradient(backend.runtime, { ...shape, ...sources, dFilter: address, dBias: 0 });
  return info;
};

/** SAME padding and the given strides, as contract A has it. */
function sameShape(xShape: number[], filterShape: number[], attributes: NamedAttrMap): ConvolutionShape {
  const shape = shapeOf(xShape, filterShape, { strides: attributes.strides, pad: 'same' } as NamedAttrMap);
  if (shape === undefined) {
    throw new Error('simd backend: unexpected convolution');
  }
  return shape;
}

const spectrideConvolution: Override = ({ inputs, attributes, backend }) => {
  const x = input(inputs, 'x');
  const filter = input(inputs, 'filter');
  const { scale, offset } = inputs;
  const epilogue = scale === undefined || offset === undefined ? undefined : { scale, offset };
  return forward(backend, sameShape(x.shape, filter.shape, attributes), x, filter, input(inputs, 'bias'), epilogue);
};

const spectrideInputGradient: Override = ({ inputs, attributes, backend }) => {
  const filter = input(inputs, 'filter');
  const shape = sameShape(attributes.inputShape as number[], filter.shape, attributes);
  return inputGradient(backend, shape, input(inputs, 'dy'), filter);
};

const spectrideFilterGradient: Override = ({ inputs, attributes, backend }) => {
  const x = input(inputs, 'x');
  const filterShape = attributes.filterShape as number[];
  const shape = sameShape(x.shape, filterShape, attributes);
  const sources = { x: backend.address(x), dy: backend.address(input(inputs, 'dy')) };
  const dFilter = backend.output(filterShape);
  const dBias = backend.output([shape.outChannels]);
  convolutionFilterGradient(backend.runtime, {
    ...shape,
    ...sources,
    dFilter: dFilter.address,
    dBias: dBias.address,
  });
  return [dFilter.info, dBias.info];
};

export const convolutions: Overrides = {
  Conv2D: conv2d,
  Conv2DBackpropInput: conv2dBackpropInput,
  Conv2DBackpropFilter: conv2dBackpropFilter,
  FusedConv2D: fusedConv2d,
  SpectrideConvolution: spectrideConvolution,
  SpectrideConvolutionInputGradient: spectrideInputGradient,
  SpectrideConvolutionFilterGradient: spectrideFilterGradient,
};
