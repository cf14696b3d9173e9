/** A computing thread: instantiates the kernels over the shared memory and serves jobs until it is told to stop. */
import { workerData } from 'node:worker_threads';
import { kernelsOf, numbers, openJobBlock, reportFailure, runChunks, waitWhile, words } from './job.ts';
import type { WorkerStart } from './pool.ts';

const { module, memory, buffer, thread } = workerData as WorkerStart;
const block = openJobBlock(buffer);
const kernels = [...kernelsOf(new WebAssembly.Instance(module, { env: { memory } })).values()];

function serve(): void {
  let served = Atomics.load(block.words, words.state) & ~1;
  Atomics.add(block.words, words.started, 1);
  for (;;) {
    const state = Atomics.load(block.words, words.state);
    if (Atomics.load(block.words, words.shutdown) !== 0) {
      return;
    }
    if (state === served || (state & 1) === 0) {
      waitWhile(
        block.words,
        words.state,
        state,
        Atomics.load(block.words, words.patience) / 1000,
        Number.POSITIVE_INFINITY,
      );
      continue;
    }
    served = state;
    Atomics.add(block.words, words.active, 1);
    if (Atomics.load(block.words, words.state) === state) {
      runJob();
    }
    Atomics.sub(block.words, words.active, 1);
    Atomics.notify(block.words, words.active);
  }
}

function runJob(): void {
  try {
    const kernel = kernels[Atomics.load(block.words, words.kernel)];
    if (kernel === undefined) {
      throw new Error('no such kernel');
    }
    const last = numbers.arguments + Atomics.load(block.words, words.argumentCount);
    const stride = block.numbers[numbers.scratchStride] ?? 0;
    const scratch = (block.numbers[numbers.scratch] ?? 0) + thread * stride;
    runChunks(block, kernel, Array.from(block.numbers.subarray(numbers.arguments, last)), scratch);
  } catch (error) {
    reportFailure(block, error instanceof Error ? error.message : String(error));
  }
}

serve();
