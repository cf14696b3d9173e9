import * as tf from '@tensorflow/tfjs';
import { SimdBackend } from '../../src/backend/simd/backend.ts';
import { loadKernels, type SimdInstructions } from '../../src/backend/simd/instructions.ts';
import { inheritKernels, registerOverrides } from '../../src/backend/simd/register.ts';
import { Runtime } from '../../src/backend/simd/runtime/runtime.ts';
import { selfCheck } from '../../src/backend/simd/self-check.ts';

let made = 0;

/**
 * Makes a simd backend of its own the current one, with its own memory and threads.
 * @returns its runtime; close it after use
 */
export async function simdBackendWith({
  threads,
  instructions = 'simd256',
  memoryLimitBytes,
}: {
  threads: number;
  instructions?: SimdInstructions;
  memoryLimitBytes?: number;
}): Promise<Runtime> {
  made += 1;
  const name = `simd-${made}`;
  const { checked: runtime } = loadKernels(instructions, (module) => {
    const candidate = new Runtime({ module, threads, memoryLimitBytes });
    selfCheck(candidate);
    return candidate;
  });
  if (runtime === undefined) {
    throw new Error(`no kernels with ${instructions} on this machine`);
  }
  inheritKernels(name);
  registerOverrides(name);
  tf.registerBackend(name, () => new SimdBackend(runtime));
  await tf.setBackend(name);
  while (runtime.pool.started < threads - 1) {
    await new Promise((resolve) => setTimeout(resolve, 5));
  }
  return runtime;
}
