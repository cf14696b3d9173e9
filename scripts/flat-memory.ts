/**
 * Trains a small DiffStride network for many steps on the simd backend and shows that memory stays where it was after the first
 * hundred: `node scripts/flat-memory.ts [steps]`, 10,000 by default (with
 * `--expose-gc`, garbage is collected before each line). Exit code 1 when the backend's memory has grown. The maps'
 * sizes follow the learned strides, so the highest address may move a little; bytes in use and tensors may not.
 */
import * as tf from '@tensorflow/tfjs';
import { describeSimd, setBackend } from '../src/backend/index.ts';
import { audioCnn, type ForwardResult } from '../src/models/index.ts';

const steps = Number(process.argv[2] ?? 10_000);
await setBackend('simd');
const model = audioCnn({
  frames: 20,
  bins: 16,
  channels: [8, 8],
  strides: [
    [2, 2],
    [2, 2],
  ],
  pooling: 'diffstride',
  smoothness: 1,
  heads: { task: 3 },
});
const labels = tf.oneHot(tf.tensor1d([0, 1, 2], 'int32'), 3);
const optimizer = tf.train.adam(1e-3);

function step(): void {
  const x = tf.randomNormal<tf.Rank.R4>([3, 20, 16, 1]);
  let statistics: ForwardResult['statistics'] = new Map();
  const { loss, gradients } = model.lossAndGradients(() => {
    const result = model.forward(x, { training: true });
    statistics = result.statistics;
    return tf.losses.softmaxCrossEntropy(labels, result.logits.task as tf.Tensor2D).asScalar();
  });
  model.updateStatistics(statistics);
  const named = [...gradients].map(([name, tensor]) => ({
    name: model.parameters.get(name)?.variable.name ?? name,
    tensor,
  }));
  optimizer.applyGradients(named);
  model.projectStrides();
  tf.dispose([x, loss, ...gradients.values()]);
}

function measure(done: number): { used: number; extent: number; tensors: number } {
  const { used, extent } = describeSimd().memory;
  const tensors = tf.memory().numTensors;
  globalThis.gc?.();
  const heap = (process.memoryUsage().heapUsed / 2 ** 20).toFixed(1);
  const resident = (process.memoryUsage.rss() / 2 ** 20).toFixed(0);
  console.log(
    `${done} steps: ${used} bytes in use, ${extent} touched, ${tensors} tensors, ${heap} MiB of objects, ${resident} MiB resident`,
  );
  return { used, extent, tensors };
}

let first: ReturnType<typeof measure> | undefined;
for (let done = 1; done <= steps; done++) {
  step();
  if (done === 100 || done % 1000 === 0 || done === steps) {
    const now = measure(done);
    first ??= now;
    if (now.used > first.used || now.extent > 1.25 * first.extent || now.tensors > first.tensors) {
      process.exitCode = 1;
    }
  }
}
console.log(process.exitCode === 1 ? 'memory has grown' : 'memory is flat');
