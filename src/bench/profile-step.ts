/**
 * Says where the time of a training or inference step goes, kernel by kernel, on a backend that computes when it is called (simd, cpu):
 *
 *   node profile-step.ts --pooling strided --batch 16 --threads 2
 *
 * Each line: milliseconds a step, share, calls a step, GFLOP/s of the direct algorithm and their share of the measured peak (Winograd
 * can pass it), and what was called on which shapes. The last line is all of it as JSON.
 */
import * as tf from '@tensorflow/tfjs';
import { kernelOperations } from './kernel-cost.ts';
import { measurePeak } from './peak.ts';
import { createWorkload } from './workload.ts';

/** Time and work of one kernel on inputs of one shape. */
interface Total {
  milliseconds: number;
  calls: number;
  /** Floating-point operations of all calls; 0 where the kernel is not bound by arithmetic. */
  operations: number;
}

const shownKernels = 40;

function shapesOf(inputs: tf.NamedTensorInfoMap): string {
  return Object.entries(inputs)
    .map(([name, tensor]) => `${name}[${tensor?.shape.join('×') ?? ''}]`)
    .join(' ');
}

/** Makes every kernel of a backend add its own time, less that of kernels which it calls, to `totals`. */
function instrument(backend: string, totals: Map<string, Total>): void {
  let nested = 0;
  for (const kernel of tf.getKernelsForBackend(backend)) {
    tf.unregisterKernel(kernel.kernelName, backend);
    tf.registerKernel({
      ...kernel,
      kernelFunc(call) {
        const before = nested;
        nested = 0;
        const start = performance.now();
        const result = kernel.kernelFunc(call);
        const elapsed = performance.now() - start;
        const [output] = Array.isArray(result) ? result : [result];
        const key = `${kernel.kernelName} ${shapesOf(call.inputs)}`;
        const total = totals.get(key) ?? { milliseconds: 0, calls: 0, operations: 0 };
        total.milliseconds += elapsed - nested;
        total.calls += 1;
        total.operations += (output && kernelOperations(kernel.kernelName, call.inputs, output)) ?? 0;
        totals.set(key, total);
        nested = before + elapsed;
        return result;
      },
    });
  }
}

const { backend, steps, settings, batch, train, infer } = await createWorkload();
const peak = backend.name === 'simd' ? await measurePeak(backend.threads) : Number.NaN;
// The first steps register kernels that are defined by plain operations.
train();
infer();
const totals = new Map<string, Total>();
instrument(backend.name, totals);

/** Runs one kind of step, prints its kernels and returns them. */
function profile(name: string, run: () => void) {
  run();
  totals.clear();
  const start = performance.now();
  for (let step = 0; step < steps; step++) run();
  const milliseconds = (performance.now() - start) / steps;
  const kernels = [...totals]
    .map(([kernel, total]) => ({
      kernel,
      milliseconds: total.milliseconds / steps,
      calls: total.calls / steps,
      gflops: total.operations > 0 ? total.operations / total.milliseconds / 1e6 : undefined,
    }))
    .sort((a, b) => b.milliseconds - a.milliseconds);
  const between = milliseconds - kernels.reduce((sum, kernel) => sum + kernel.milliseconds, 0);
  console.log(
    `${name}, ${settings.pooling}, batch ${batch}, ${backend.threads} threads: ${milliseconds.toFixed(1)} ms a step, ${between.toFixed(1)} ms between kernels, peak ${peak.toFixed(0)} GFLOP/s`,
  );
  for (const { kernel, calls, gflops, ...each } of kernels.slice(0, shownKernels)) {
    const share = ((100 * each.milliseconds) / milliseconds).toFixed(1);
    const speed = gflops === undefined ? '' : `${gflops.toFixed(0)} (${((100 * gflops) / peak).toFixed(0)} %)`;
    console.log(
      `${each.milliseconds.toFixed(2).padStart(9)} ms ${share.padStart(5)} % ${String(calls).padStart(4)} × ${speed.padEnd(11)} ${kernel}`,
    );
  }
  return { milliseconds, between, kernels };
}

const profiles = { training: profile('training', train), inference: profile('inference', infer) };
console.log(JSON.stringify({ peak, ...settings, batch, threads: backend.threads, ...profiles }));
process.exit();
