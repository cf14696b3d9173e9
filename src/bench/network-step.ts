/**
 * Times training and inference steps of the audio CNN on random input and prints one JSON line, with the keys of the PyTorch peer:
 *
 *   node network-step.ts --pooling diffstride --batch 16 --threads 2 --steps 5 [--backend simd] [--init effective --relative 0.05]
 */
import { parseArgs } from 'node:util';
import * as tf from '@tensorflow/tfjs';
import { setBackend } from '../backend/index.ts';
import { type AudioCnn, audioCnn, type ForwardResult } from '../models/index.ts';
import { type AdamState, adamUpdate } from '../nn/operations/index.ts';
import { stream } from '../random.ts';
import { median } from './rounds.ts';

const { values: options } = parseArgs({
  options: {
    pooling: { type: 'string', default: 'strided' },
    batch: { type: 'string', default: '16' },
    frames: { type: 'string', default: '98' },
    mels: { type: 'string', default: '64' },
    steps: { type: 'string', default: '5' },
    threads: { type: 'string' },
    backend: { type: 'string', default: 'simd' },
    init: { type: 'string', default: 'nominal' },
    relative: { type: 'string' },
  },
});

const classes = 35;
const warmUpSteps = 2;
const adam = { learningRate: 1e-4, beta1: 0.9, beta2: 0.999, epsilon: 1e-8 };

function wordLogits({ logits }: ForwardResult): tf.Tensor2D {
  if (logits.words === undefined) throw new Error('the model has no head "words"');
  return logits.words;
}

/** One step of training as the trainer takes it: forward, cross-entropy, gradients, Adam, moving averages, projection. */
function trainingStep(
  model: AudioCnn,
  moments: Map<string, AdamState>,
  x: tf.Tensor4D,
  labels: tf.Tensor2D,
  step: number,
) {
  let statistics: ForwardResult['statistics'] = new Map();
  const { loss, gradients } = model.lossAndGradients(() => {
    const result = model.forward(x, { training: true });
    statistics = result.statistics;
    return tf.losses.softmaxCrossEntropy(labels, wordLogits(result)) as tf.Scalar;
  });
  for (const [name, gradient] of gradients) {
    const variable = model.parameters.get(name)?.variable;
    if (variable === undefined) throw new Error(`gradient of an unknown parameter "${name}"`);
    const state = moments.get(name) ?? {
      variable,
      firstMoment: tf.zerosLike(variable),
      secondMoment: tf.zerosLike(variable),
    };
    const next = tf.tidy(() => adamUpdate({ ...state, variable }, gradient, { ...adam, step }));
    variable.assign(next.variable);
    next.variable.dispose();
    state.firstMoment.dispose();
    state.secondMoment.dispose();
    gradient.dispose();
    moments.set(name, { ...next, variable });
  }
  model.updateStatistics(statistics);
  model.projectStrides();
  loss.dataSync();
  loss.dispose();
}

/** Median and least milliseconds of `steps` runs, after the warm-up. */
function clock(steps: number, run: (step: number) => void): { median: number; least: number } {
  const times: number[] = [];
  for (let step = 1; step <= warmUpSteps + steps; step++) {
    const start = performance.now();
    run(step);
    if (step > warmUpSteps) times.push(performance.now() - start);
  }
  return { median: median(times), least: Math.min(...times) };
}

const tenths = (value: number) => Math.round(value * 10) / 10;

if (options.threads) process.env.SPECTRIDE_THREADS = options.threads;
const description = await setBackend(options.backend);
const [batch = 16, frames = 98, mels = 64, steps = 5] = [
  options.batch,
  options.frames,
  options.mels,
  options.steps,
].map(Number);
const model = audioCnn({
  frames,
  bins: mels,
  pooling: options.pooling as 'strided',
  init: options.init as 'nominal',
  ...(options.relative ? { smoothness: { relative: Number(options.relative) } } : {}),
  heads: { words: classes },
  seed: 0,
});
const random = stream(0, 'bench');
const x = tf.tensor4d(
  Float32Array.from({ length: batch * frames * mels }, () => random.normal()),
  [batch, frames, mels, 1],
);
const labels = tf.oneHot(
  tf.tensor1d(
    Array.from({ length: batch }, () => random.integer(classes)),
    'int32',
  ),
  classes,
) as tf.Tensor2D;

const moments = new Map<string, AdamState>();
const training = clock(steps, (step) => trainingStep(model, moments, x, labels, step));
const inference = clock(steps, () => {
  tf.tidy(() => wordLogits(model.forward(x)).dataSync());
});
const { multiplyAdds, parameters } = model.describe();
console.log(
  JSON.stringify({
    peer: `spectride ${description.name}`,
    instructions: description.instructions,
    pooling: options.pooling,
    init: options.init,
    batch,
    threads: description.threads,
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
