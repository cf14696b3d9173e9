/**
 * GFLOP/s of the simd kernels by layer of the paper's network, in all passes, and their share of the register tile's rate.
 * `node bench/kernels/main.ts [--threads 2] [--batch 16] [--network strided|spectral|diffstride] [--milliseconds 300] [--json]`
 *
 * Operations are those of the direct algorithm, so Winograd's method exceeds the peak. Every figure is the fastest of as many runs as
 * fit in --milliseconds: on a shared machine that is the one least disturbed. README.md says how to read the table.
 */
import { parseArgs } from 'node:util';
import { loadKernels } from '../../src/backend/simd/instructions.ts';
import { axisProduct, axisProductMatrixGradient } from '../../src/backend/simd/kernels/axis-product.ts';
import { convolution, convolutionInputGradient } from '../../src/backend/simd/kernels/convolution.ts';
import { convolutionFilterGradient } from '../../src/backend/simd/kernels/filter-gradient.ts';
import { Runtime } from '../../src/backend/simd/runtime/runtime.ts';
import { allThreadsStarted } from '../../src/bench/peak.ts';
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
    milliseconds: { type: 'string', default: '300' },
    json: { type: 'boolean', default: false },
  },
});
const threads = Number(options.threads);
const batch = Number(options.batch);
const milliseconds = Number(options.milliseconds);
const chosen = networks.filter((network) => options.network === undefined || network === options.network);
if (![threads, batch, milliseconds].every((value) => Number.isInteger(value) && value > 0) || chosen.length === 0) {
  throw new Error(`--threads, --batch and --milliseconds: positive integers; --network: one of ${networks.join(', ')}`);
}

const loaded = loadKernels('simd256', (module) => new Runtime({ module, threads }));
if (loaded.checked === undefined) {
  throw new Error('no kernels could be loaded: npm run build:kernels');
}
const runtime = loaded.checked;
await allThreadsStarted(runtime);
const peak = measurePeak();
const report = chosen.map((network) => ({ network, rows: measureNetwork(network) }));
if (options.json) {
  process.stdout.write(`${JSON.stringify({ threads, batch, path: loaded.path, peak, networks: report }, null, 2)}\n`);
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

/** The fastest of many runs of one pass. */
function measure({ operations, run }: Pass): Measurement {
  const fastest = fastestOf(run);
  const gigaflops = operations / fastest / 1e6;
  return { milliseconds: fastest, gigaflops, share: gigaflops / peak };
}

/** Milliseconds of the fastest run among three or as many as fit in the time given. */
function fastestOf(run: () => void): number {
  run();
  let fastest = Number.POSITIVE_INFINITY;
  const end = performance.now() + milliseconds;
  for (let runs = 0; runs < 3 || performance.now() < end; runs++) {
    const start = performance.now();
    run();
    fastest = Math.min(fastest, performance.now() - start);
  }
  return fastest;
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
function measurePeak(): number {
  const left = place(64 * 6);
  const right = place(64 * 16);
  const count = 2000 * threads;
  const fastest = fastestOf(() => runtime.parallel('peak', [left, right], { count, scratchBytes: 1024 }));
  release([left, right]);
  return (count * 64 * 96 * 2) / fastest / 1e6;
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
    `${network}, batch ${batch}, ${threads} threads, peak ${peak.toFixed(0)} GFLOP/s (milliseconds, GFLOP/s, share of the peak)`,
    ['layer'.padEnd(26), ...passes.map((pass) => pass.padStart(20))].join(''),
    ...rows.map((row) => [row.layer.padEnd(26), ...passes.map((pass) => cell(row[pass]))].join('')),
    ['total'.padEnd(26), ...totals.map((value) => `${value.toFixed(1)} ms        `.padStart(20))].join(''),
    `all passes ${all.toFixed(0)} ms: ${((1000 * batch) / all).toFixed(1)} examples/s from these kernels alone`,
  ];
  process.stdout.write(`${lines.join('\n')}\n\n`);
}
