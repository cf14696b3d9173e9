import { setTimeout } from 'node:timers/promises';
import { allowedInstructions, loadKernels } from '../backend/simd/instructions.ts';
import { Runtime } from '../backend/simd/runtime/runtime.ts';

/** The kernel `peak` multiplies 6 × 16 outputs over this depth in one item. */
const depth = 64;
const [rows, columns] = [6, 16];
const items = 20_000;
const scratchBytes = 1024;
const leastMilliseconds = 200;

/** Resolves when every thread of `runtime` takes part: jobs do not wait for those that are still starting. */
export async function allThreadsStarted({ pool, threads }: Runtime): Promise<void> {
  while (pool.started < threads - 1) await setTimeout(5);
}

/**
 * What the register tile of the matrix kernels reaches when all of its operands are in the first-level cache: GFLOP/s on
 * `threads` threads, the best of many tries. Layers are read against it. NaN where the kernels do not run.
 */
export async function measurePeak(threads: number): Promise<number> {
  const { checked: runtime } = loadKernels(allowedInstructions(process.env.SPECTRIDE_INSTRUCTIONS), (module) => {
    return new Runtime({ module, threads });
  });
  if (runtime === undefined) return Number.NaN;
  await allThreadsStarted(runtime);
  const [left, right] = [runtime.allocate(4 * depth * rows), runtime.allocate(4 * depth * columns)];
  runtime.float32.fill(0, left / 4, left / 4 + depth * rows);
  runtime.float32.fill(0, right / 4, right / 4 + depth * columns);
  let least = Number.POSITIVE_INFINITY;
  const begin = performance.now();
  while (performance.now() - begin < leastMilliseconds) {
    const start = performance.now();
    runtime.parallel('peak', [left, right], { count: items, scratchBytes });
    least = Math.min(least, performance.now() - start);
  }
  runtime.close();
  return (2 * items * depth * rows * columns) / least / 1e6;
}
