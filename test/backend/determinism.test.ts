import { createHash } from 'node:crypto';
import * as tf from '@tensorflow/tfjs';
import { audioCnn } from '../../src/models/index.ts';
import { simdBackendWith } from './simd-backend-with.ts';

/** A digest of the loss, all gradients and the statistics of one training step, and of the inference logits after it. */
async function trainingStep(threads: number, pooling: 'strided' | 'spectral' | 'diffstride'): Promise<string> {
  const runtime = await simdBackendWith({ threads });
  const model = audioCnn({
    frames: 49,
    bins: 64,
    channels: [24, 32, 33, 48, 64, 64],
    strides: [
      [2, 2],
      [2, 2],
      [1, 1],
      [2, 2],
      [1, 1],
      [2, 2],
    ],
    pooling,
    smoothness: 2,
    heads: { task: 11 },
  });
  const batch = 7;
  const x = tf.tensor4d(
    Float32Array.from({ length: batch * 49 * 64 }, (_, index) => Math.sin(index * 0.7)),
    [batch, 49, 64, 1],
  );
  const labels = tf.oneHot(tf.range(0, batch, 1, 'int32'), 11);
  const digest = createHash('sha256');
  let statistics: ReturnType<typeof model.forward>['statistics'] = new Map();
  const { loss, gradients } = model.lossAndGradients(() => {
    const result = model.forward(x, { training: true });
    statistics = result.statistics;
    return tf.losses.softmaxCrossEntropy(labels, result.logits.task as tf.Tensor2D).asScalar();
  });
  model.updateStatistics(statistics);
  for (const tensor of [loss, ...gradients.values(), ...Object.values(model.forward(x).logits)]) {
    digest.update(tensor.dataSync());
  }
  model.dispose();
  runtime.close();
  return digest.digest('hex');
}

test.each(['strided', 'spectral', 'diffstride'] as const)(
  'a training step with %s pooling gives the same bits on 1, 2 and 3 threads',
  async (pooling) => {
    const one = await trainingStep(1, pooling);
    expect(await trainingStep(2, pooling)).toBe(one);
    expect(await trainingStep(3, pooling)).toBe(one);
  },
);
