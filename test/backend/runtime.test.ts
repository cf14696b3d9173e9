import { setTimeout as delay } from 'node:timers/promises';
import { loadKernels } from '../../src/backend/simd/instructions.ts';
import { words } from '../../src/backend/simd/runtime/job.ts';
import { Runtime, type RuntimeOptions } from '../../src/backend/simd/runtime/runtime.ts';

const { checked: module } = loadKernels('simd256', (compiled) => compiled);
const runtimes: Runtime[] = [];

async function start(options: Partial<RuntimeOptions> = {}): Promise<Runtime> {
  if (module === undefined) {
    throw new Error('no SIMD on this machine');
  }
  const runtime = new Runtime({ module, threads: 1, ...options });
  runtimes.push(runtime);
  while (runtime.pool.started < runtime.threads - 1) {
    await delay(5);
  }
  return runtime;
}

afterAll(() => {
  for (const runtime of runtimes) {
    runtime.close();
  }
});

/** Memory that holds `values`, and its address. */
function place(runtime: Runtime, values: ArrayLike<number>): number {
  const address = runtime.allocate(values.length * 4);
  runtime.float32.set(values, address / 4);
  return address;
}

const count = 100_003;
const numbers = Float32Array.from({ length: count }, (_, index) => Math.sin(index));

test.each([1, 2, 3])('parallel() covers every item exactly once on %i threads', async (threads) => {
  const runtime = await start({ threads });
  const x = place(runtime, numbers);
  for (const grain of [32, 1024, 65_536, 131_072]) {
    runtime.parallel('add', [x, -1, x, -1, x], { count, grain });
    runtime.float32.set(numbers, x / 4);
    runtime.parallel('add', [x, -1, x, -1, x], { count, grain });
    expect(runtime.float32.slice(x / 4, x / 4 + count)).toEqual(numbers.map((value) => value + value));
    runtime.float32.set(numbers, x / 4);
  }
});

test('thousands of small jobs in a row are all done when parallel() returns', async () => {
  const runtime = await start({ threads: 3 });
  const x = place(runtime, new Float32Array(4096));
  const one = place(runtime, new Float32Array(16).fill(1));
  for (let job = 0; job < 3000; job++) {
    runtime.parallel('add', [x, -1, one, 0, x], { count: 4096, grain: 32 });
  }
  expect(runtime.float32.slice(x / 4, x / 4 + 4096)).toEqual(new Float32Array(4096).fill(3000));
});

test('scratch memory is each thread’s own and is given back', async () => {
  const runtime = await start({ threads: 3 });
  const [batch, positions, channels] = [64, 5, 37];
  const size = batch * positions * channels;
  const x = place(
    runtime,
    Float32Array.from({ length: size }, (_, index) => Math.sin(index * 1.3)),
  );
  const dy = place(
    runtime,
    Float32Array.from({ length: batch * channels }, (_, index) => Math.cos(index)),
  );
  const y = runtime.allocate(batch * channels * 4);
  const dx = runtime.allocate(size * 4);
  runtime.parallel('globalMax', [x, positions, channels, Math.ceil(channels / 16), y], {
    count: batch * Math.ceil(channels / 16),
  });
  const before = runtime.usage.used;
  runtime.parallel('globalMaxGradient', [dy, x, y, positions, channels, dx], {
    count: batch,
    scratchBytes: channels * 4,
  });
  expect(runtime.usage.used).toBe(before);
  const gradients = runtime.float32.slice(dx / 4, dx / 4 + size);
  const total = gradients.reduce((sum, value) => sum + value, 0);
  const expected = runtime.float32.slice(dy / 4, dy / 4 + batch * channels).reduce((sum, value) => sum + value, 0);
  expect(total).toBeCloseTo(expected, 3);
});

test('an unknown kernel is an error', async () => {
  const runtime = await start({ threads: 2 });
  expect(() => runtime.parallel('nonsense', [], { count: 10 })).toThrow('no kernel "nonsense"');
});

test('a kernel that traps is an error, and the threads go on afterwards', async () => {
  const runtime = await start({ threads: 3 });
  const outside = 2 ** 32 - 64 * 1024;
  expect(() => runtime.parallel('relu', [outside, outside], { count: 4096, grain: 32 })).toThrow('memory access');
  const x = place(runtime, numbers);
  runtime.parallel('add', [x, -1, x, -1, x], { count, grain: 1024 });
  expect(runtime.float32[x / 4 + 1]).toBe(Math.fround(Math.sin(1)) * 2);
});

test('a worker thread that ended is an error at the next job', async () => {
  const runtime = await start({ threads: 2 });
  await runtime.pool.workers[0]?.terminate();
  const x = place(runtime, numbers);
  expect(() => runtime.parallel('add', [x, -1, x, -1, x], { count, grain: 1024 })).toThrow(
    'worker thread 1 ended unexpectedly',
  );
});

test('a worker thread that never finishes its share is an error, not a hang', async () => {
  const runtime = await start({ threads: 2, timeoutMilliseconds: 50 });
  // A thread that died in the middle of a chunk leaves itself counted as active.
  Atomics.add(runtime.pool.sharedWords, words.active, 1);
  const x = place(runtime, numbers);
  expect(() => runtime.parallel('add', [x, -1, x, -1, x], { count, grain: 1024 })).toThrow('has not answered');
  expect(() => runtime.parallel('add', [x, -1, x, -1, x], { count, grain: 1024 })).toThrow('has not answered');
});

test('memory grows as it is used, and views of it are renewed', async () => {
  const runtime = await start({ threads: 2 });
  const before = runtime.float32.length;
  const x = place(runtime, numbers);
  const large = runtime.allocate(64 * 2 ** 20);
  expect(runtime.float32.length).toBeGreaterThan(before);
  runtime.parallel('add', [x, -1, x, -1, large], { count, grain: 1024 });
  expect(runtime.float32[large / 4 + 2]).toBe(Math.fround(Math.sin(2)) * 2);
});

test('a memory that is full says what can be done', async () => {
  const runtime = await start({ memoryLimitBytes: 64 * 2 ** 20 });
  expect(() => runtime.allocate(65 * 2 ** 20)).toThrow(/do not fit into the 0\.06 GiB .* train\.microBatch/);
  expect(runtime.allocate(2 ** 20)).toBeGreaterThan(0);
});
