/**
 * GFLOP/s of the simd kernels by layer of the paper's network, in all passes, and their share of the peak measured in between.
 * `node bench/kernels/main.ts [--threads 2] [--batch 16] [--network strided|spectral|diffstride] [--rounds 5] [--json]`
 *
 * Operations are those of the direct algorithm, so Winograd can exceed the peak. Times on a shared machine vary by a factor; shares are
 * medians of ratios to a peak measured just before and after.
 */
import { parseArgs } from 'node:util';
import { loadKernels } from '../../src/backend/simd/instructions.ts';
import { axisProduct, axisProductMatrixGradient } from '../../src/backend/simd/kernels/axis-product.ts';
import { convolution, convolutionInputGradient } from '../../src/backend/simd/kernels/convolution.ts';
import { convolutionFilterGradient } from '../../src/backend/simd/kernels/filter-gradient.ts';
import { Runtime } from '../../src/backend/simd/runtime/runtime.ts';
import { type Layer, type Network, networkLayers, networks } from './layers.ts';

interface Pass {
  name: 'forward' | 'input gradient' | 'filter gradient';
  operations: number;
  run: () => void;
}

interface Measurement {
  milliseconds: number;
  gigaflops: number;
  share: number;
}

const { values: options } = parseArgs({
  options: {
    threads: { type: 'string', default: '2' },
    batch: { type: 'string', default: '16' },
    network: { type: 'string' },
    rounds: { type: 'string', default: '5' },
    json: { type: 'boolean', default: false },
  },
});
const threads = Number(options.threads);
const batch = Number(options.batch);
const rounds = Number(options.rounds);
const chosen = networks.filter((network) => options.network === undefined || network === options.network);
if (![threads, batch, rounds].every((value) => Number.isInteger(value) && value > 0) || chosen.length === 0) {
  throw new Error(`--threads, --batch and --rounds: positive integers; --network: one of ${networks.join(', ')}`);
}

const loaded = loadKernels('simd256', (module) => new Runtime({ module, threads }));
if (loaded.checked === undefined) {
  throw new Error('no kernels could be loaded: npm run build:kernels');
}
const runtime = loaded.checked;
const measurePeak = peakOf(runtime);
const report = chosen.map((network) => ({ network, rows: measureNetwork(network) }));
if (options.json) {
  process.stdout.write(`${JSON.stringify({ threads, batch, path: loaded.path, networks: report }, null, 2)}\n`);
} else {
  for (const { network, rows } of report) {
    printTable(network, rows);
  }
}
runtime.close();

type Row = { layer: string } & Record<Pass['name'], Measurement | undefined>;

function measureNetwork(network: Network): Row[] {
  return networkLayers(network, batch).flatMap((layer, index) => {
    const rows = [measureLayer(layer.name, convolutionPasses(layer, index === 0))];
    if (layer.pool !== undefined) {
      rows.push(measureLayer(`   pool ${layer.pool.size}→${layer.pool.newSize}`, poolPasses(layer)));
    }
    return rows;
  });
}

function measureLayer(layer: string, { passes, release }: { passes: Pass[]; release: () => void }): Row {
  const row: Row = { layer, forward: undefined, 'input gradient': undefined, 'filter gradient': undefined };
  for (const pass of passes) {
    row[pass.name] = measure(pass);
  }
  release();
  return row;
}

/** Median over rounds of the time of one pass, and of its rate relative to the peak before and after. */
function measure({ operations, run }: Pass): Measurement {
  run();
  const measured = Array.from({ length: rounds }, () => {
    const before = measurePeak();
    const start = performance.now();
    run();
    const milliseconds = performance.now() - start;
    const gigaflops = operations / milliseconds / 1e6;
    return { milliseconds, gigaflops, share: gigaflops / ((before + measurePeak()) / 2) };
  });
  return {
    milliseconds: median(measured.map((value) => value.milliseconds)),
    gigaflops: median(measured.map((value) => value.gigaflops)),
    share: median(measured.map((value) => value.share)),
  };
}

function convolutionPasses({ convolution: shape }: Layer, isFirst: boolean): { passes: Pass[]; release: () => void } {
  const outputs = shape.batch * shape.outHeight * shape.outWidth * shape.outChannels;
  const inputs = shape.batch * shape.inHeight * shape.inWidth * shape.inChannels;
  const depth = shape.kernelHeight * shape.kernelWidth * shape.inChannels;
  const [x, dx, y, dy] = [place(inputs), place(inputs), place(outputs), place(outputs)];
  const [filter, dFilter] = [place(depth * shape.outChannels), place(depth * shape.outChannels)];
  const [bias, dBias] = [place(shape.outChannels), place(shape.outChannels)];
  const operations = 2 * outputs * depth;
  const passes: Pass[] = [
    { name: 'forward', operations, run: () => convolution(runtime, { ...shape, x, filter, bias, y }) },
    {
      name: 'filter gradient',
      operations,
      run: () => convolutionFilterGradient(runtime, { ...shape, x, dy, dFilter, dBias }),
    },
  ];
  if (!isFirst) {
    passes.push({
      name: 'input gradient',
      operations,
      run: () => convolutionInputGradient(runtime, { ...shape, dy, filter, dx }),
    });
  }
  return { passes, release: () => release([x, dx, y, dy, filter, dFilter, bias, dBias]) };
}

function poolPasses({ pool }: Layer): { passes: Pass[]; release: () => void } {
  if (pool === undefined) {
    throw new Error('a layer without a pool');
  }
  const { outer, size, newSize, inner } = pool;
  const [x, dx] = [place(outer * size * inner), place(outer * size * inner)];
  const [y, dy] = [place(outer * newSize * inner), place(outer * newSize * inner)];
  const [matrix, dMatrix] = [place(size * newSize), place(size * newSize)];
  const operations = 2 * outer * size * newSize * inner;
  const passes: Pass[] = [
    { name: 'forward', operations, run: () => axisProduct(runtime, { ...pool, x, matrix, y }) },
    {
      name: 'input gradient',
      operations,
      run: () => axisProduct(runtime, { ...pool, size: newSize, newSize: size, x: dy, matrix, y: dx, transpose: true }),
    },
    {
      name: 'filter gradient',
      operations,
      run: () => axisProductMatrixGradient(runtime, { ...pool, x, dy, dMatrix }),
    },
  ];
  return { passes, release: () => release([x, dx, y, dy, matrix, dMatrix]) };
}

/** A block of `count` values in [−½, ½). */
function place(count: number): number {
  const address = runtime.allocate(count * 4);
  let state = 1;
  for (let index = address / 4; index < address / 4 + count; index++) {
    state = (Math.imul(state, 1664525) + 1013904223) >>> 0;
    runtime.float32[index] = state / 2 ** 32 - 0.5;
  }
  return address;
}

function release(addresses: number[]): void {
  for (const address of addresses) {
    runtime.release(address);
  }
}

/** The rate of the register tile on operands that stay in the nearest cache, on all threads at once, in GFLOP/s. */
function peakOf(runtime: Runtime): () => number {
  const left = place(64 * 6);
  const right = place(64 * 16);
  const count = 1500 * threads;
  return () => {
    const start = performance.now();
    runtime.parallel('peak', [left, right], { count, scratchBytes: 1024 });
    return (count * 64 * 96 * 2) / (performance.now() - start) / 1e6;
  };
}

function printTable(network: Network, rows: Row[]): void {
  const passes = ['forward', 'input gradient', 'filter gradient'] as const;
  const cell = (value: Measurement | undefined) =>
    value === undefined
      ? '–'.padStart(20)
      : `${value.milliseconds.toFixed(2)} ${value.gigaflops.toFixed(0).padStart(4)} ${(100 * value.share).toFixed(0).padStart(3)} %`.padStart(
          20,
        );
  const total = (pass: (typeof passes)[number]) => rows.reduce((sum, row) => sum + (row[pass]?.milliseconds ?? 0), 0);
  const totals = passes.map(total);
  const all = totals.reduce((sum, value) => sum + value, 0);
  const lines = [
    `${network}, batch ${batch}, ${threads} threads (milliseconds, GFLOP/s, share of the peak)`,
    ['layer'.padEnd(26), ...passes.map((pass) => pass.padStart(20))].join(''),
    ...rows.map((row) => [row.layer.padEnd(26), ...passes.map((pass) => cell(row[pass]))].join('')),
    ['total'.padEnd(26), ...totals.map((value) => `${value.toFixed(1)} ms        `.padStart(20))].join(''),
    `all passes ${all.toFixed(0)} ms: ${((1000 * batch) / all).toFixed(1)} examples/s from these kernels alone`,
  ];
  process.stdout.write(`${lines.join('\n')}\n\n`);
}

function median(values: number[]): number {
  const sorted = values.toSorted((a, b) => a - b);
  return sorted[Math.floor(sorted.length / 2)] ?? Number.NaN;
}
