import type { Engine, Work } from '../engine.ts';
import { createSharedMemory, type SharedMemory } from './memory.ts';
import { Pool } from './pool.ts';

export interface RuntimeOptions {
  module: WebAssembly.Module;
  threads: number;
  /** Default 4 GiB. */
  memoryLimitBytes?: number;
  /** See `PoolOptions`. */
  timeoutMilliseconds?: number;
}

/** Enough chunks that a thread which was interrupted does not hold up the others. */
const chunksPerThread = 4;
const cacheLine = 64;

/** Kernels, the memory they work in, and the threads that run them. */
export class Runtime implements Engine {
  readonly memory: WebAssembly.Memory;
  readonly threads: number;
  readonly pool: Pool;
  readonly #shared: SharedMemory;
  #float32: Float32Array = new Float32Array(0);
  #uint32: Uint32Array = new Uint32Array(0);

  constructor({ module, threads, memoryLimitBytes, timeoutMilliseconds }: RuntimeOptions) {
    this.#shared = createSharedMemory(memoryLimitBytes);
    this.memory = this.#shared.memory;
    this.threads = threads;
    this.pool = new Pool({ module, memory: this.memory, threads, timeoutMilliseconds });
    this.#view();
  }

  /** The whole memory as float32; element i is at address 4i. Not to be kept: the memory may grow. */
  get float32(): Float32Array {
    return this.#float32;
  }

  /** The whole memory as uint32. Not to be kept. */
  get uint32(): Uint32Array {
    return this.#uint32;
  }

  /** Bytes in use, the most that were in use at once, and bytes of memory that were ever touched. */
  get usage(): { used: number; peak: number; extent: number } {
    const { used, peak, extent } = this.#shared.allocator;
    return { used, peak, extent };
  }

  /**
   * Hands out memory, not cleared, on a cache line of its own.
   * @returns its address, a multiple of 64
   * @throws Error with advice when the memory is full
   */
  allocate(bytes: number): number {
    const address = this.#shared.allocator.allocate(bytes);
    if (address + bytes > this.#float32.byteLength) {
      this.#view();
    }
    return address;
  }

  /** Takes memory back. */
  release(address: number): void {
    this.#shared.allocator.release(address);
  }

  /**
   * Runs the exported kernel `(…values, begin, end, scratch)` over all items on all threads, and returns when all is done.
   * @throws Error when it traps
   */
  parallel(kernel: string, values: readonly number[], { count, grain = 1, scratchBytes = 0, chunks }: Work): void {
    if (count <= 0) {
      return;
    }
    const stride = Math.ceil(scratchBytes / cacheLine) * cacheLine;
    const most = this.threads === 1 ? 1 : (chunks ?? this.threads * chunksPerThread);
    const chunkSize = Math.ceil(count / most / grain) * grain;
    const pieces = Math.ceil(count / chunkSize);
    const scratch = stride === 0 ? 0 : this.allocate(pieces === 1 ? stride : stride * this.threads);
    try {
      if (pieces === 1) {
        this.pool.kernel(kernel)(...values, 0, count, scratch);
      } else {
        this.pool.run(kernel, values, { count, chunkSize, chunks: pieces, scratch, scratchStride: stride });
      }
    } finally {
      if (scratch !== 0) {
        this.release(scratch);
      }
    }
  }

  /** Ends the threads. */
  close(): void {
    this.pool.close();
  }

  #view(): void {
    const buffer = this.#shared.buffer();
    this.#float32 = new Float32Array(buffer, 0, Math.floor(buffer.byteLength / 4));
    this.#uint32 = new Uint32Array(buffer, 0, Math.floor(buffer.byteLength / 4));
  }
}
