import type { TensorInfo } from '@tensorflow/tfjs-core';
import { util } from '@tensorflow/tfjs-core';
import type { SimdBackend } from '../backend.ts';
import { elementGrain, input, isFloat, lastAxis, type Override, type Overrides, rowGrain, sizeOf } from './override.ts';
import { type BinaryOperation, combineBroadcast } from './strided.ts';

/** Kernels of y = a ∘ b: for equal shapes or a scalar, and for a row vector on the right or on the left of rows. */
interface BinaryKernels {
  elements: string;
  columnsRight?: string;
  columnsLeft?: string;
}

const binaryKernels: Record<BinaryOperation, BinaryKernels> = {
  Add: { elements: 'add', columnsRight: 'addColumns', columnsLeft: 'addColumns' },
  Sub: { elements: 'subtract', columnsRight: 'subtractColumns', columnsLeft: 'subtractFromColumns' },
  Multiply: { elements: 'multiply', columnsRight: 'multiplyColumns', columnsLeft: 'multiplyColumns' },
  RealDiv: { elements: 'divide', columnsRight: 'divideColumns' },
  Maximum: { elements: 'maximum' },
  Minimum: { elements: 'minimum' },
  SquaredDifference: {
    elements: 'squaredDifference',
    columnsRight: 'squaredDifferenceColumns',
    columnsLeft: 'squaredDifferenceColumns',
  },
};

const unaryKernels: Record<string, string> = {
  Relu: 'relu',
  Relu6: 'relu6',
  Neg: 'negate',
  Square: 'square',
  Sqrt: 'squareRoot',
  Rsqrt: 'reciprocalSquareRoot',
  Reciprocal: 'reciprocal',
  Abs: 'absolute',
  Floor: 'floor',
  Ceil: 'ceiling',
};

/** The kernels take a scalar as 16 equal numbers that are read again and again (mask 0) while the other operand advances. */
const lanes = 16;
const advance = -1;
const stay = 0;

function binary(operation: BinaryOperation, kernels: BinaryKernels): Override {
  return ({ inputs, backend }) => {
    const a = input(inputs, 'a');
    const b = input(inputs, 'b');
    if (!isFloat(a, b)) {
      return undefined;
    }
    if (util.arraysEqual(a.shape, b.shape)) {
      return elements(backend, kernels.elements, a.shape, [backend.address(a), advance, backend.address(b), advance]);
    }
    if (sizeOf(b) === 1 && b.shape.length <= a.shape.length) {
      return withScalar(backend, b, (scalar) =>
        elements(backend, kernels.elements, a.shape, [backend.address(a), advance, scalar, stay]),
      );
    }
    if (sizeOf(a) === 1 && a.shape.length <= b.shape.length) {
      return withScalar(backend, a, (scalar) =>
        elements(backend, kernels.elements, b.shape, [scalar, stay, backend.address(b), advance]),
      );
    }
    if (kernels.columnsRight !== undefined && isRow(b, a)) {
      return columns(backend, kernels.columnsRight, a, b);
    }
    if (kernels.columnsLeft !== undefined && isRow(a, b)) {
      return columns(backend, kernels.columnsLeft, b, a);
    }
    return combineBroadcast(backend, operation, a, b);
  };
}

/** True when `vector` broadcasts over the last axis of `rows` and has its length. */
function isRow(vector: TensorInfo, rows: TensorInfo): boolean {
  const length = lastAxis(vector);
  return (
    vector.shape.length >= 1 &&
    vector.shape.length <= rows.shape.length &&
    sizeOf(vector) === length &&
    lastAxis(rows) === length
  );
}

function withScalar<T>(backend: SimdBackend, scalar: TensorInfo, use: (address: number) => T): T {
  const source = backend.address(scalar);
  return backend.withTemporary(lanes * 4, (address) => {
    const { float32 } = backend.runtime;
    float32.fill(float32[source / 4] ?? 0, address / 4, address / 4 + lanes);
    return use(address);
  });
}

function elements(backend: SimdBackend, kernel: string, shape: number[], operands: number[]): TensorInfo {
  const { info, address } = backend.output(shape);
  backend.runtime.parallel(kernel, [...operands, address], { count: sizeOf(info), grain: elementGrain });
  return info;
}

function columns(backend: SimdBackend, kernel: string, rows: TensorInfo, vector: TensorInfo): TensorInfo {
  const length = lastAxis(vector);
  const operands = [backend.address(rows), backend.address(vector), length];
  const { info, address } = backend.output(rows.shape);
  const count = sizeOf(rows) / length;
  backend.runtime.parallel(kernel, [...operands, address], { count, grain: rowGrain(length) });
  return info;
}

function unary(kernel: string): Override {
  return ({ inputs, backend }) => {
    const x = input(inputs, 'x');
    return isFloat(x) ? elements(backend, kernel, x.shape, [backend.address(x)]) : undefined;
  };
}

/** tfjs's Step has the slope for x ≤ 0 as an attribute; ours is the one of the derivative of relu. */
const step: Override = (call) => (call.attributes.alpha ? undefined : unary('step')(call));

const fill: Override = ({ attributes, backend }) => {
  const { value, dtype } = attributes;
  const shape = attributes.shape as number[];
  if (typeof value !== 'number' || (dtype !== undefined && dtype !== 'float32') || shape.includes(0)) {
    return undefined;
  }
  const { info, address } = backend.output(shape);
  backend.runtime.parallel('fill', [value, address], { count: sizeOf(info), grain: elementGrain });
  return info;
};

export const elementwise: Overrides = {
  ...Object.fromEntries(
    Object.entries(binaryKernels).map(([name, kernels]) => [name, binary(name as BinaryOperation, kernels)]),
  ),
  ...Object.fromEntries(Object.entries(unaryKernels).map(([name, kernel]) => [name, unary(kernel)])),
  Step: step,
  Fill: fill,
};
