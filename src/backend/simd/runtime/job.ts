/**
 * The block of shared words through which one job is announced and shared out. The main thread writes a job, opens it by
 * making the state odd, takes chunks like everyone else, closes it by making the state even, and then waits until no thread
 * is active. A thread counts itself active before it looks at the state again, so either it sees that the job is closed, or
 * the main thread sees that it is active: a job is never rewritten while someone reads it, and a sleeping thread is never
 * waited for.
 */
export const words = {
  state: 0,
  nextChunk: 1,
  chunks: 2,
  active: 3,
  failed: 4,
  kernel: 5,
  argumentCount: 6,
  shutdown: 7,
  started: 8,
  /** Microseconds to look for the next job before sleeping. */
  patience: 9,
} as const;

/** Numbers of a job beside its arguments, in the float64 part. */
export const numbers = { count: 0, chunkSize: 1, scratch: 2, scratchStride: 3, arguments: 4 } as const;

const wordBytes = 64;
const mostArguments = 60;
const numberBytes = (numbers.arguments + mostArguments) * 8;
const textBytes = 1024;

/** The job block's three parts: state words, numbers, and the text of an error. */
export interface JobBlock {
  words: Int32Array;
  numbers: Float64Array;
  text: Uint8Array;
}

/** Allocates a job block that threads can share. */
export function createJobBuffer(): SharedArrayBuffer {
  return new SharedArrayBuffer(wordBytes + numberBytes + textBytes);
}

/** Views on a job block. */
export function openJobBlock(buffer: SharedArrayBuffer): JobBlock {
  return {
    words: new Int32Array(buffer, 0, wordBytes / 4),
    numbers: new Float64Array(buffer, wordBytes, numberBytes / 8),
    text: new Uint8Array(buffer, wordBytes + numberBytes, textBytes),
  };
}

/** A kernel as the WebAssembly module exports it: `(…arguments, begin, end, scratch)`. */
export type Kernel = (...values: number[]) => void;

/** The module's functions in the order of its export section, which is the same in every thread. */
export function kernelsOf(instance: WebAssembly.Instance): Map<string, Kernel> {
  return new Map(
    Object.entries(instance.exports).filter((entry): entry is [string, Kernel] => typeof entry[1] === 'function'),
  );
}

/** Takes chunks of the open job until none is left, and runs `kernel` on each. Results may not depend on who takes which. */
export function runChunks(block: JobBlock, kernel: Kernel, values: number[], scratch: number): void {
  const count = block.numbers[numbers.count] ?? 0;
  const size = block.numbers[numbers.chunkSize] ?? count;
  const chunks = Atomics.load(block.words, words.chunks);
  for (;;) {
    const chunk = Atomics.add(block.words, words.nextChunk, 1);
    if (chunk >= chunks) {
      return;
    }
    const begin = chunk * size;
    kernel(...values, begin, Math.min(count, begin + size), scratch);
  }
}

/** Marks the open job as failed, with the reason; the first reason wins. */
export function reportFailure(block: JobBlock, reason: string): void {
  if (Atomics.compareExchange(block.words, words.failed, 0, 1) === 0) {
    // encodeInto() refuses shared memory, so encode aside and copy.
    const bytes = new TextEncoder().encode(reason).subarray(0, block.text.length);
    block.text.fill(0);
    block.text.set(bytes);
  }
}

/** The reason that `reportFailure` noted. */
export function failureReason(block: JobBlock): string {
  const end = block.text.indexOf(0);
  return new TextDecoder().decode(block.text.slice(0, end === -1 ? block.text.length : end));
}

/**
 * Waits until the word at `index` is no longer `value`: looks again and again for `spinMilliseconds`, because the next job is
 * usually microseconds away, then sleeps until woken or until `sleepMilliseconds` have passed.
 *
 * @returns false when the time passed and the word is still `value`
 */
export function waitWhile(
  shared: Int32Array,
  index: number,
  value: number,
  spinMilliseconds: number,
  sleepMilliseconds: number,
): boolean {
  const start = performance.now();
  do {
    for (let turn = 0; turn < 32; turn++) {
      if (Atomics.load(shared, index) !== value) {
        return true;
      }
      pause();
    }
  } while (performance.now() - start < spinMilliseconds);
  Atomics.wait(shared, index, value, sleepMilliseconds);
  return Atomics.load(shared, index) !== value;
}

/** Tells the processor that this is a waiting loop, where the engine can (ES2026 `Atomics.pause`). */
const pause: () => void =
  'pause' in Atomics && typeof Atomics.pause === 'function' ? (Atomics.pause as () => void) : () => {};
