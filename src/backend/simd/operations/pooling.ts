import { backend_util, type NamedAttrMap, type TensorInfo } from '@tensorflow/tfjs-core';
import { input, isFloat, type Override, type Overrides, sizeOf } from './override.ts';

type PoolInfo = ReturnType<typeof backend_util.computePool2DInfo>;

const channelGroup = 16;
/** Numbers of the result that make a thread's share worth its while. */
const grainElements = 4096;

/** Sizes of a pool without dilation, or undefined for what our kernels do not cover. */
function poolOf(x: TensorInfo, attributes: NamedAttrMap): PoolInfo | undefined {
  const { filterSize, strides, pad, dilations, dimRoundingMode } = attributes as {
    filterSize: [number, number] | number;
    strides: [number, number] | number;
    pad: Parameters<typeof backend_util.computePool2DInfo>[4];
    dilations?: [number, number] | number;
    dimRoundingMode?: 'floor' | 'round' | 'ceil';
  };
  if (!isFloat(x) || (dilations !== undefined && [dilations].flat().some((dilation) => dilation !== 1))) {
    return undefined;
  }
  const shape = x.shape as [number, number, number, number];
  const info = backend_util.computePool2DInfo(shape, filterSize, strides, 1, pad, dimRoundingMode);
  const isRegular = info.outShape.every((size) => Number.isInteger(size) && size > 0);
  // tfjs returns the map itself for a window of one cell, whatever the stride, when the shape stays: left to its own kernel.
  return isRegular && info.filterHeight * info.filterWidth > 1 ? info : undefined;
}

/** The arguments that all pooling kernels share, from the map's height to the padding. */
function geometry(info: PoolInfo): number[] {
  return [
    info.inHeight,
    info.inWidth,
    info.inChannels,
    info.outHeight,
    info.outWidth,
    info.filterHeight,
    info.filterWidth,
    info.strideHeight,
    info.strideWidth,
    info.padInfo.top,
    info.padInfo.left,
  ];
}

function pool(kernel: 'maxPool' | 'averagePool'): Override {
  return ({ inputs, attributes, backend }) => {
    const x = input(inputs, 'x');
    const info = poolOf(x, attributes);
    if (info === undefined) {
      return undefined;
    }
    const source = backend.address(x);
    const { info: y, address } = backend.output(info.outShape);
    backend.runtime.parallel(kernel, [source, ...geometry(info), address], {
      count: info.batchSize * info.outHeight,
      grain: Math.max(1, Math.ceil(grainElements / (info.outWidth * info.inChannels))),
    });
    return y;
  };
}

/** As in tfjs, a place's share of an average's gradient is that of a window inside the map. */
function poolGradient(kernel: 'maxPoolGradient' | 'averagePoolGradient'): Override {
  return ({ inputs, attributes, backend }) => {
    const x = input(inputs, 'input');
    const dy = input(inputs, 'dy');
    const info = isFloat(dy) ? poolOf(x, attributes) : undefined;
    if (info === undefined) {
      return undefined;
    }
    const sources = [backend.address(dy), backend.address(x)];
    const { info: dx, address } = backend.output(x.shape);
    const factor = kernel === 'maxPoolGradient' ? 1 : 1 / (info.filterHeight * info.filterWidth);
    const groups = Math.ceil(info.inChannels / channelGroup);
    const count = info.batchSize * groups;
    backend.runtime.parallel(kernel, [...sources, ...geometry(info), factor, groups, address], {
      count,
      grain: Math.max(1, Math.ceil((grainElements * count) / sizeOf(x))),
    });
    return dx;
  };
}

export const pools: Overrides = {
  MaxPool: pool('maxPool'),
  AvgPool: pool('averagePool'),
  MaxPoolGrad: poolGradient('maxPoolGradient'),
  AvgPoolGrad: poolGradient('averagePoolGradient'),
};
