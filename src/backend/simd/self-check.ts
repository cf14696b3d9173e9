import type { Runtime } from './runtime/runtime.ts';

/** float32 results may differ from a float64 loop by this much, relative to the largest. */
const tolerance = 1e-5;
const rows = 37;
const channels = 83;

/**
 * Compares kernels with scalar loops in float64, on sizes that use whole groups of lanes as well as what is left over.
 * V8's fusing of instructions is experimental: a wrong result here means that another way of compiling is tried.
 *
 * @throws Error naming the kernel that was wrong
 */
export function selfCheck(runtime: Runtime): void {
  const size = rows * channels;
  const bytes = size * 4;
  const blocks: number[] = [];
  const take = (length: number): number => {
    const address = runtime.allocate(length);
    blocks.push(address);
    return address;
  };
  try {
    const [x, dy, y] = [take(bytes), take(bytes), take(bytes)];
    const [slope, intercept] = [take(channels * 4), take(channels * 4)];
    const a = write(runtime, x, size, (i) => Math.sin(i * 0.7) + 0.2);
    const b = write(runtime, dy, size, (i) => Math.cos(i * 0.3));
    const k = write(runtime, slope, channels, (i) => 1 + Math.sin(i));
    const m = write(runtime, intercept, channels, (i) => Math.cos(i) - 0.5);
    runtime.parallel('multiply', [x, -1, dy, -1, y], { count: size, grain: 32 });
    compare('multiply', read(runtime, y, size), a, (value, i) => value * (b[i] ?? 0));
    runtime.parallel('reluAffine', [x, slope, intercept, channels, y], { count: rows });
    compare('reluAffine', read(runtime, y, size), a, (value, i) => {
      const channel = i % channels;
      return Math.max(value, 0) * (k[channel] ?? 0) + (m[channel] ?? 0);
    });
    runtime.parallel('sumColumnsBlocks', [x, rows, channels, rows, y], { count: 1 });
    compare('sumColumnsBlocks', read(runtime, y, channels), a.subarray(0, channels), (_, channel) => {
      let total = 0;
      for (let row = 0; row < rows; row++) {
        total += a[row * channels + channel] ?? 0;
      }
      return total;
    });
  } finally {
    for (const address of blocks) {
      runtime.release(address);
    }
  }
}

function write(runtime: Runtime, address: number, size: number, value: (index: number) => number): Float32Array {
  const view = runtime.float32.subarray(address / 4, address / 4 + size);
  for (let index = 0; index < size; index++) {
    view[index] = value(index);
  }
  return view;
}

function read(runtime: Runtime, address: number, size: number): Float32Array {
  return runtime.float32.subarray(address / 4, address / 4 + size);
}

function compare(
  kernel: string,
  found: Float32Array,
  inputs: Float32Array,
  expected: (value: number, index: number) => number,
): void {
  let worst = 0;
  let largest = 0;
  for (let index = 0; index < found.length; index++) {
    const wanted = expected(inputs[index] ?? 0, index);
    const error = Math.abs((found[index] ?? Number.NaN) - wanted);
    worst = Math.max(worst, error);
    largest = Math.max(largest, Math.abs(wanted));
  }
  if (!(worst <= tolerance * largest)) {
    throw new Error(`kernel "${kernel}" is wrong by ${(worst / largest).toExponential(1)} of its largest result`);
  }
}
