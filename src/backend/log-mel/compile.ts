import { readFileSync } from 'node:fs';
import type { LogMelPlan } from '../../features/log-mel-plan.ts';
import { allowedInstructions, type SimdInstructions } from '../simd/instructions.ts';
import { compileOptimized } from '../simd/runtime/compile.ts';
import { mayHave256Bits } from '../simd/runtime/processor.ts';
import { createLogMelKernel } from './kernel.ts';

/** Compiles the module of `simd/assembly/log-mel.ts`, with V8's fusing to 256 bits or without. */
function compile(revectorize: boolean): WebAssembly.Module {
  const bytes = readFileSync(new URL('../simd/log-mel.wasm', import.meta.url));
  // V8 keeps compiled code by the module's bytes, and would hand out the fused code again: a custom section tells the two apart.
  const section = revectorize ? [] : [0x00, 0x06, 0x05, ...Buffer.from('plain')];
  return compileOptimized(Uint8Array.from([...bytes, ...section]), { revectorize });
}

/** Small plans that run every loop of the kernel: an odd and an even number of radix-4 passes, magnitudes and a floor. */
const checks: LogMelPlan[] = [64, 128].map((fftLength) => ({
  hopLength: 24,
  fftLength,
  window: Float64Array.from({ length: fftLength - 7 }, (_, n) => 1 + Math.sin(n)),
  power: fftLength === 64 ? 1 : 2,
  rows: [0, 5, 20].map((first) => ({ first, weights: Float64Array.of(0.25, 1, 0.5) })),
  offset: 1e-5,
  floor: 1e-4,
}));

/** Whether two compilations of the module give the same bits on a signal without structure. */
function agree(a: WebAssembly.Module, b: WebAssembly.Module): boolean {
  const samples = Float32Array.from({ length: 400 }, (_, n) => Math.sin(n * n * 0.37));
  return checks.every((plan) => {
    const expected = createLogMelKernel(a, plan)(samples, 10, -30);
    const found = createLogMelKernel(b, plan)(samples, 10, -30);
    return found.every((value, index) => Object.is(value, expected[index]));
  });
}

/** How log-mel is computed: the compiled module, and whether V8's 256-bit code of it proved itself. */
export interface CompiledLogMel {
  module: WebAssembly.Module;
  instructions: 'simd256' | 'simd128';
}

/**
 * Compiles the log-mel module. V8's fusing of 128-bit pairs is experimental: its code is used only where it gives the same bits as
 * plain 128-bit code, which it must, since the module has no operation whose rounding depends on the machine.
 *
 * @param allowed the best instructions that may be used
 * @returns undefined where there is no SIMD, none is allowed, or the module was not built
 */
export function compileLogMel(allowed: SimdInstructions): CompiledLogMel | undefined {
  if (allowed === 'scalar') return undefined;
  try {
    const plain = compile(false);
    if (allowed === 'simd256' && mayHave256Bits()) {
      const fused = compile(true);
      if (agree(plain, fused)) return { module: fused, instructions: 'simd256' };
    }
    return { module: plain, instructions: 'simd128' };
  } catch (error) {
    // Not built, or not for this machine: fft.js computes.
    if (error instanceof WebAssembly.CompileError || (error as NodeJS.ErrnoException).code === 'ENOENT')
      return undefined;
    throw error;
  }
}

let compiled: { logMel: CompiledLogMel | undefined } | undefined;

/** The log-mel module as this process may use it (`SPECTRIDE_INSTRUCTIONS`), compiled once. */
export function compiledLogMel(): CompiledLogMel | undefined {
  compiled ??= { logMel: compileLogMel(allowedInstructions(process.env.SPECTRIDE_INSTRUCTIONS)) };
  return compiled.logMel;
}
