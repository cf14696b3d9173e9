/** How one job is shared out. */
export interface Work {
  /** Items of the job; the kernel gets sub-ranges [begin, end) of [0, count). */
  count: number;
  /** Sub-ranges start at multiples of this (default 1). */
  grain?: number;
  /** Private workspace that a thread needs (default 0). */
  scratchBytes?: number;
  /** At most this many sub-ranges in total, for kernels whose set-up costs something on every call. */
  chunks?: number;
}

/** What the drivers of `kernels/` need from the runtime. Addresses are byte offsets into the shared memory, 64-byte aligned. */
export interface Engine {
  readonly memory: WebAssembly.Memory;
  /** Threads that take part in a job, the calling one included. */
  readonly threads: number;
  /** Views over the whole memory. Read them anew after every `allocate`: memory may have grown. */
  readonly float32: Float32Array;
  readonly uint32: Uint32Array;
  /** Hands out `bytes` bytes, not cleared. */
  allocate(bytes: number): number;
  /** Takes a block back; `address` is what `allocate` returned. */
  release(address: number): void;
  /**
   * Runs the module's export `kernel(...args, begin, end, scratch)` over [0, work.count), split in contiguous ranges.
   * `scratch` is the address of the thread's own workspace of at least `work.scratchBytes` bytes, not cleared.
   * Blocks until every range is done. Kernels never depend on how the range was split.
   */
  parallel(kernel: string, args: readonly number[], work: Work): void;
}
