import path from 'node:path';
import { Worker } from 'node:worker_threads';
import {
  createJobBuffer,
  failureReason,
  type JobBlock,
  type Kernel,
  kernelsOf,
  numbers,
  openJobBlock,
  runChunks,
  waitWhile,
  words,
} from './job.ts';
import { Patience } from './patience.ts';

/** What a computing thread is started with. */
export interface WorkerStart {
  module: WebAssembly.Module;
  memory: WebAssembly.Memory;
  buffer: SharedArrayBuffer;
  /** 1 for the first worker: the main thread is 0. */
  thread: number;
}

export interface PoolOptions {
  module: WebAssembly.Module;
  memory: WebAssembly.Memory;
  /** Threads that compute, the calling one included. */
  threads: number;
  /** How long a thread that has begun a chunk may take before it counts as lost. Default 300 s. */
  timeoutMilliseconds?: number;
}

/** How a job is cut: `chunks` pieces of `chunkSize` items, the last one shorter. */
export interface Job {
  count: number;
  chunkSize: number;
  chunks: number;
  /** Address of the first thread's scratch memory, and the distance to the next thread's. */
  scratch: number;
  scratchStride: number;
}

/** Ends the threads of pools that nobody holds any more. */
const abandoned = new FinalizationRegistry<Int32Array>(stopWorkers);

function stopWorkers(shared: Int32Array): void {
  Atomics.store(shared, words.shutdown, 1);
  Atomics.add(shared, words.state, 2);
  Atomics.notify(shared, words.state);
}

/** Threads over one memory. They do not keep the process alive. */
export class Pool {
  readonly threads: number;
  readonly #block: JobBlock;
  readonly #kernels: Map<string, Kernel>;
  readonly #indices: Map<string, number>;
  readonly #timeout: number;
  readonly #patience: Patience;
  readonly #health: { failure: Error | undefined; closing: boolean } = { failure: undefined, closing: false };
  readonly workers: readonly Worker[];

  constructor({ module, memory, threads, timeoutMilliseconds = 300_000 }: PoolOptions) {
    const buffer = createJobBuffer();
    this.threads = threads;
    this.#timeout = timeoutMilliseconds;
    this.#patience = new Patience(threads, performance.now());
    this.#block = openJobBlock(buffer);
    this.#kernels = kernelsOf(new WebAssembly.Instance(module, { env: { memory } }));
    this.#indices = new Map([...this.#kernels.keys()].map((name, index) => [name, index]));
    this.workers = Array.from({ length: threads - 1 }, (_, index) =>
      startWorker({ module, memory, buffer, thread: index + 1 }, this.#health),
    );
    abandoned.register(this, this.#block.words, this);
  }

  /** Workers that are ready; a job does not wait for those that are still starting. */
  get started(): number {
    return Atomics.load(this.#block.words, words.started);
  }

  /** The words that the threads share; for tests of what happens when one of them is lost. */
  get sharedWords(): Int32Array {
    return this.#block.words;
  }

  /** The kernel of that name, to call on this thread alone.
   *  @throws Error when the module has none */
  kernel(name: string): Kernel {
    const kernel = this.#kernels.get(name);
    if (kernel === undefined) {
      throw new Error(`simd backend: the WebAssembly module has no kernel "${name}"`);
    }
    return kernel;
  }

  /**
   * Runs a kernel over all chunks of a job on all threads and returns when all are done.
   * @throws Error when a kernel traps in any thread, or a thread was lost
   */
  run(name: string, values: readonly number[], job: Job): void {
    this.#throwIfUnhealthy();
    const kernel = this.kernel(name);
    const block = this.#block;
    const shared = block.words;
    this.#patience.update(performance.now());
    Atomics.store(shared, words.patience, 1000 * this.#patience.milliseconds);
    Atomics.store(shared, words.kernel, this.#indices.get(name) ?? -1);
    Atomics.store(shared, words.argumentCount, values.length);
    Atomics.store(shared, words.chunks, job.chunks);
    Atomics.store(shared, words.nextChunk, 0);
    Atomics.store(shared, words.failed, 0);
    block.numbers[numbers.count] = job.count;
    block.numbers[numbers.chunkSize] = job.chunkSize;
    block.numbers[numbers.scratch] = job.scratch;
    block.numbers[numbers.scratchStride] = job.scratchStride;
    block.numbers.set(values, numbers.arguments);
    Atomics.add(shared, words.state, 1);
    Atomics.notify(shared, words.state);
    try {
      runChunks(block, kernel, [...values], job.scratch);
    } catch (error) {
      Atomics.store(shared, words.nextChunk, job.chunks);
      throw error;
    } finally {
      Atomics.add(shared, words.state, 1);
      this.#waitUntilIdle();
    }
    if (Atomics.load(shared, words.failed) !== 0) {
      throw new Error(`simd backend: kernel "${name}" failed in a worker thread: ${failureReason(block)}`);
    }
  }

  /** Ends the threads. */
  close(): void {
    this.#health.closing = true;
    abandoned.unregister(this);
    stopWorkers(this.#block.words);
  }

  #throwIfUnhealthy(): void {
    if (this.#health.failure !== undefined) {
      throw this.#health.failure;
    }
  }

  #waitUntilIdle(): void {
    const shared = this.#block.words;
    const start = performance.now();
    for (;;) {
      const active = Atomics.load(shared, words.active);
      if (active === 0) {
        return;
      }
      waitWhile(shared, words.active, active, this.#patience.milliseconds, Math.min(1000, this.#timeout));
      if (performance.now() - start > this.#timeout) {
        this.#health.failure = new Error(
          `simd backend: a worker thread has not answered for ${Math.round(this.#timeout / 1000)} s; start the process anew, with SPECTRIDE_THREADS=1 if it happens again`,
        );
        throw this.#health.failure;
      }
    }
  }
}

/** Starts one thread. `health` is shared with the pool rather than the pool itself, so that an unused pool can be collected. */
function startWorker(start: WorkerStart, health: { failure: Error | undefined; closing: boolean }): Worker {
  // The same module runs from source (.ts, types stripped by Node) and from the built package (.js).
  const entry = new URL(`./worker${path.extname(import.meta.url)}`, import.meta.url);
  const worker = new Worker(entry, { workerData: start, execArgv: [], name: `spectride-simd-${start.thread}` });
  worker.unref();
  worker.on('error', (cause) => {
    health.failure ??= new Error(`simd backend: worker thread ${start.thread} failed: ${cause.message}`, { cause });
  });
  worker.on('exit', (code) => {
    if (!health.closing) {
      health.failure ??= new Error(`simd backend: worker thread ${start.thread} ended unexpectedly with code ${code}`);
    }
  });
  return worker;
}
