import type { TensorInfo } from '@tensorflow/tfjs-core';
import { backend_util, util } from '@tensorflow/tfjs-core';
import type { SimdBackend } from '../backend.ts';
import { input, isFloat, type Override, type Overrides, rowGrain, sizeOf } from './override.ts';

/** One axis of a result, and how far each operand moves along it, in elements. */
interface Axis {
  size: number;
  steps: number[];
}

const mostAxes = 4;

/**
 * The same walk in as few axes as possible: axes of length 1 vanish, and neighbours along which every operand moves evenly become
 * one. Filled up to four from the front.
 *
 * @returns undefined when more than four remain
 */
export function mergeAxes(axes: Axis[], operands: number): Axis[] | undefined {
  const merged: Axis[] = [];
  for (const axis of axes.filter(({ size }) => size !== 1)) {
    const last = merged.at(-1);
    if (last?.steps.every((step, operand) => step === axis.size * (axis.steps[operand] ?? 0))) {
      merged[merged.length - 1] = { size: last.size * axis.size, steps: axis.steps };
    } else {
      merged.push(axis);
    }
  }
  if (merged.length > mostAxes) {
    return undefined;
  }
  const unit: Axis = { size: 1, steps: Array.from({ length: operands }, () => 0) };
  return [...Array.from({ length: mostAxes - merged.length }, () => unit), ...merged];
}

/** Steps of a tensor along the axes of a shape that it broadcasts to. */
function broadcastSteps(tensor: TensorInfo, shape: number[]): number[] {
  const strides = [...util.computeStrides(tensor.shape), ...(tensor.shape.length > 0 ? [1] : [])];
  const missing = shape.length - tensor.shape.length;
  return shape.map((_, axis) => (tensor.shape[axis - missing] === 1 ? 0 : (strides[axis - missing] ?? 0)));
}

/** Codes of `combineStrided`. */
const operationCodes = {
  Add: 0,
  Sub: 1,
  Multiply: 2,
  RealDiv: 3,
  Maximum: 4,
  Minimum: 5,
  SquaredDifference: 6,
} as const;
export type BinaryOperation = keyof typeof operationCodes;

/** y = a ∘ b for any shapes that broadcast; undefined when they need more than four axes. */
export function combineBroadcast(
  backend: SimdBackend,
  operation: BinaryOperation,
  a: TensorInfo,
  b: TensorInfo,
): TensorInfo | undefined {
  const shape = backend_util.assertAndGetBroadcastShape(a.shape, b.shape);
  const [stepsA, stepsB] = [broadcastSteps(a, shape), broadcastSteps(b, shape)];
  const axes = mergeAxes(
    shape.map((size, axis) => ({ size, steps: [stepsA[axis] ?? 0, stepsB[axis] ?? 0] })),
    2,
  );
  if (axes === undefined) {
    return undefined;
  }
  const sources = [backend.address(a), backend.address(b)];
  const { info, address } = backend.output(shape);
  const sizes = axes.slice(1).map(({ size }) => size);
  const steps = [0, 1].flatMap((operand) => axes.map((axis) => axis.steps[operand] ?? 0));
  const last = axes[mostAxes - 1]?.size ?? 1;
  backend.runtime.parallel('combineStrided', [operationCodes[operation], ...sources, address, ...sizes, ...steps], {
    count: sizeOf(info) / last,
    grain: rowGrain(last),
  });
  return info;
}

/** A float32 tensor of that shape, gathered from x with the given walk. */
function copyStrided(backend: SimdBackend, x: TensorInfo, shape: number[], axes: Axis[]): TensorInfo | undefined {
  const merged = mergeAxes(axes, 1);
  if (merged === undefined) {
    return undefined;
  }
  const source = backend.address(x);
  const { info, address } = backend.output(shape);
  const sizes = merged.slice(1).map(({ size }) => size);
  const steps = merged.map((axis) => axis.steps[0] ?? 0);
  const last = merged[mostAxes - 1]?.size ?? 1;
  backend.runtime.parallel('copyStrided', [source, address, ...sizes, ...steps], {
    count: sizeOf(info) / last,
    grain: rowGrain(last),
  });
  return info;
}

function stridesOf(shape: number[]): number[] {
  return shape.map((_, axis) => util.sizeFromShape(shape.slice(axis + 1)));
}

const transpose: Override = ({ inputs, attributes, backend }) => {
  const x = input(inputs, 'x');
  if (!isFloat(x)) {
    return undefined;
  }
  const order = attributes.perm as number[];
  const strides = stridesOf(x.shape);
  const axes = order.map((axis) => ({ size: x.shape[axis] ?? 1, steps: [strides[axis] ?? 0] }));
  const shape = axes.map(({ size }) => size);
  return copyStrided(backend, x, shape, axes);
};

/** Repeating an axis is an axis of step 0 before it. */
const tile: Override = ({ inputs, attributes, backend }) => {
  const x = input(inputs, 'x');
  const repetitions = attributes.reps as number[];
  if (!isFloat(x) || repetitions.length !== x.shape.length || repetitions.some((times) => times < 1)) {
    return undefined;
  }
  const strides = stridesOf(x.shape);
  const axes = x.shape.flatMap((size, axis) => [
    { size: repetitions[axis] ?? 1, steps: [0] },
    { size, steps: [strides[axis] ?? 0] },
  ]);
  const shape = x.shape.map((size, axis) => size * (repetitions[axis] ?? 1));
  return copyStrided(backend, x, shape, axes);
};

/** Rows of a tensor by their indices, the first axis; tfjs's data sets take their batches so. */
const gather: Override = ({ inputs, attributes, backend }) => {
  const x = input(inputs, 'x');
  const indices = input(inputs, 'indices');
  const axis = Number(attributes.axis ?? 0);
  const [rows = 0, ...rest] = x.shape;
  const batchDims = Number(attributes.batchDims ?? 0);
  if (!isFloat(x) || axis !== 0 || batchDims !== 0 || x.shape.length === 0 || indices.dtype !== 'int32') {
    return undefined;
  }
  const wanted = backend.readSync(indices.dataId) as Int32Array;
  if (wanted.length === 0 || wanted.some((index) => index < 0 || index >= rows)) {
    return undefined;
  }
  const length = util.sizeFromShape(rest);
  const source = backend.address(x) / 4;
  const { info, address } = backend.output([...indices.shape, ...rest]);
  const { float32 } = backend.runtime;
  wanted.forEach((index, position) => {
    const from = source + index * length;
    float32.copyWithin(address / 4 + position * length, from, from + length);
  });
  return info;
};

export const stridedCopies: Overrides = { Transpose: transpose, Tile: tile, GatherV2: gather };
