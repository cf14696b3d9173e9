import {
  getKernel,
  getKernelsForBackend,
  type KernelConfig,
  registerKernel,
  unregisterKernel,
} from '@tensorflow/tfjs-core';
import type { SimdBackend } from './backend.ts';
import { optimizers } from './operations/adam.ts';
import { axisProducts } from './operations/axis-product.ts';
import { convolutions } from './operations/convolution.ts';
import { elementwise } from './operations/elementwise.ts';
import { matrixProducts } from './operations/matrix-product.ts';
import { normalization } from './operations/normalization.ts';
import type { Override, Overrides } from './operations/override.ts';
import { pools } from './operations/pooling.ts';
import { reductions } from './operations/reduction.ts';
import { stridedCopies } from './operations/strided.ts';

/** Kernels of ours, by tfjs's names and by the names that `src/nn` calls. */
export const overrides: Overrides = {
  ...elementwise,
  ...normalization,
  ...convolutions,
  ...matrixProducts,
  ...axisProducts,
  ...reductions,
  ...pools,
  ...stridedCopies,
  ...optimizers,
};

/** Gives `simd` every kernel that `cpu` has. */
export function inheritKernels(backendName: string): void {
  for (const kernel of getKernelsForBackend('cpu')) {
    registerKernel({ ...kernel, backendName });
  }
}

/** Puts our kernels before the inherited ones. */
export function registerOverrides(backendName: string): void {
  for (const [kernelName, override] of Object.entries(overrides)) {
    const inherited = getKernel(kernelName, 'cpu');
    if (getKernel(kernelName, backendName) !== undefined) {
      unregisterKernel(kernelName, backendName);
    }
    registerKernel({ ...inherited, kernelName, backendName, kernelFunc: withFallback(override, inherited) });
  }
}

function withFallback(override: Override, inherited: KernelConfig | undefined): KernelConfig['kernelFunc'] {
  return (call) => {
    const backend = call.backend as SimdBackend;
    const result = backend.runKernel(() => override({ inputs: call.inputs, attributes: call.attrs ?? {}, backend }));
    if (result !== undefined) {
      return result;
    }
    if (inherited === undefined) {
      throw new Error('simd backend: the operation does not cover these inputs');
    }
    return inherited.kernelFunc(call);
  };
}
