/**
 * Times training and inference steps of the audio CNN on random input and prints one JSON line, with the keys of the PyTorch peer:
 *
 *   node network-step.ts --pooling diffstride --batch 16 --threads 2 --steps 5 [--backend simd] [--init effective --relative 0.05]
 */
import { median } from './rounds.ts';
import { createWorkload } from './workload.ts';

const warmUpSteps = 2;

/** Median and least milliseconds of `steps` runs, after the warm-up. */
function clock(steps: number, run: () => void): { median: number; least: number } {
  const times: number[] = [];
  for (let step = 0; step < warmUpSteps + steps; step++) {
    const start = performance.now();
    run();
    if (step >= warmUpSteps) times.push(performance.now() - start);
  }
  return { median: median(times), least: Math.min(...times) };
}

const tenths = (value: number) => Math.round(value * 10) / 10;

const { backend, model, batch, steps, settings, train, infer } = await createWorkload();
const training = clock(steps, train);
const inference = clock(steps, infer);
const { multiplyAdds, parameters } = model.describe();
console.log(
  JSON.stringify({
    peer: `spectride ${backend.name}`,
    instructions: backend.instructions,
    threads: backend.threads,
    ...settings,
    batch,
    train_ms: tenths(training.median),
    train_ms_min: tenths(training.least),
    train_examples_per_s: tenths((batch / training.median) * 1e3),
    infer_ms: tenths(inference.median),
    infer_ms_min: tenths(inference.least),
    infer_examples_per_s: tenths((batch / inference.median) * 1e3),
    train_gflops: tenths((6 * multiplyAdds.total * batch) / training.median / 1e6),
    infer_gflops: tenths((2 * multiplyAdds.total * batch) / inference.median / 1e6),
    peak_rss_mb: Math.round(process.resourceUsage().maxRSS / 1024),
    parameters,
  }),
);
process.exit();
