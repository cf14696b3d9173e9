import type { NamedAttrMap, NamedTensorInfoMap, TensorInfo } from '@tensorflow/tfjs-core';
import { util } from '@tensorflow/tfjs-core';
import type { SimdBackend } from '../backend.ts';

/** What a kernel is called with: tfjs's inputs and attributes, and the backend that holds the tensors. */
export interface Call {
  inputs: NamedTensorInfoMap;
  attributes: NamedAttrMap;
  backend: SimdBackend;
}

/**
 * A kernel of ours under a tfjs name. It returns undefined for what it does not cover (types, shapes, attributes); then the
 * kernel that is inherited from `cpu` runs.
 */
export type Override = (call: Call) => TensorInfo | TensorInfo[] | undefined;

/** A table of kernels by name. */
export type Overrides = Record<string, Override>;

/** Elements a thread should get at least, for operations that stream through memory: below, one thread is faster. */
export const elementGrain = 16_384;

/** How many rows of `columns` numbers make a grain. */
export function rowGrain(columns: number): number {
  return Math.max(1, Math.ceil(elementGrain / Math.max(1, columns)));
}

/** The tensor under that name.
 *  @throws Error when the operation was called without it */
export function input(inputs: NamedTensorInfoMap, name: string): TensorInfo {
  const tensor = inputs[name];
  if (tensor === undefined) {
    throw new Error(`simd backend: the input "${name}" is missing`);
  }
  return tensor;
}

/** True for tensors of float32 numbers, at least one. */
export function isFloat(...tensors: TensorInfo[]): boolean {
  return tensors.every((tensor) => tensor.dtype === 'float32' && sizeOf(tensor) > 0);
}

/** The number of elements. */
export function sizeOf(tensor: TensorInfo): number {
  return util.sizeFromShape(tensor.shape);
}

/** The length of the last axis; 1 for a scalar. */
export function lastAxis(tensor: TensorInfo): number {
  return tensor.shape.at(-1) ?? 1;
}
