/** The tfjs backends that the toolkit can compute on. */
export const backendNames = ['simd', 'tensorflow', 'wasm', 'cpu'] as const;
export type BackendName = (typeof backendNames)[number];

/**
 * What kernels are made of: WebAssembly with pairs of 128-bit instructions fused to 256 bits (`simd256`), 128-bit
 * WebAssembly (`simd128`), WebAssembly or JavaScript one number at a time (`scalar`, `javascript`), compiled code (`native`).
 */
export type Instructions = 'simd256' | 'simd128' | 'scalar' | 'native' | 'javascript';

/** The backend in use: its name in tfjs's registry of ours, how many threads compute, and with which instructions. */
export interface BackendDescription {
  name: BackendName;
  threads: number;
  instructions: Instructions;
  /** One sentence for people. */
  detail: string;
}
