import type { NamedAttrMap, TensorInfo } from '@tensorflow/tfjs-core';
import { util } from '@tensorflow/tfjs-core';
import type { SimdBackend } from '../backend.ts';
import { matrixProduct } from '../kernels/matrix-product.ts';
import { activate, hasActivation } from './activation.ts';
import { input, isFloat, type Override, type Overrides, sizeOf } from './override.ts';

/**
 * y[i] = op(a[i]) · op(b[i]); batches are equal, or one of them is 1.
 *
 * @returns undefined for other batches and for empty matrices
 */
function product(
  backend: SimdBackend,
  a: TensorInfo,
  b: TensorInfo,
  attributes: NamedAttrMap,
  bias?: TensorInfo,
): TensorInfo | undefined {
  if (!isFloat(a, b) || a.shape.length < 2 || b.shape.length < 2) {
    return undefined;
  }
  const transposeA = attributes.transposeA === true;
  const transposeB = attributes.transposeB === true;
  const [rows, depth] = matrixShape(a, transposeA);
  const [depthB, columns] = matrixShape(b, transposeB);
  const [leadingA, leadingB] = [a.shape.slice(0, -2), b.shape.slice(0, -2)];
  const [batchA, batchB] = [util.sizeFromShape(leadingA), util.sizeFromShape(leadingB)];
  if (depth !== depthB || !(batchA === 1 || batchB === 1 || util.arraysEqual(leadingA, leadingB))) {
    return undefined;
  }
  // A lone matrix against several: the several give the shape, where its rank is the higher one.
  const leading = batchA > batchB || (batchA === batchB && leadingA.length >= leadingB.length) ? leadingA : leadingB;
  if (leading.length < Math.max(leadingA.length, leadingB.length)) {
    return undefined;
  }
  const sources = { a: backend.address(a), b: backend.address(b) };
  const biasAddress = bias === undefined ? undefined : backend.address(bias);
  const { info, address } = backend.output([...leading, rows, columns]);
  matrixProduct(backend.runtime, {
    batch: Math.max(batchA, batchB),
    rows,
    columns,
    depth,
    ...sources,
    y: address,
    transposeA,
    transposeB,
    stepA: batchA === 1 ? 0 : 1,
    stepB: batchB === 1 ? 0 : 1,
    bias: biasAddress,
  });
  return info;
}

/** Rows and columns of a (transposed) matrix. */
function matrixShape({ shape }: TensorInfo, transposed: boolean): [number, number] {
  const [rows = 1, columns = 1] = shape.slice(-2);
  return transposed ? [columns, rows] : [rows, columns];
}

const batchMatMul: Override = ({ inputs, attributes, backend }) =>
  product(backend, input(inputs, 'a'), input(inputs, 'b'), attributes);

const fusedMatMul: Override = ({ inputs, attributes, backend }) => {
  const a = input(inputs, 'a');
  const b = input(inputs, 'b');
  const { bias } = inputs;
  const activation = String(attributes.activation ?? 'linear');
  const columns = matrixShape(b, attributes.transposeB === true)[1];
  const isVector = bias === undefined || (isFloat(bias) && sizeOf(bias) === columns && bias.shape.at(-1) === columns);
  if (!isVector || !hasActivation(activation)) {
    return undefined;
  }
  const y = product(backend, a, b, attributes, bias);
  if (y !== undefined) {
    activate(backend, activation, y);
  }
  return y;
};

export const matrixProducts: Overrides = { BatchMatMul: batchMatMul, _FusedMatMul: fusedMatMul };
