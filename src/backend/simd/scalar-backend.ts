import { MathBackendCPU } from '@tensorflow/tfjs-backend-cpu';

/** tfjs's cpu backend as it is, for machines where none of the WebAssembly kernels works. */
export class ScalarBackend extends MathBackendCPU {
  constructor() {
    super();
    // Keeps tfjs from printing its advice to install tfjs-node at the first tensor.
    Object.assign(this, { firstUse: false });
  }
}
