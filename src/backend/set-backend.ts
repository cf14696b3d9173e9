import { availableParallelism } from 'node:os';
import { BadInputError } from '../errors.ts';
import { type BackendDescription, type BackendName, backendNames } from './description.ts';

/**
 * Chooses the tfjs backend that computes from now on, and waits until it is ready.
 * Loads `@tensorflow/tfjs`, so that gradients are registered.
 *
 * @param name default `simd`
 * @returns what was chosen: threads and instructions
 * @throws BadInputError for a name that is not one of `backendNames`
 */
export async function setBackend(name: string = 'simd'): Promise<BackendDescription> {
  if (!isBackendName(name)) {
    throw new BadInputError(`backend: expected one of ${backendNames.join(', ')}, found "${name}"`);
  }
  return activate[name]();
}

function isBackendName(name: string): name is BackendName {
  return (backendNames as readonly string[]).includes(name);
}

const activate: Record<BackendName, () => Promise<BackendDescription>> = {
  simd: activateSimd,
  tensorflow: async () => (await import('./tensorflow.ts')).activateTensorflow(),
  wasm: activateWasm,
  cpu: activateCpu,
};

async function activateSimd(): Promise<BackendDescription> {
  const tf = await import('@tensorflow/tfjs');
  const { describeSimd } = await import('./simd/index.ts');
  const { threads, instructions, path } = describeSimd();
  await tf.setBackend('simd');
  return {
    name: 'simd',
    threads,
    instructions,
    detail: `Kernels of spectride: ${path}, ${threads === 1 ? '1 thread' : `${threads} threads`}.`,
  };
}

async function activateWasm(): Promise<BackendDescription> {
  const tf = await import('@tensorflow/tfjs');
  await import('@tensorflow/tfjs-backend-wasm');
  await tf.setBackend('wasm');
  const simd = await tf.env().getAsync('WASM_HAS_SIMD_SUPPORT');
  return {
    name: 'wasm',
    threads: 1,
    instructions: simd === true ? 'simd128' : 'scalar',
    detail: `WebAssembly kernels of tfjs on one of ${availableParallelism()} cores: convolution gradients run in JavaScript.`,
  };
}

async function activateCpu(): Promise<BackendDescription> {
  const tf = await import('@tensorflow/tfjs');
  await tf.setBackend('cpu');
  silenceAdvert(tf.backend());
  return {
    name: 'cpu',
    threads: 1,
    instructions: 'javascript',
    detail: 'JavaScript kernels of tfjs: for reference, slow.',
  };
}

/** Keeps tfjs from printing its advice to install tfjs-node at the first tensor. */
function silenceAdvert(backend: object): void {
  if ('firstUse' in backend) {
    backend.firstUse = false;
  }
}
