import '@tensorflow/tfjs-backend-cpu';
import { registerBackend } from '@tensorflow/tfjs-core';
import { SimdBackend } from './backend.ts';
import {
  allowedInstructions,
  type LoadedKernels,
  loadKernels,
  type Refusal,
  type SimdInstructions,
} from './instructions.ts';
import { inheritKernels, registerOverrides } from './register.ts';
import { physicalCores } from './runtime/cores.ts';
import { Runtime } from './runtime/runtime.ts';
import { ScalarBackend } from './scalar-backend.ts';
import { selfCheck } from './self-check.ts';
import { threadCount } from './thread-count.ts';

const backendName = 'simd';
/** Above wasm and webgl (2): a program that imports this and chooses nothing computes here. */
const priority = 3;

/** What the simd backend runs on. */
export interface SimdDescription {
  threads: number;
  physicalCores: number;
  instructions: SimdInstructions;
  /** How the kernels were compiled. */
  path: string;
  /** Better ways that were tried first, and why they were not taken. */
  refusals: Refusal[];
  /** Compiling and checking the kernels took this long. */
  milliseconds: number;
  /** Bytes of tensors now and at most, and bytes of memory touched. */
  memory: { used: number; peak: number; extent: number };
}

let kernels: LoadedKernels<Runtime> | undefined;

/**
 * Compiles and checks the kernels and starts the threads, once in a process; tfjs may make the backend anew any time.
 * @throws BadInputError for values of SPECTRIDE_INSTRUCTIONS or SPECTRIDE_THREADS that mean nothing
 */
function loadOnce(): LoadedKernels<Runtime> {
  if (kernels === undefined) {
    const allowed = allowedInstructions(process.env.SPECTRIDE_INSTRUCTIONS);
    const threads = threadCount(process.env.SPECTRIDE_THREADS);
    kernels = loadKernels(allowed, (module) => {
      const runtime = new Runtime({ module, threads });
      try {
        selfCheck(runtime);
      } catch (error) {
        runtime.close();
        throw error;
      }
      return runtime;
    });
  }
  return kernels;
}

/** What the backend runs on; compiles the kernels if they are not yet. */
export function describeSimd(): SimdDescription {
  const { instructions, path, refusals, milliseconds, checked } = loadOnce();
  return {
    threads: checked?.threads ?? 1,
    physicalCores: physicalCores(),
    instructions,
    path,
    refusals,
    milliseconds,
    memory: checked?.usage ?? { used: 0, peak: 0, extent: 0 },
  };
}

inheritKernels(backendName);
registerBackend(
  backendName,
  () => {
    const { checked } = loadOnce();
    if (checked === undefined) {
      return new ScalarBackend();
    }
    registerOverrides(backendName);
    return new SimdBackend(checked);
  },
  priority,
);
