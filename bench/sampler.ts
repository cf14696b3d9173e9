/**
 * How long a pipeline's data take to open, and how many training windows a second its sampler reads from the cache:
 * `node bench/sampler.ts PIPELINE [--batches 400]`, after `spectride prepare` of its data sets. Prints one JSON line: seconds from the start of
 * the process to the first batch, windows a second, clips, and the process's peak resident memory.
 */
import { parseArgs } from 'node:util';
import { createBatches } from '../src/datasets/batches.ts';
import { loadPipeline } from '../src/pipeline/load.ts';
import { closeSources, openSources } from '../src/train/sources.ts';

const { values, positionals } = parseArgs({
  options: { batches: { type: 'string', default: '400' } },
  allowPositionals: true,
});
const [file] = positionals;
const count = Number(values.batches);
if (file === undefined || !Number.isInteger(count) || count < 1) {
  throw new Error('expected a pipeline file, and for --batches a positive integer');
}
const pipeline = await loadPipeline(file);
const sources = await openSources(pipeline);
const batches = createBatches({
  sources: sources.map(({ store, heads }) => ({ store, tasks: heads })),
  batch: pipeline.train.batch,
  frames: 98,
  seed: pipeline.seed,
});
batches.next();
const startSeconds = performance.now() / 1000;
const begin = performance.now();
for (let i = 0; i < count; i++) batches.next();
const windowsPerSecond = (1000 * count * pipeline.train.batch) / (performance.now() - begin);
const clips = sources.reduce((sum, { store }) => sum + store.clips.length, 0);
const peakMegabytes = process.resourceUsage().maxRSS / 1000;
process.stdout.write(`${JSON.stringify({ clips, startSeconds, windowsPerSecond, peakMegabytes })}\n`);
closeSources(sources);
