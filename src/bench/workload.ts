import { parseArgs } from 'node:util';
import * as tf from '@tensorflow/tfjs';
import { type BackendDescription, setBackend } from '../backend/index.ts';
import { type AudioCnn, audioCnn, type ForwardResult, type FrozenAudioCnn, freezeAudioCnn } from '../models/index.ts';
import { stream } from '../random.ts';
import { createOptimizer } from '../train/optimizer.ts';

/** The audio CNN at full width with a batch of random spectrograms: what `network-step.ts` and `profile-step.ts` run. */
export interface Workload {
  backend: BackendDescription;
  model: AudioCnn;
  batch: number;
  /** Timed steps. */
  steps: number;
  /** The settings that tell one result from another. */
  settings: { pooling: string; init: string };
  /** One step of training as the trainer takes it: forward, cross-entropy, gradients, Adam, moving averages, projection. */
  train(): void;
  /** Logits of the batch, read back, by the network frozen as it stands, as evaluation and prediction do it. */
  infer(): void;
}

const classes = 35;
const learningRate = 1e-4;

function wordLogits(logits: Record<string, tf.Tensor2D>): tf.Tensor2D {
  const { words } = logits;
  if (words === undefined) throw new Error('the model has no head "words"');
  return words;
}

/** Options of the command line, with the names that the PyTorch peer has for them, and ours. */
function readOptions() {
  const { values } = parseArgs({
    options: {
      pooling: { type: 'string', default: 'strided' },
      placement: { type: 'string', default: 'axis' },
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
  return values;
}

/** Makes the model and the batch that the command line asks for, on the backend that it names. */
export async function createWorkload(): Promise<Workload> {
  const options = readOptions();
  if (options.threads) process.env.SPECTRIDE_THREADS = options.threads;
  const backend = await setBackend(options.backend);
  const [batch, frames, bins, steps] = [options.batch, options.frames, options.mels, options.steps].map(Number) as [
    number,
    number,
    number,
    number,
  ];
  const model = audioCnn({
    frames,
    bins,
    // The model refuses names that it does not know.
    pooling: options.pooling as 'strided',
    placement: options.placement as 'axis',
    init: options.init as 'nominal',
    ...(options.relative ? { smoothness: { relative: Number(options.relative) } } : {}),
    heads: { words: classes },
    seed: 0,
  });
  const random = stream(0, 'bench');
  const x = tf.tensor4d(
    Float32Array.from({ length: batch * frames * bins }, () => random.normal()),
    [batch, frames, bins, 1],
  );
  const targets = Int32Array.from({ length: batch }, () => random.integer(classes));
  const labels = tf.oneHot(tf.tensor1d(targets, 'int32'), classes) as tf.Tensor2D;
  const optimizer = createOptimizer('adam', model);
  let frozen: FrozenAudioCnn | undefined;
  return {
    backend,
    model,
    batch,
    steps,
    settings: { pooling: options.pooling, init: options.init },
    train() {
      frozen?.dispose();
      frozen = undefined;
      let statistics: ForwardResult['statistics'] = new Map();
      const { loss, gradients } = model.lossAndGradients(() => {
        const result = model.forward(x, { training: true });
        statistics = result.statistics;
        return tf.losses.softmaxCrossEntropy(labels, wordLogits(result.logits)) as tf.Scalar;
      });
      optimizer.update(gradients, { weight: learningRate, stride: learningRate });
      model.updateStatistics(statistics);
      model.projectStrides();
      loss.dataSync();
      loss.dispose();
    },
    infer() {
      const network = frozen ?? freezeAudioCnn(model);
      frozen = network;
      tf.tidy(() => wordLogits(network.forward(x)).dataSync());
    },
  };
}
