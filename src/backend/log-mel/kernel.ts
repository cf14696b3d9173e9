import type { LogMelPlan } from '../../features/log-mel-plan.ts';
import { digitReversal, twiddleFactors, unpackingFactors } from './tables.ts';

/**
 * Log-mel of frames 0 … `frames` − 1, the first of which begins at sample `start` (negative where padding comes first); samples
 * outside the clip are zeros. Returns [frames, rows].
 */
export type LogMelKernel = (samples: Float32Array, frames: number, start: number) => Float32Array<ArrayBuffer>;

/** What `simd/assembly/log-mel.ts` exports; addresses are byte offsets into its memory. */
interface LogMelExports {
  memory: WebAssembly.Memory;
  heapBase: { readonly value: number };
  arrange(samples: number, hop: number, columns: number, matrix: number): void;
  logMel(...values: number[]): void;
}

/** Frames that the kernel computes side by side. */
const groupFrames = 4;
/** Frames a call: enough that calls cost nothing, few enough that their samples stay in the second-level cache. */
const mostFrames = 32;
const mostMatrixBytes = 64 * 1024;
const pageBytes = 64 * 1024;
const alignment = 64;

/** Places regions one after another from `base` on; returns their addresses and the end. */
function layOut<Name extends string>(base: number, sizes: Record<Name, number>): Record<Name | 'end', number> {
  const addresses: Record<string, number> = {};
  let next = base;
  for (const [name, bytes] of Object.entries<number>(sizes)) {
    next = Math.ceil(next / alignment) * alignment;
    addresses[name] = next;
    next += bytes;
  }
  addresses.end = next;
  return addresses as Record<Name | 'end', number>;
}

/** Instantiates the module with the tables of `plan` in a memory of its own. */
export function createLogMelKernel(module: WebAssembly.Module, plan: LogMelPlan): LogMelKernel {
  const { hopLength, fftLength, window, power, rows, offset, floor } = plan;
  const { memory, heapBase, arrange, logMel } = new WebAssembly.Instance(module).exports as unknown as LogMelExports;
  const length = fftLength / 2;
  const fitting = Math.floor(mostMatrixBytes / (8 * hopLength) / groupFrames) * groupFrames;
  const chunkFrames = Math.max(groupFrames, Math.min(mostFrames, fitting));
  const overhang = Math.ceil(window.length / hopLength) - 1;
  const mostSamples = hopLength * (chunkFrames + overhang);
  const twiddles = twiddleFactors(length);
  const weights = rows.flatMap((row) => [...row.weights]);

  const at = layOut(heapBase.value, {
    samples: 4 * mostSamples,
    matrix: 8 * mostSamples,
    window: window.byteLength,
    twiddles: twiddles.byteLength,
    order: 4 * length,
    turns: 16 * length,
    spans: 8 * rows.length,
    weights: 8 * weights.length,
    frame: 8 * groupFrames * fftLength,
    spectrum: 8 * groupFrames * (length + 1),
    mel: 8 * groupFrames * rows.length,
    result: 4 * rows.length * chunkFrames,
  });
  const missing = Math.ceil(at.end / pageBytes) - memory.buffer.byteLength / pageBytes;
  if (missing > 0) memory.grow(missing);

  const { buffer } = memory;
  const complexBytes = 2 * 8 * groupFrames;
  // The kernel's spectrum is twice as high as the true one, its power four times.
  const scale = power === 2 ? 1 / 4 : 1 / 2;
  new Float64Array(buffer, at.window).set(window);
  new Float64Array(buffer, at.twiddles).set(twiddles);
  new Uint32Array(buffer, at.order).set(digitReversal(length).map((position) => position * complexBytes));
  new Float64Array(buffer, at.turns).set(unpackingFactors(length));
  new Uint32Array(buffer, at.spans).set(rows.flatMap((row) => [row.first, row.weights.length]));
  new Float64Array(buffer, at.weights).set(weights.map((weight) => weight * scale));
  const input = new Float32Array(buffer, at.samples, mostSamples);
  const result = new Float32Array(buffer, at.result, rows.length * chunkFrames);

  return (samples, frames, start) => {
    const values = new Float32Array(frames * rows.length);
    for (let first = 0; first < frames; first += chunkFrames) {
      const count = Math.min(chunkFrames, frames - first);
      const columns = Math.ceil(count / groupFrames) * groupFrames + overhang;
      const begin = start + first * hopLength;
      copyStretch(samples, begin, input.subarray(0, columns * hopLength));
      arrange(at.samples, hopLength, columns, at.matrix);
      logMel(
        ...[at.matrix, hopLength, columns, count],
        ...[at.window, window.length, fftLength, at.twiddles, at.order, at.turns],
        ...[2 - power, rows.length, at.spans, at.weights, offset, floor],
        ...[at.frame, at.spectrum, at.mel, at.result],
      );
      values.set(result.subarray(0, count * rows.length), first * rows.length);
    }
    return values;
  };
}

/** Copies samples begin … begin + target.length − 1, zeros where there are none. */
function copyStretch(samples: Float32Array, begin: number, target: Float32Array): void {
  const from = Math.min(Math.max(begin, 0), samples.length);
  const to = Math.min(Math.max(begin + target.length, from), samples.length);
  const before = Math.min(Math.max(-begin, 0), target.length);
  target.fill(0, 0, before);
  target.set(samples.subarray(from, to), before);
  target.fill(0, before + to - from);
}
