import { backend_util, type TensorInfo, util } from '@tensorflow/tfjs-core';
import type { SimdBackend } from '../backend.ts';
import { input, isFloat, type Override, type Overrides, sizeOf } from './override.ts';

/** A tensor seen as [outer, middle, inner], the middle being the axes that are reduced. */
interface Reduction {
  outer: number;
  middle: number;
  inner: number;
  /** Shape of the result. */
  shape: number[];
}

const channelGroup = 16;
/** Numbers of one partial sum. */
const sumBlock = 16_384;

/** Reads tfjs's `axis` and `keepDims`; undefined when the reduced axes do not lie together. */
function reductionOf(x: TensorInfo, attributes: Record<string, unknown>, axisName: string): Reduction | undefined {
  const axes = util.parseAxisParam(attributes[axisName] as number | number[], x.shape).toSorted((a, b) => a - b);
  const first = axes[0] ?? 0;
  if (axes.some((axis, index) => axis !== first + index)) {
    return undefined;
  }
  const after = first + axes.length;
  const [kept] = backend_util.computeOutAndReduceShapes(x.shape, axes);
  return {
    outer: util.sizeFromShape(x.shape.slice(0, first)),
    middle: util.sizeFromShape(x.shape.slice(first, after)),
    inner: util.sizeFromShape(x.shape.slice(after)),
    shape: attributes.keepDims === true ? backend_util.expandShapeToKeepDim(kept, axes) : kept,
  };
}

function sum(average: boolean): Override {
  return ({ inputs, attributes, backend }) => {
    const x = input(inputs, 'x');
    const reduction = isFloat(x) ? reductionOf(x, attributes, 'axis') : undefined;
    if (reduction === undefined) {
      return undefined;
    }
    const factor = average ? 1 / reduction.middle : 1;
    const { outer, inner } = reduction;
    if (inner === 1 && outer === 1) {
      return sumAll(backend, x, reduction, factor);
    }
    if (inner === 1) {
      return sumRows(backend, x, reduction, factor);
    }
    return outer === 1 ? sumColumns(backend, x, reduction, factor) : sumMiddle(backend, x, reduction, factor);
  };
}

function sumAll(backend: SimdBackend, x: TensorInfo, { middle, shape }: Reduction, factor: number): TensorInfo {
  const source = backend.address(x);
  const { info, address } = backend.output(shape);
  const blocks = Math.ceil(middle / sumBlock);
  backend.withTemporary(blocks * 8, (partial) => {
    const { runtime } = backend;
    runtime.parallel('sumBlocks', [source, middle, sumBlock, partial], { count: blocks });
    const sums = new Float64Array(runtime.float32.buffer, partial, blocks);
    runtime.float32[address / 4] = sums.reduce((total, value) => total + value, 0) * factor;
  });
  return info;
}

function sumRows(backend: SimdBackend, x: TensorInfo, { outer, middle, shape }: Reduction, factor: number): TensorInfo {
  const source = backend.address(x);
  const { info, address } = backend.output(shape);
  const grain = Math.max(16, Math.ceil(sumBlock / middle));
  backend.runtime.parallel('sumRows', [source, middle, factor, address], { count: outer, grain });
  return info;
}

function sumColumns(
  backend: SimdBackend,
  x: TensorInfo,
  { middle, inner, shape }: Reduction,
  factor: number,
): TensorInfo {
  const source = backend.address(x);
  const { info, address } = backend.output(shape);
  const blockRows = Math.max(16, Math.floor(sumBlock / inner));
  const blocks = Math.ceil(middle / blockRows);
  backend.withTemporary(blocks * inner * 4, (partial) => {
    const { runtime } = backend;
    runtime.parallel('sumColumnsBlocks', [source, middle, inner, blockRows, partial], { count: blocks });
    const grain = Math.max(16, Math.ceil(sumBlock / blocks));
    runtime.parallel('sumColumnsCombine', [partial, blocks, inner, factor, address], { count: inner, grain });
  });
  return info;
}

function sumMiddle(
  backend: SimdBackend,
  x: TensorInfo,
  { outer, middle, inner, shape }: Reduction,
  factor: number,
): TensorInfo {
  const source = backend.address(x);
  const { info, address } = backend.output(shape);
  const groups = Math.ceil(inner / channelGroup);
  backend.runtime.parallel('sumMiddle', [source, middle, inner, groups, factor, address], {
    count: outer * groups,
    grain: groupGrain(middle),
  });
  return info;
}

/** Groups of 16 channels for one thread. */
function groupGrain(middle: number): number {
  return Math.max(1, Math.ceil(sumBlock / (middle * channelGroup)));
}

function greatest(backend: SimdBackend, x: TensorInfo, { outer, middle, inner, shape }: Reduction): TensorInfo {
  const source = backend.address(x);
  const { info, address } = backend.output(shape);
  const groups = Math.ceil(inner / channelGroup);
  backend.runtime.parallel('globalMax', [source, middle, inner, groups, address], {
    count: outer * groups,
    grain: groupGrain(middle),
  });
  return info;
}

const max: Override = ({ inputs, attributes, backend }) => {
  const x = input(inputs, 'x');
  const reduction = isFloat(x) ? reductionOf(x, attributes, 'reductionIndices') : undefined;
  return reduction === undefined ? undefined : greatest(backend, x, reduction);
};

/** Contract of `SpectrideGlobalMax`: [batch, time, frequency, channels] → [batch, channels]. */
const globalMax: Override = ({ inputs, backend }) => {
  const x = input(inputs, 'x');
  const [outer = 1, time = 1, frequency = 1, inner = 1] = x.shape;
  return greatest(backend, x, { outer, middle: time * frequency, inner, shape: [outer, inner] });
};

/** Contract of `SpectrideGlobalMaxGradient`: dy, x, y → dx; ties share the gradient. */
const globalMaxGradient: Override = ({ inputs, backend }) => {
  const x = input(inputs, 'x');
  const [batch = 1, time = 1, frequency = 1, channels = 1] = x.shape;
  const sources = [input(inputs, 'dy'), x, input(inputs, 'y')].map((tensor) => backend.address(tensor));
  const { info, address } = backend.output(x.shape);
  backend.runtime.parallel('globalMaxGradient', [...sources, time * frequency, channels, address], {
    count: batch,
    grain: Math.max(1, Math.ceil((sumBlock * batch) / sizeOf(x))),
    scratchBytes: channels * 4,
  });
  return info;
};

export const reductions: Overrides = {
  Sum: sum(false),
  Mean: sum(true),
  Max: max,
  SpectrideGlobalMax: globalMax,
  SpectrideGlobalMaxGradient: globalMaxGradient,
};
