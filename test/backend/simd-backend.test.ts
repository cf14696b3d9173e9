import * as tf from '@tensorflow/tfjs';
import { setBackend } from '../../src/backend/index.ts';
import { SimdBackend } from '../../src/backend/simd/backend.ts';
import type { Runtime } from '../../src/backend/simd/runtime/runtime.ts';
import { audioCnn } from '../../src/models/index.ts';
import { simdBackendWith } from './simd-backend-with.ts';

let runtime: Runtime;
beforeAll(async () => {
  runtime = await simdBackendWith({ threads: 2 });
});
afterAll(() => runtime.close());

test('values that a program hands over are copied, and so are values that it reads', () => {
  const values = Float32Array.of(1, 2, 3);
  const x = tf.tensor1d(values);
  values[0] = 100;
  const read = x.dataSync();
  read[1] = 200;
  expect([...x.dataSync()]).toEqual([1, 2, 3]);
  x.dispose();
  expect([...read]).toEqual([1, 200, 3]);
});

test('reshaped and cloned tensors share memory, which lives as long as the last of them', () => {
  const before = runtime.usage.used;
  const x = tf.relu(tf.tensor2d([1, -2, 3, 4], [2, 2]));
  const used = runtime.usage.used;
  const reshaped = x.reshape([4]);
  const clone = x.clone();
  expect(runtime.usage.used).toBe(used);
  x.dispose();
  clone.dispose();
  const filler = tf.fill([4], 9);
  expect([...reshaped.dataSync()]).toEqual([1, 0, 3, 4]);
  tf.dispose([reshaped, filler]);
  tf.disposeVariables();
  expect(runtime.usage.used).toBeLessThanOrEqual(before + 64);
});

test('slices of a tensor survive it', () => {
  const x = tf.relu(tf.range(0, 100, 1, 'float32'));
  const slice = x.slice([10], [5]);
  x.dispose();
  const filler = tf.fill([100], -1);
  expect([...slice.dataSync()]).toEqual([10, 11, 12, 13, 14]);
  tf.dispose([slice, filler]);
});

test('real and imaginary parts of a complex tensor survive it', () => {
  const parts = tf.tidy(() => {
    const z = tf.complex(tf.relu(tf.tensor1d([1, 2])), tf.relu(tf.tensor1d([3, 4])));
    return [tf.real(z), tf.imag(z)];
  });
  const filler = tf.fill([2], -1);
  expect(parts.map((part) => [...part.dataSync()])).toEqual([
    [1, 2],
    [3, 4],
  ]);
  tf.dispose([...parts, filler]);
});

test('tensors move between backends with their values', async () => {
  const name = tf.getBackend();
  const x = tf.relu(tf.tensor1d([-1, 2, 3]));
  await setBackend('cpu');
  const y = tf.mul(x, 2);
  await tf.setBackend(name);
  expect([...tf.add(y, 1).dataSync()]).toEqual([1, 5, 7]);
});

test('tensors without elements are computed with', () => {
  tf.tidy(() => {
    const empty = tf.zeros([0, 3]);
    expect(tf.relu(empty).shape).toEqual([0, 3]);
    expect([...tf.sum(empty, 0).dataSync()]).toEqual([0, 0, 0]);
    expect(tf.matMul(empty, tf.ones([3, 2])).shape).toEqual([0, 2]);
  });
});

test('memory is where it was after hundreds of training steps', () => {
  const model = audioCnn({
    frames: 20,
    bins: 16,
    channels: [4, 4],
    strides: [
      [2, 2],
      [2, 2],
    ],
    pooling: 'diffstride',
    smoothness: 1,
    heads: { task: 3 },
  });
  const x = tf.randomNormal<tf.Rank.R4>([2, 20, 16, 1]);
  const labels = tf.oneHot(tf.tensor1d([0, 2], 'int32'), 3);
  const variables = [...model.parameters.values()].map(({ variable }) => variable);
  const optimizer = tf.train.sgd(1e-3);
  const step = () => {
    let statistics: ReturnType<typeof model.forward>['statistics'] = new Map();
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
    tf.dispose([loss, ...gradients.values()]);
  };
  for (let i = 0; i < 20; i++) step();
  const { used, extent } = runtime.usage;
  const { numTensors } = tf.memory();
  for (let i = 0; i < 300; i++) step();
  expect(runtime.usage.used).toBe(used);
  // The maps' sizes follow the strides, so the highest address may move a little.
  expect(runtime.usage.extent).toBeLessThan(1.25 * extent);
  expect(tf.memory().numTensors).toBe(numTensors);
  expect(variables.every((variable) => variable.dataSync().every(Number.isFinite))).toBe(true);
});

test('a memory that does not suffice is an error that names train.microBatch, and leaves nothing behind', async () => {
  const name = tf.getBackend();
  const small = await simdBackendWith({ threads: 1, memoryLimitBytes: 32 * 2 ** 20 });
  expect(() =>
    tf.tidy(() => tf.conv2d(tf.ones<tf.Rank.R4>([16, 98, 64, 8]), tf.ones<tf.Rank.R4>([3, 3, 8, 128]), 1, 'same')),
  ).toThrow('train.microBatch');
  expect([...tf.add(tf.tensor1d([1]), 1).dataSync()]).toEqual([2]);

  // Room for the normalised map, but not for the partial sums of its statistics.
  const x = tf.relu(tf.ones([2 ** 14, 64])); // 4 MiB
  const inputs = { x, scale: tf.ones([64]), offset: tf.zeros([64]) };
  small.allocate((31 - 4 - 4) * 2 ** 20 - 2 ** 14);
  const { used } = small.usage;
  const normalise = () => tf.engine().runKernel('SpectrideReluBatchNorm', inputs, { epsilon: 1e-3 });
  expect(normalise).toThrow('train.microBatch');
  expect(small.usage.used).toBe(used);
  small.close();
  await tf.setBackend(name);
});

test('filters that inference has packed are given back with the weights, and follow new ones', () => {
  const { used } = runtime.usage;
  const kernel = tf.tidy(() => tf.variable(tf.fill([3, 1, 32, 32], 0.5)));
  const vectors = { bias: tf.zeros([32]), scale: tf.ones([32]), offset: tf.zeros([32]) };
  const x = tf.ones([2, 50, 8, 32]);
  const infer = () =>
    tf.tidy(() => {
      const inputs = { x, filter: kernel as tf.Tensor, ...vectors };
      const y = tf.engine().runKernel('SpectrideConvolution', inputs, { strides: [1, 1] }) as tf.Tensor;
      return y.max().dataSync()[0];
    });
  expect(infer()).toBeCloseTo(0.5 * 3 * 32, 3);
  const kept = runtime.usage.used;
  expect(infer()).toBeCloseTo(0.5 * 3 * 32, 3);
  expect(runtime.usage.used).toBe(kept);
  tf.tidy(() => kernel.assign(tf.fill([3, 1, 32, 32], 0.25)));
  expect(infer()).toBeCloseTo(0.25 * 3 * 32, 3);
  expect(runtime.usage.used).toBe(kept);
  tf.dispose([kernel, x, ...Object.values(vectors)]);
  expect(runtime.usage.used).toBeLessThanOrEqual(used + 3 * 32 * 32 * 4);
});

test('disposing of the backend gives all memory back', async () => {
  const name = tf.getBackend();
  const other = await simdBackendWith({ threads: 1 });
  const temporary = tf.getBackend();
  tf.relu(tf.ones([1000]));
  expect(other.usage.used).toBeGreaterThan(0);
  const backend = tf.backend();
  expect(backend).toBeInstanceOf(SimdBackend);
  await tf.setBackend(name);
  tf.removeBackend(temporary);
  expect(other.usage.used).toBe(0);
  other.close();
});
