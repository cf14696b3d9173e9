import { readFileSync } from 'node:fs';
import path from 'node:path';
import * as tf from '@tensorflow/tfjs';
import { BadInputError } from '../../src/errors.ts';
import { DiffStride, diffStride, SpectralPooling, spectralPooling } from '../../src/nn/index.ts';
import { stream } from '../../src/random.ts';
import { largestDifference } from './compare.ts';

beforeAll(() => tf.setBackend('cpu'));

const noise = (shape: number[], seed = 1) => {
  const random = stream(seed, 'layers');
  const size = shape.reduce((product, length) => product * length, 1);
  return tf.tensor(Array.from({ length: size }, random.normal), shape);
};

const stridesOf = (layer: DiffStride) => Array.from(layer.getWeights()[0]?.dataSync() ?? []);

/** Two classes of maps that differ in how fast they vary along their first axis. */
function classificationData(examples: number): { x: tf.Tensor4D; y: tf.Tensor2D } {
  const random = stream(5, 'classes');
  const labels = Array.from({ length: examples }, (_, i) => i % 2);
  const values = labels.flatMap((label) => {
    const phase = 2 * Math.PI * random.uniform();
    const cycles = label === 0 ? 2 : 6;
    return Array.from({ length: 16 * 12 }, (_, k) => {
      return Math.sin(phase + (2 * Math.PI * cycles * Math.floor(k / 12)) / 16) + 0.1 * random.normal();
    });
  });
  return { x: tf.tensor4d(values, [examples, 16, 12, 1]), y: tf.oneHot(labels, 2) as tf.Tensor2D };
}

function classifier(pool: tf.layers.Layer): tf.Sequential {
  const initializer = () => tf.initializers.glorotUniform({ seed: 3 });
  return tf.sequential({
    layers: [
      tf.layers.conv2d({
        inputShape: [16, 12, 1],
        filters: 3,
        kernelSize: 3,
        padding: 'same',
        kernelInitializer: initializer(),
      }),
      pool,
      tf.layers.activation({ activation: 'relu' }),
      tf.layers.conv2d({
        filters: 4,
        kernelSize: 3,
        padding: 'same',
        activation: 'relu',
        kernelInitializer: initializer(),
      }),
      tf.layers.globalMaxPooling2d({}),
      tf.layers.dense({ units: 2, activation: 'softmax', kernelInitializer: initializer() }),
    ],
  });
}

describe('the DiffStride layer', () => {
  test('trains in a tf.sequential by model.fit: the loss falls, the strides move, and the maps follow them', async () => {
    const pool = new DiffStride({ strides: [2, 1.8], smoothness: 2 });
    const model = classifier(pool);
    expect(model.outputShape).toEqual([null, 2]);
    model.compile({ optimizer: tf.train.adam(0.02), loss: 'categoricalCrossentropy' });
    const { x, y } = classificationData(16);
    const before = stridesOf(pool);
    const history = await model.fit(x, y, { epochs: 6, batchSize: 8, shuffle: false, verbose: 0 });
    const losses = history.history.loss as number[];
    expect(losses.at(-1)).toBeLessThan((losses[0] ?? 0) * 0.8);
    const after = stridesOf(pool);
    for (const [i, stride] of after.entries()) {
      expect(Math.abs(stride - (before[i] ?? 0))).toBeGreaterThan(1e-3);
      expect(stride).toBeGreaterThanOrEqual(1);
    }
    const output = pool.apply(tf.zeros([1, 16, 12, 3])) as tf.Tensor;
    expect(output.shape).toEqual([1, ...[16, 12].map((n, i) => Math.min(n, Math.floor(n / (after[i] ?? 1) + 4))), 3]);
  });

  test('keeps strides at 1 or more after every update of an optimiser, the last one included', async () => {
    const pool = new DiffStride({ strides: 1.3, smoothness: 2 });
    const model = classifier(pool);
    model.compile({ optimizer: tf.train.sgd(200), loss: 'categoricalCrossentropy' });
    const { x, y } = classificationData(4);
    for (let step = 0; step < 3; step++) {
      await model.trainOnBatch(x, y);
      for (const stride of stridesOf(pool)) expect(stride).toBeGreaterThanOrEqual(1);
    }
    pool.setWeights([tf.tensor1d([0.2, 5])]);
    expect(stridesOf(pool)).toEqual([1, 5]);
  });

  test('comes back from JSON and saved weights with the same strides, settings and output', async () => {
    const settings = { strides: [2.3, 1.9], smoothness: 2.5, norm: 'forward' as const, name: 'learned' };
    const model = classifier(new DiffStride(settings));
    (model.getLayer('learned') as DiffStride).setWeights([tf.tensor1d([2.7, 2.1])]);
    let artifacts: tf.io.ModelArtifacts | undefined;
    await model.save(
      tf.io.withSaveHandler(async (saved) => {
        artifacts = JSON.parse(JSON.stringify(saved)) as tf.io.ModelArtifacts;
        artifacts.weightData = saved.weightData;
        return { modelArtifactsInfo: { dateSaved: new Date(0), modelTopologyType: 'JSON' } };
      }),
    );
    const restored = await tf.loadLayersModel(tf.io.fromMemory(artifacts as tf.io.ModelArtifacts));
    const { x } = classificationData(3);
    const [a, b] = [model, restored].map((each) => (each.predict(x) as tf.Tensor).dataSync());
    expect(largestDifference(a ?? [], b ?? [])).toBe(0);
    const layer = restored.getLayer('learned') as DiffStride;
    expect(stridesOf(layer).map((stride) => stride.toFixed(4))).toEqual(['2.7000', '2.1000']);
    expect(layer.getConfig()).toMatchObject({ strides: [2.3, 1.9], smoothness: 2.5, norm: 'forward', compat: 'paper' });
  });

  test.each([
    ['one', [2, 17, 3], [1]],
    ['two', [2, 17, 14, 3], [1, 2]],
    ['three', [2, 11, 9, 7, 2], [1, 2, 3]],
  ])('pools the %s axes between batch and channels, as diffStride() does', (_, shape, axes) => {
    const x = noise(shape);
    const layer = new DiffStride({ strides: 2.2, smoothness: 1.5 });
    const y = layer.apply(x) as tf.Tensor;
    const expected = diffStride(x, { axes, strides: 2.2, smoothness: 1.5 });
    expect(y.shape).toEqual(expected.shape);
    expect(largestDifference(y.dataSync(), expected.dataSync())).toBeLessThan(1e-6);
    expect(layer.computeOutputShape(shape)).toEqual(shape.map((size, i) => (axes.includes(i) ? null : size)));
  });

  test('learns one number for all axes where the stride is shared', () => {
    const layer = new DiffStride({ strides: 2.4, sharedStride: true });
    const y = layer.apply(noise([1, 30, 30, 1])) as tf.Tensor;
    expect(stridesOf(layer)).toHaveLength(1);
    expect(y.shape).toEqual([1, 20, 20, 1]);
  });

  test('in reference mode writes S ≥ N/(N − R) into its weight, and gives what the original gives', () => {
    const file = path.join(import.meta.dirname, '../fixtures/nn/pooling.json');
    const { cases } = JSON.parse(readFileSync(file, 'utf8'));
    for (const golden of cases) {
      const shared = typeof golden.strides_init === 'number' || golden.strides_init.length === 1;
      const layer = new DiffStride({
        strides: shared ? [golden.strides_init].flat()[0] : golden.strides_init,
        sharedStride: shared,
        compat: 'reference',
        smoothness: golden.smoothness_factor,
        cropping: golden.cropping,
        lowerLimit: golden.lower_limit_stride,
        upperLimit: golden.upper_limit_stride,
      });
      const y = layer.apply(tf.tensor4d(golden.input, golden.input_shape)) as tf.Tensor;
      expect(y.shape).toEqual(golden.output_shape);
      expect(largestDifference(y.dataSync(), golden.output)).toBeLessThan(1e-4);
      expect(largestDifference(stridesOf(layer), [golden.strides_after].flat())).toBeLessThan(1e-6);
    }
  });

  test('leaves the number of tensors as it was after each training step', async () => {
    const model = classifier(new DiffStride({ smoothness: 2 }));
    model.compile({ optimizer: tf.train.adam(0.05), loss: 'categoricalCrossentropy' });
    const { x, y } = classificationData(4);
    await model.trainOnBatch(x, y);
    const before = tf.memory().numTensors;
    for (let step = 0; step < 5; step++) await model.trainOnBatch(x, y);
    expect(tf.memory().numTensors).toBe(before);
  });

  test.each([
    ['a stride below 1', { strides: 0.5 }, /strides: expected a number of at least 1 for each of 2 axes, found 0.5/],
    ['too many strides', { strides: [2, 2, 2] }, /strides/],
    ['two values of one shared stride', { strides: [2, 3], sharedStride: true }, /strides: expected one for a shared/],
    ['a ramp of no width', { smoothness: 0 }, /smoothness/],
  ])('refuses %s', (_, config, message) => {
    const build = () => new DiffStride(config).apply(tf.zeros([1, 8, 8, 1]));
    expect(build).toThrow(BadInputError);
    expect(build).toThrow(message);
  });
});

describe('the SpectralPooling layer', () => {
  test('knows its output size, so that Flatten and a dense layer may follow', async () => {
    const model = tf.sequential({
      layers: [
        new SpectralPooling({ inputShape: [16, 12, 1], strides: [2, 3], norm: 'forward' }),
        tf.layers.flatten(),
        tf.layers.dense({
          units: 2,
          activation: 'softmax',
          kernelInitializer: tf.initializers.glorotUniform({ seed: 1 }),
        }),
      ],
    });
    expect(model.layers[0]?.outputShape).toEqual([null, 8, 4, 1]);
    model.compile({ optimizer: tf.train.adam(0.05), loss: 'categoricalCrossentropy' });
    const { x, y } = classificationData(8);
    const { history } = await model.fit(x, y, { epochs: 3, verbose: 0 });
    expect(history.loss?.at(-1)).toBeLessThan(history.loss?.[0] as number);
    expect(model.layers[0]?.getWeights()).toEqual([]);
    type Json = Exclude<ReturnType<typeof model.toJSON>, string>;
    const restored = await tf.models.modelFromJSON(model.toJSON(undefined, false) as Json);
    expect(restored.layers[0]).toBeInstanceOf(SpectralPooling);
    expect(restored.layers[0]?.getConfig()).toMatchObject({ strides: [2, 3], norm: 'forward' });
  });

  test('does what spectralPooling() does, in both modes', () => {
    const x = noise([1, 13, 10, 2]);
    for (const compat of ['paper', 'reference'] as const) {
      const layer = new SpectralPooling({ strides: 1.9, compat });
      const expected = spectralPooling(x, { axes: [1, 2], strides: 1.9, compat });
      const y = layer.apply(x) as tf.Tensor;
      expect(layer.computeOutputShape(x.shape)).toEqual(expected.shape);
      expect(largestDifference(y.dataSync(), expected.dataSync())).toBe(0);
    }
  });

  test('leaves unknown sizes unknown', () => {
    expect(new SpectralPooling({}).computeOutputShape([null, null, 20, 3])).toEqual([null, null, 10, 3]);
  });

  test('refuses a stride below 1', () => {
    expect(() => new SpectralPooling({ strides: 0.5 }).apply(tf.zeros([1, 8, 8, 1]))).toThrow(BadInputError);
  });
});
