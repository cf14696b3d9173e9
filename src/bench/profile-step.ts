/**
 * Says where the time of a training or inference step goes, kernel by kernel, on a backend that computes when it is called (simd, cpu):
 *
 *   node profile-step.ts --pooling strided --batch 16 --threads 2          training, then inference
 *
 * Each line: milliseconds a step, share, calls a step, and what was called on which shapes; the rest is JavaScript between kernels.
 */
import * as tf from '@tensorflow/tfjs';
import { createWorkload } from './workload.ts';

interface Total {
  milliseconds: number;
  calls: number;
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
        const key = `${kernel.kernelName} ${shapesOf(call.inputs)}`;
        const total = totals.get(key) ?? { milliseconds: 0, calls: 0 };
        totals.set(key, { milliseconds: total.milliseconds + elapsed - nested, calls: total.calls + 1 });
        nested = before + elapsed;
        return result;
      },
    });
  }
}

const { backend, steps, settings, batch, train, infer } = await createWorkload();
// The first steps register kernels that are defined by plain operations.
train();
infer();
const totals = new Map<string, Total>();
instrument(backend.name, totals);

for (const [name, run] of [
  ['training', train],
  ['inference', infer],
] as const) {
  run();
  totals.clear();
  const start = performance.now();
  for (let step = 0; step < steps; step++) run();
  const whole = (performance.now() - start) / steps;
  const sorted = [...totals].sort(([, a], [, b]) => b.milliseconds - a.milliseconds);
  const inKernels = sorted.reduce((sum, [, { milliseconds }]) => sum + milliseconds, 0) / steps;
  console.log(
    `${name}, ${settings.pooling}, batch ${batch}, ${backend.threads} threads: ${whole.toFixed(1)} ms a step, ${(whole - inKernels).toFixed(1)} ms between kernels`,
  );
  for (const [kernel, { milliseconds, calls }] of sorted.slice(0, shownKernels)) {
    const each = milliseconds / steps;
    const share = ((100 * each) / whole).toFixed(1);
    console.log(
      `${each.toFixed(2).padStart(9)} ms ${share.padStart(5)} % ${String(calls / steps).padStart(4)} × ${kernel}`,
    );
  }
}
process.exit();
