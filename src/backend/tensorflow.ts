import module from 'node:module';
import { availableParallelism } from 'node:os';
import path from 'node:path';
import util from 'node:util';
import { BadInputError, messageOf } from '../errors.ts';
import type { BackendDescription } from './description.ts';

/** The packages that bring TensorFlow's own kernels to tfjs, the one that can use a GPU first. */
const packages = ['@tensorflow/tfjs-node-gpu', '@tensorflow/tfjs-node'] as const;

/** An installed package that brings TensorFlow. */
export interface TensorflowPackage {
  name: (typeof packages)[number];
  /** The file that loads it. */
  entry: string;
}

/** Finds tfjs-node-gpu or tfjs-node for a project folder, as Node resolves a package from there; loads nothing. */
export function findTensorflow(project: string): TensorflowPackage | undefined {
  const { resolve } = module.createRequire(path.resolve(project, 'package.json'));
  for (const name of packages) {
    try {
      return { name, entry: resolve(name) };
    } catch {
      // Not installed there: the next one is tried.
    }
  }
  return undefined;
}

/** tfjs-node 4.22 calls `util.isNullOrUndefined`, which Node 23 took away. */
function restoreIsNullOrUndefined(): void {
  if ('isNullOrUndefined' in util) return;
  Object.defineProperty(util, 'isNullOrUndefined', {
    value: (value: unknown) => value === null || value === undefined,
    configurable: true,
    writable: true,
  });
}

/**
 * Runs `load` without the warnings of a second tfjs-core: where the project has a copy of its own, both share one engine, and the
 * second says for each of its kernels that it is registered already.
 */
function withoutRegistrationWarnings<T>(load: () => T): T {
  const warn = console.warn;
  console.warn = (...words: unknown[]) => {
    if (!/already (been )?(registered|set)/.test(String(words[0]))) warn(...words);
  };
  try {
    return load();
  } finally {
    console.warn = warn;
  }
}

/** Whether a backend of tfjs-node says that it computes on a GPU. */
function usesGpu(backend: object): boolean {
  return 'isUsingGpuDevice' in backend && backend.isUsingGpuDevice === true;
}

/**
 * Computes with TensorFlow's own kernels from now on, through @tensorflow/tfjs-node-gpu or @tensorflow/tfjs-node, whichever the
 * user's project has. Threads: all cores, or `SPECTRIDE_THREADS`.
 *
 * @param options.project folder from which the package is resolved; default: the current one
 * @throws BadInputError where neither package is installed, or where it is and does not start
 */
export async function activateTensorflow(options: { project?: string } = {}): Promise<BackendDescription> {
  const project = path.resolve(options.project ?? '.');
  const found = findTensorflow(project);
  if (!found) {
    throw new BadInputError(
      `backend: found neither ${packages.join(' nor ')} in ${project}, expected one of them (npm install ${packages[1]}), or --backend simd`,
    );
  }
  process.env.TF_CPP_MIN_LOG_LEVEL ??= '2';
  const threads = Number(process.env.SPECTRIDE_THREADS) || availableParallelism();
  process.env.TF_NUM_INTRAOP_THREADS ??= String(threads);
  restoreIsNullOrUndefined();
  const tf = await import('@tensorflow/tfjs');
  try {
    withoutRegistrationWarnings(() => module.createRequire(found.entry)(found.entry));
  } catch (error) {
    throw new BadInputError(
      `backend: found ${found.name} in ${project} which does not start (${messageOf(error).split('\n')[0]}), expected a working one`,
    );
  }
  if (!tf.findBackendFactory('tensorflow') || !(await tf.setBackend('tensorflow'))) {
    throw new BadInputError(`backend: ${found.name} in ${project} did not register its backend, expected version 4.22`);
  }
  const gpu = usesGpu(tf.backend());
  return {
    name: 'tensorflow',
    threads,
    instructions: 'native',
    detail: `TensorFlow's own kernels through ${found.name}, ${gpu ? 'on a GPU' : `on ${threads} threads of the CPU`}.`,
  };
}
