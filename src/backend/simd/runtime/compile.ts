import { setFlagsFromString } from 'node:v8';

export interface CompileOptions {
  /** Let V8 fuse pairs of 128-bit operations into 256-bit ones, where the machine has them. */
  revectorize: boolean;
}

/**
 * Compiles a module at once and in full with V8's optimising compiler, so that the first call already runs the code that will
 * be used (and checked), and the flags below apply to this module alone: they are set back before anything else compiles.
 *
 * `--experimental-wasm-revectorize` is V8's own fusing of 128-bit pairs; without `--no-wasm-lazy-compilation` and
 * `--no-liftoff` functions would be compiled when first called, by the baseline compiler, which does not fuse.
 *
 * @throws WebAssembly.CompileError when the machine or V8 lacks an instruction set that the module uses
 */
export function compileOptimized(bytes: Uint8Array<ArrayBuffer>, { revectorize }: CompileOptions): WebAssembly.Module {
  const flags = ['liftoff', 'wasm-lazy-compilation'];
  for (const flag of flags) {
    setFlagsFromString(`--no-${flag}`);
  }
  if (revectorize) {
    setFlagsFromString('--experimental-wasm-revectorize');
  }
  try {
    return new WebAssembly.Module(bytes);
  } finally {
    for (const flag of flags) {
      setFlagsFromString(`--${flag}`);
    }
    if (revectorize) {
      setFlagsFromString('--no-experimental-wasm-revectorize');
    }
  }
}
