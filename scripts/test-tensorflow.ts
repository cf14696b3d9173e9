/**
 * Tests the `tensorflow` backend for real: small networks of every pooling and placement are trained on it and on tfjs's cpu
 * backend, which must agree.
 *
 *   node scripts/test-tensorflow.ts FOLDER      a project folder with a working @tensorflow/tfjs-node or tfjs-node-gpu
 *
 * Prints the largest difference, max |a − b| / max |b| by tensor, of logits and gradients, and the losses of five steps. Exit code 1 where they disagree.
 */
import * as tf from '@tensorflow/tfjs';
import { activateTensorflow } from '../src/backend/tensorflow.ts';
import { type AudioCnn, type AudioCnnOptions, audioCnn, type ForwardResult } from '../src/models/index.ts';
import { stream } from '../src/random.ts';

/** Float32 results of two implementations may differ by this much, relative to the largest value of a tensor. */
const tolerance = 1e-3;
const steps = 5;
const [batch, frames, bins, classes] = [3, 40, 24, 5];

const [folder] = process.argv.slice(2);
if (folder === undefined) {
  process.stderr.write('usage: node scripts/test-tensorflow.ts FOLDER (a project with @tensorflow/tfjs-node)\n');
  process.exit(2);
}

interface Trained {
  logits: Float32Array;
  gradients: Map<string, Float32Array>;
  losses: number[];
}

function logitsOf({ logits }: ForwardResult): tf.Tensor2D {
  if (logits.words === undefined) throw new Error('the model has no head "words"');
  return logits.words;
}

/** Gradient descent at a fixed rate on one batch: the loss of every step, and gradients and logits before the first. */
function train(model: AudioCnn): Trained {
  const random = stream(1, 'test-tensorflow');
  const x = tf.tensor4d(
    Array.from({ length: batch * frames * bins }, () => random.normal()),
    [batch, frames, bins, 1],
  );
  const labels = tf.oneHot(tf.tensor1d([0, 3, 1], 'int32'), classes);
  const logits = tf.tidy(() => logitsOf(model.forward(x)).dataSync<'float32'>());
  const gradients = new Map<string, Float32Array>();
  const losses: number[] = [];
  for (let step = 0; step < steps; step++) {
    const result = model.lossAndGradients(() => {
      const forward = model.forward(x, { training: true });
      return tf.losses.softmaxCrossEntropy(labels, logitsOf(forward)) as tf.Scalar;
    });
    losses.push(result.loss.dataSync()[0] ?? Number.NaN);
    for (const [name, gradient] of result.gradients) {
      if (step === 0) gradients.set(name, gradient.dataSync<'float32'>().slice());
      const variable = model.parameters.get(name)?.variable;
      tf.tidy(() => variable?.assign(tf.sub(variable, tf.mul(gradient, 0.02))));
    }
    model.projectStrides();
  }
  return { logits: logits.slice(), gradients, losses };
}

/** max |a − b| / max |b|; infinite where one is not a number. */
function difference(found: Float32Array | number[], expected: Float32Array | number[]): number {
  let worst = 0;
  let largest = 0;
  for (const [index, value] of expected.entries()) {
    const error = Math.abs((found[index] ?? Number.NaN) - value);
    if (!(error <= worst)) worst = Number.isNaN(error) ? Number.POSITIVE_INFINITY : error;
    largest = Math.max(largest, Math.abs(value));
  }
  return worst === 0 ? 0 : worst / largest;
}

const networks: Partial<AudioCnnOptions>[] = [
  { pooling: 'strided' },
  { pooling: 'spectral' },
  { pooling: 'spectral', placement: 'block' },
  { pooling: 'diffstride' },
  { pooling: 'diffstride', placement: 'block', shared: true },
];

const description = await activateTensorflow({ project: folder });
console.log(description.detail);
let failures = 0;
for (const network of networks) {
  const run = async (backend: string): Promise<Trained> => {
    await tf.setBackend(backend);
    const model = audioCnn({
      ...{
        frames,
        bins,
        channels: [4, 6, 8],
        strides: [
          [2, 2],
          [1, 1],
          [2, 2],
        ],
        heads: { words: classes },
        seed: 0,
      },
      ...network,
    });
    const trained = train(model);
    model.dispose();
    return trained;
  };
  const [found, expected] = [await run('tensorflow'), await run('cpu')];
  // A bias before batch normalisation has a gradient of 0 but for rounding: compared with the largest gradient of all.
  const all = (gradients: Map<string, Float32Array>) =>
    [...gradients].filter(([name]) => !name.endsWith('bias') || name.startsWith('heads')).sort();
  const gradients = all(expected.gradients).map(([name, values]) =>
    difference(found.gradients.get(name) ?? [], values),
  );
  const figures = {
    logits: difference(found.logits, expected.logits),
    gradients: Math.max(...gradients),
    losses: difference(found.losses, expected.losses),
  };
  const good = Object.values(figures).every((figure) => figure < tolerance);
  if (!good) failures++;
  const text = Object.entries(figures).map(([name, figure]) => `${name} ${figure.toExponential(1)}`);
  console.log(`${good ? 'ok   ' : 'WRONG'} ${network.pooling} ${network.placement ?? 'axis'}: ${text.join(', ')}`);
}
process.exit(failures === 0 ? 0 : 1);
