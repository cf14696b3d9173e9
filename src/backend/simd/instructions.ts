import { readFileSync } from 'node:fs';
import { BadInputError, messageOf } from '../../errors.ts';
import { compileOptimized } from './runtime/compile.ts';
import { mayHave256Bits } from './runtime/processor.ts';

/** What the kernels are compiled to; `scalar` means that tfjs's own JavaScript kernels compute. */
export type SimdInstructions = 'simd256' | 'simd128' | 'scalar';

/** The ways to get kernels, the best first. */
const paths = [
  {
    name: 'relaxed SIMD, pairs fused to 256 bits',
    instructions: 'simd256',
    file: 'kernels.wasm',
    revectorize: true,
  },
  {
    name: 'relaxed SIMD',
    instructions: 'simd128',
    file: 'kernels.wasm',
    revectorize: false,
  },
  {
    name: 'plain SIMD',
    instructions: 'simd128',
    file: 'kernels-simd128.wasm',
    revectorize: false,
  },
] as const;

/** A way that was tried, and why it was not taken. */
export interface Refusal {
  path: string;
  reason: string;
}

/** The kernels that passed the check, or none: then the cpu backend's kernels compute. */
export interface LoadedKernels<Checked> {
  instructions: SimdInstructions;
  path: string;
  /** What `check` returned for the module. */
  checked: Checked | undefined;
  refusals: Refusal[];
  /** Time for compiling and checking, in milliseconds. */
  milliseconds: number;
}

/** Reads `SPECTRIDE_INSTRUCTIONS`: the best instructions that may be used. Default `simd256`.
 *  @throws BadInputError for any other value */
export function allowedInstructions(value: string | undefined): SimdInstructions {
  if (value === undefined || value === '') {
    return 'simd256';
  }
  if (value !== 'simd256' && value !== 'simd128' && value !== 'scalar') {
    throw new BadInputError(`SPECTRIDE_INSTRUCTIONS: expected simd256, simd128 or scalar, found "${value}"`);
  }
  return value;
}

/**
 * Compiles the kernels in the best way that this machine has and that computes correctly.
 *
 * @param allowed the best instructions to try
 * @param check runs the compiled module against known answers and returns what is to be kept of it; throws to refuse it
 */
export function loadKernels<Checked>(
  allowed: SimdInstructions,
  check: (module: WebAssembly.Module) => Checked,
): LoadedKernels<Checked> {
  const start = performance.now();
  const refusals: Refusal[] = [];
  for (const [index, path] of paths.entries()) {
    if (!isAllowed(path.instructions, allowed) || (path.revectorize && !mayHave256Bits())) {
      continue;
    }
    try {
      const module = compileOptimized(distinctBytes(path.file, index), { revectorize: path.revectorize });
      const checked = check(module);
      return {
        instructions: path.instructions,
        path: path.name,
        checked,
        refusals,
        milliseconds: performance.now() - start,
      };
    } catch (error) {
      refusals.push({ path: path.name, reason: messageOf(error) });
    }
  }
  return {
    instructions: 'scalar',
    path: 'JavaScript',
    checked: undefined,
    refusals,
    milliseconds: performance.now() - start,
  };
}

function isAllowed(instructions: SimdInstructions, allowed: SimdInstructions): boolean {
  const order: SimdInstructions[] = ['scalar', 'simd128', 'simd256'];
  return order.indexOf(instructions) <= order.indexOf(allowed);
}

/**
 * A module's bytes with a custom section that tells one path from another: V8 keeps compiled code by the module's bytes
 * and would return the first path's code for the second.
 */
function distinctBytes(file: string, path: number): Uint8Array<ArrayBuffer> {
  const bytes = readFileSync(new URL(`./${file}`, import.meta.url));
  // Section 0 (custom), 3 bytes long: a name of one letter, "p", and the path's number.
  return Uint8Array.from([...bytes, 0, 3, 1, 0x70, path]);
}
