import type { LogMelPlan, LogMelTransform } from '../../features/log-mel-plan.ts';
import { compiledLogMel } from './compile.ts';
import { createLogMelKernel, type LogMelKernel } from './kernel.ts';

/**
 * Log-mel by WebAssembly SIMD on the calling thread, for `logMel(samples, options, transform)`: the same values as the default in
 * JavaScript to 1e-6, several times faster. Each thread keeps its own tables, by plan; nothing of tfjs is loaded.
 *
 * @returns undefined where this machine has no SIMD or `SPECTRIDE_INSTRUCTIONS` is `scalar`; `logMel` then takes its default
 */
export function simdLogMelTransform(): LogMelTransform | undefined {
  const compiled = compiledLogMel();
  if (compiled === undefined) return undefined;
  const kernels = new WeakMap<LogMelPlan, LogMelKernel>();
  return (samples, frames, start, plan) => {
    let kernel = kernels.get(plan);
    if (kernel === undefined) {
      kernel = createLogMelKernel(compiled.module, plan);
      kernels.set(plan, kernel);
    }
    return kernel(samples, frames, start);
  };
}

/** Where worker threads, to which functions cannot be sent, load the transform from: a module and its export. */
export const simdLogMelSource = { module: import.meta.url, name: 'simdLogMelTransform' } as const;
