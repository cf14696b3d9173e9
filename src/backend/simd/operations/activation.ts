import type { TensorInfo } from '@tensorflow/tfjs-core';
import type { SimdBackend } from '../backend.ts';
import { elementGrain, sizeOf } from './override.ts';

/** Activations that follow a fused operation, by tfjs's names, and our kernels for them. */
const kernels = new Map([
  ['linear', undefined],
  ['relu', 'relu'],
  ['relu6', 'relu6'],
]);

/** Whether `activate` knows the activation. */
export function hasActivation(activation: string): boolean {
  return kernels.has(activation);
}

/** Applies an activation in place. */
export function activate(backend: SimdBackend, activation: string, y: TensorInfo): void {
  const kernel = kernels.get(activation);
  if (kernel !== undefined) {
    const address = backend.address(y);
    backend.runtime.parallel(kernel, [address, address], { count: sizeOf(y), grain: elementGrain });
  }
}
