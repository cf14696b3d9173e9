/**
 * Measures one model in one mode and prints one JSON line: the median time of a step and the process's peak resident set. It is
 * a process of its own because memory is the process's: `node measure-process.ts '{"model": …, "heads": …, "mode": "training", …}'`.
 */
import { parseArgs } from 'node:util';
import * as tf from '@tensorflow/tfjs';
import { setBackend } from '../../backend/index.ts';
import { type AudioCnn, audioCnn, type ForwardResult, freezeAudioCnn } from '../../models/index.ts';
import { type AdamState, adamUpdate } from '../../nn/operations/index.ts';
import { stream } from '../../random.ts';
import { median } from '../spread.ts';
import type { MeasureRequest } from './measure-costs.ts';

/** The paper's optimiser. */
const adam = { learningRate: 1e-4, beta1: 0.9, beta2: 0.999, epsilon: 1e-7 };

/** One-hot labels of every head, [batch, classes]. */
type Labels = Record<string, tf.Tensor2D>;

/** A training step as the trainer takes it: forward, mean of the heads' cross-entropies, gradients, Adam, averages, projection. */
function trainingStep(
  model: AudioCnn,
  moments: Map<string, AdamState>,
  x: tf.Tensor4D,
  labels: Labels,
  step: number,
): void {
  let statistics: ForwardResult['statistics'] = new Map();
  const { loss, gradients } = model.lossAndGradients(() => {
    const result = model.forward(x, { training: true });
    statistics = result.statistics;
    const losses = Object.entries(labels).map(([task, truth]) => {
      const logits = result.logits[task];
      if (logits === undefined) throw new Error(`the model has no head "${task}"`);
      return tf.losses.softmaxCrossEntropy(truth, logits) as tf.Scalar;
    });
    return tf.mean(tf.stack(losses)) as tf.Scalar;
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
    tf.dispose([next.variable, state.firstMoment, state.secondMoment, gradient]);
    moments.set(name, { ...next, variable });
  }
  model.updateStatistics(statistics);
  model.projectStrides();
  loss.dataSync();
  loss.dispose();
}

const [argument = '{}'] = parseArgs({ allowPositionals: true }).positionals;
const request = JSON.parse(argument) as MeasureRequest;
const backend = await setBackend(request.backend);
const model = audioCnn({ ...request.model, heads: request.heads, seed: 0 });
const { frames, bins } = model.options;
const random = stream(0, 'measure');
const x = tf.tensor4d(
  Float32Array.from({ length: request.batch * frames * bins }, () => random.normal()),
  [request.batch, frames, bins, 1],
);
const labels = Object.fromEntries(
  Object.entries(request.heads).map(([task, classes]) => {
    const truth = Array.from({ length: request.batch }, () => random.integer(classes));
    return [task, tf.oneHot(tf.tensor1d(truth, 'int32'), classes) as tf.Tensor2D];
  }),
);
const frozen = request.mode === 'inference' ? freezeAudioCnn(model) : undefined;
const moments = new Map<string, AdamState>();
const times: number[] = [];
for (let step = 1; step <= request.warmup + request.steps; step++) {
  const start = performance.now();
  // As scoring and prediction do: on the frozen network.
  if (frozen) tf.tidy(() => Object.values(frozen.forward(x)).map((logits) => logits.dataSync()));
  else trainingStep(model, moments, x, labels, step);
  if (step > request.warmup) times.push((performance.now() - start) / 1000);
}
process.stdout.write(
  `${JSON.stringify({
    stepSeconds: median(times),
    // Linux and macOS report kibibytes (libuv converts).
    peakBytes: process.resourceUsage().maxRSS * 1024,
    backend: { name: backend.name, threads: backend.threads, instructions: backend.instructions },
  })}\n`,
  () => process.exit(),
);
