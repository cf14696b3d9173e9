import { readFileSync } from 'node:fs';
import { setFlagsFromString } from 'node:v8';
import type { Engine, Work } from '../../../src/backend/simd/engine.ts';

type Kernel = (...values: number[]) => void;

/** An engine on one thread that runs every job in `chunks` pieces, last piece first, and pretends to have `threads`. */
export class TestEngine implements Engine {
  readonly memory = new WebAssembly.Memory({ initial: 256, maximum: 65536, shared: true });
  readonly threads: number;
  readonly #chunks: number;
  readonly #kernels: WebAssembly.Exports;
  readonly #blocks = new Map<number, number>();
  readonly #free = new Map<number, number[]>();
  #end = 1024;
  #float32 = new Float32Array(this.memory.buffer);
  #uint32 = new Uint32Array(this.memory.buffer);

  constructor({
    module = kernelModule('kernels.wasm'),
    threads = 1,
    chunks = 1,
  }: { module?: WebAssembly.Module; threads?: number; chunks?: number } = {}) {
    this.threads = threads;
    this.#chunks = chunks;
    this.#kernels = new WebAssembly.Instance(module, { env: { memory: this.memory } }).exports;
  }

  get float32(): Float32Array {
    return this.#float32;
  }

  get uint32(): Uint32Array {
    return this.#uint32;
  }

  /** Bytes handed out and not given back. */
  get used(): number {
    return [...this.#blocks.values()].reduce((sum, bytes) => sum + bytes, 0);
  }

  allocate(bytes: number): number {
    const size = Math.max(64, Math.ceil(bytes / 64) * 64);
    const reused = this.#free.get(size)?.pop();
    const address = reused ?? this.#end;
    if (reused === undefined) {
      this.#end += size;
      const missing = this.#end - this.memory.buffer.byteLength;
      if (missing > 0) {
        this.memory.grow(Math.ceil(missing / 65536));
        this.#float32 = new Float32Array(this.memory.buffer);
        this.#uint32 = new Uint32Array(this.memory.buffer);
      }
    }
    this.#blocks.set(address, size);
    // What is handed out is not cleared: make sure that nobody counts on zeros.
    this.#float32.fill(Number.NaN, address / 4, (address + size) / 4);
    return address;
  }

  release(address: number): void {
    const size = this.#blocks.get(address);
    if (size === undefined) {
      throw new RangeError(`release: no block in use starts at ${address}`);
    }
    this.#blocks.delete(address);
    this.#free.set(size, [...(this.#free.get(size) ?? []), address]);
  }

  parallel(name: string, values: readonly number[], { count, grain = 1, scratchBytes = 0, chunks }: Work): void {
    const kernel = this.#kernels[name] as Kernel | undefined;
    if (kernel === undefined) {
      throw new RangeError(`no kernel ${name}`);
    }
    const pieces = Math.min(this.#chunks, chunks ?? this.#chunks);
    const size = Math.max(grain, Math.ceil(count / pieces / grain) * grain);
    for (let begin = Math.floor((count - 1) / size) * size; begin >= 0; begin -= size) {
      const scratch = this.allocate(scratchBytes);
      kernel(...values, begin, Math.min(count, begin + size), scratch);
      this.release(scratch);
    }
  }

  /** Allocates `values` in the engine's memory. */
  place(values: Float32Array): number {
    const address = this.allocate(values.length * 4);
    this.#float32.set(values, address / 4);
    return address;
  }

  /** Copies `count` floats out. */
  read(address: number, count: number): Float32Array {
    return this.#float32.slice(address / 4, address / 4 + count);
  }
}

const modules = new Map<string, WebAssembly.Module>();

/** Compiles a module of src/backend/simd/ with V8's fusing of 128-bit pairs on, once. */
export function kernelModule(name: string): WebAssembly.Module {
  let module = modules.get(name);
  if (module === undefined) {
    setFlagsFromString('--experimental-wasm-revectorize');
    module = new WebAssembly.Module(readFileSync(new URL(`../../../src/backend/simd/${name}`, import.meta.url)));
    modules.set(name, module);
  }
  return module;
}
