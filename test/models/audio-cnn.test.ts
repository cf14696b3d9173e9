import * as tf from '@tensorflow/tfjs';
import { BadInputError } from '../../src/errors.ts';
import { type AudioCnnOptions, audioCnn } from '../../src/models/index.ts';
import { diffStride, spectralPooling } from '../../src/nn/index.ts';
import { stream } from '../../src/random.ts';
import { relativeDifference } from '../nn/compare.ts';

beforeAll(() => tf.setBackend('cpu'));

/** A network small enough for the cpu backend: two blocks of a pool each, one without. */
const tiny: AudioCnnOptions = {
  frames: 20,
  bins: 16,
  channels: [2, 3, 4],
  strides: [
    [2, 2],
    [1, 1],
    [2, 1.5],
  ],
  smoothness: 1.5,
  heads: { words: 3, pitch: 5 },
  seed: 7,
};

const noise = (shape: number[], seed = 1) => {
  const random = stream(seed, 'audio-cnn');
  const size = shape.reduce((product, length) => product * length, 1);
  return tf.tensor<tf.Rank>(Array.from({ length: size }, random.normal), shape) as tf.Tensor4D;
};

/** One training step with plain gradient descent at `rate`; returns the loss. */
function trainStep(model: ReturnType<typeof audioCnn>, x: tf.Tensor4D, rate: number): number {
  const taken: ReturnType<typeof model.forward>['statistics'][] = [];
  const { loss, gradients } = model.lossAndGradients(() => {
    const { logits, statistics } = model.forward(x, { training: true });
    taken.push(statistics);
    const labels = tf.oneHot(
      Array.from({ length: x.shape[0] }, (_, i) => i % 3),
      3,
    );
    return tf.losses.softmaxCrossEntropy(labels, logits.words as tf.Tensor2D).add(model.complexity()) as tf.Scalar;
  });
  tf.tidy(() => {
    for (const [name, gradient] of gradients) {
      const variable = model.parameters.get(name)?.variable as tf.Variable;
      variable.assign(variable.sub(gradient.mul(rate)));
    }
  });
  for (const statistics of taken) model.updateStatistics(statistics);
  model.projectStrides();
  const value = loss.dataSync()[0] ?? Number.NaN;
  tf.dispose([loss, ...gradients.values()]);
  return value;
}

describe('audioCnn()', () => {
  test('names its parameters by block, axis and role, and says what each is', () => {
    const model = audioCnn({ ...tiny, channels: [2], strides: [[2, 2]], heads: { words: 3 } });
    const layer = (axis: string) =>
      ['kernel', 'bias', 'stride', 'scale', 'offset', 'movingMean', 'movingVariance'].map(
        (part) => `blocks.1.${axis}.${part}`,
      );
    expect([...model.parameters.keys()]).toEqual([
      ...layer('time'),
      ...layer('frequency'),
      'heads.words.kernel',
      'heads.words.bias',
    ]);
    expect(model.parameters.get('blocks.1.time.kernel')?.variable.shape).toEqual([3, 1, 1, 2]);
    expect(model.parameters.get('blocks.1.frequency.kernel')?.variable.shape).toEqual([1, 3, 2, 2]);
    for (const [name, { kind, variable }] of model.parameters) {
      const expected = name.endsWith('stride') ? 'stride' : name.includes('moving') ? 'statistic' : 'weight';
      expect(kind).toBe(expected);
      expect(variable.trainable).toBe(expected !== 'statistic');
    }
    model.dispose();
  });

  test('starts from the same kernels for the same seed, whatever the pooling, and within the Glorot bounds', () => {
    const [a, b, c] = [audioCnn(tiny), audioCnn({ ...tiny, pooling: 'spectral' }), audioCnn({ ...tiny, seed: 8 })];
    const kernel = (model: typeof a) =>
      Array.from(model.parameters.get('blocks.3.time.kernel')?.variable.dataSync() ?? []);
    expect(kernel(a)).toEqual(kernel(b));
    expect(kernel(a)).not.toEqual(kernel(c));
    const bound = Math.sqrt(6 / (3 * (3 + 4)));
    expect(Math.max(...kernel(a).map(Math.abs))).toBeLessThanOrEqual(bound);
    expect(Math.max(...kernel(a).map(Math.abs))).toBeGreaterThan(0.8 * bound);
    const value = (part: string) => new Set(a.parameters.get(`blocks.1.time.${part}`)?.variable.dataSync());
    expect([value('bias'), value('scale'), value('offset')]).toEqual([new Set([0]), new Set([1]), new Set([0])]);
    for (const model of [a, b, c]) model.dispose();
  });

  test.each([
    ['strided' as const, 'axis' as const],
    ['spectral' as const, 'axis' as const],
    ['spectral' as const, 'block' as const],
    ['diffstride' as const, 'axis' as const],
    ['diffstride' as const, 'block' as const],
  ])('gives %s logits at inference, placed by %s, that unfused layers give', (pooling, placement) => {
    const strides: [number, number][] = [
      [2, 2],
      [1, 1],
      [2, pooling === 'strided' ? 1 : 1.5],
    ];
    const model = audioCnn({ ...tiny, strides, pooling, placement });
    const x = noise([2, 20, 16, 1]);
    for (let step = 0; step < 2; step++) trainStep(model, x, 0.05); // so that no parameter is 0 or 1
    const parameter = (name: string) => model.parameters.get(name)?.variable as tf.Tensor;
    const learned = model.strides();
    const pool = (map: tf.Tensor, axis: 'time' | 'frequency', block: number) => {
      const stride = learned[`blocks.${block}.${axis}`];
      if (stride === undefined || pooling === 'strided') return map;
      const axes = [axis === 'time' ? 1 : 2];
      return pooling === 'spectral'
        ? spectralPooling(map, { axes, strides: stride })
        : diffStride(map, { axes, strides: stride, smoothness: 1.5, roles: [axis] });
    };
    const expected = tf.tidy(() => {
      let map: tf.Tensor = x;
      for (const [i, [time, frequency]] of strides.entries()) {
        for (const axis of ['time', 'frequency'] as const) {
          const name = `blocks.${i + 1}.${axis}`;
          const steps: [number, number] = axis === 'time' ? [time, 1] : [1, frequency];
          const kernel = parameter(`${name}.kernel`) as tf.Tensor4D;
          map = tf
            .conv2d(map as tf.Tensor4D, kernel, pooling === 'strided' ? steps : 1, 'same')
            .add(parameter(`${name}.bias`));
          if (placement === 'axis') map = pool(map, axis, i + 1);
          else if (axis === 'frequency') map = pool(pool(map, 'time', i + 1), 'frequency', i + 1);
          const deviation = parameter(`${name}.movingVariance`).add(1e-3).sqrt();
          const normalised = map
            .relu()
            .sub(parameter(`${name}.movingMean`))
            .div(deviation);
          map = normalised.mul(parameter(`${name}.scale`)).add(parameter(`${name}.offset`));
        }
      }
      const kernel = parameter('heads.pitch.kernel') as tf.Tensor2D;
      return (map.max([1, 2]) as tf.Tensor2D).matMul(kernel).add(parameter('heads.pitch.bias')).dataSync();
    });
    const logits = tf.tidy(() => model.forward(x).logits.pitch?.dataSync() ?? []);
    expect(relativeDifference(logits, expected)).toBeLessThan(1e-4);
    model.dispose();
  });

  test('takes [batch, time, frequency] as well, and other numbers of frames', () => {
    const model = audioCnn(tiny);
    const x = noise([2, 27, 16, 1]);
    const [a, b] = tf.tidy(() =>
      [x, x.reshape([2, 27, 16]) as tf.Tensor3D].map((input) => model.forward(input).logits.words?.dataSync()),
    );
    expect(a).toEqual(b);
    expect(a).toHaveLength(6);
    model.dispose();
  });

  test('trains: the loss falls and the strides move, without leaving tensors behind', () => {
    const model = audioCnn(tiny);
    const x = noise([3, 20, 16, 1]);
    const start = model.strides();
    const losses = [trainStep(model, x, 0.05)];
    const before = tf.memory().numTensors;
    for (let step = 0; step < 5; step++) losses.push(trainStep(model, x, 0.05));
    expect(tf.memory().numTensors).toBe(before);
    expect(losses.at(-1)).toBeLessThan(losses[0] ?? 0);
    for (const [name, stride] of Object.entries(model.strides())) expect(stride).not.toBe(start[name]);
    model.dispose();
  });

  test('frees everything it holds', () => {
    const before = tf.memory().numTensors;
    const model = audioCnn(tiny);
    const { logits } = model.forward(noise([1, 20, 16, 1]));
    tf.dispose(logits);
    model.dispose();
    expect(tf.memory().numTensors).toBeLessThanOrEqual(before + 1); // the input
  });

  test('moves its averages towards the batch by 1 − momentum, the variance unbiased as in Keras', () => {
    const model = audioCnn({ ...tiny, batchNorm: { momentum: 0.75 } });
    const x = noise([2, 20, 16, 1]);
    const { statistics, logits } = model.forward(x, { training: true });
    const { mean, variance, count } = statistics.get('blocks.2.time') ?? {
      mean: tf.zeros([1]),
      variance: tf.zeros([1]),
      count: 0,
    };
    // Block 1 leaves ⌊20/2 + 3⌋ × ⌊16/2 + 3⌋ positions.
    expect(count).toBe(2 * 13 * 11);
    const expectedMean = Array.from(mean.dataSync(), (value) => 0.25 * value);
    const expectedVariance = Array.from(variance.dataSync(), (value) => 0.75 + (0.25 * value * count) / (count - 1));
    model.updateStatistics(statistics);
    const moving = (part: string) => model.parameters.get(`blocks.2.time.${part}`)?.variable.dataSync() ?? [];
    expect(relativeDifference(moving('movingMean'), expectedMean)).toBeLessThan(1e-6);
    expect(relativeDifference(moving('movingVariance'), expectedVariance)).toBeLessThan(1e-6);
    tf.dispose(logits);
    model.dispose();
  });

  test('gives a block one stride for both its axes where it is shared', () => {
    const model = audioCnn({
      ...tiny,
      strides: [
        [2, 2],
        [1, 1],
        [3, 3],
      ],
      shared: true,
    });
    const strides = [...model.parameters].filter(([, { kind }]) => kind === 'stride');
    expect(strides.map(([name]) => name)).toEqual(['blocks.1.stride', 'blocks.3.stride']);
    trainStep(model, noise([2, 20, 16, 1]), 0.05);
    const after = model.strides();
    expect(after['blocks.1.time']).toBe(after['blocks.1.frequency']);
    expect(after['blocks.1.time']).not.toBe(2);
    model.dispose();
  });

  test('projects strides to at least 1, and those of unit-stride blocks to at least N/(N − R)', () => {
    const model = audioCnn({ ...tiny, learnUnitStrides: true });
    for (const { kind, variable } of model.parameters.values()) if (kind === 'stride') variable.assign(tf.scalar(0.3));
    model.projectStrides();
    const strides = model.strides();
    expect(strides['blocks.1.time']).toBe(1);
    // At stride 1 the first block leaves 20 × 16.
    expect(strides['blocks.2.time']).toBeCloseTo(20 / 18.5, 6);
    expect(strides['blocks.2.frequency']).toBeCloseTo(16 / 14.5, 6);
    expect(strides['blocks.3.time']).toBe(1);
    const moved = model.parameters.get('blocks.2.time.stride')?.variable;
    const { loss, gradients } = model.lossAndGradients(() => {
      const { logits, statistics } = model.forward(noise([2, 20, 16, 1]), { training: true });
      model.updateStatistics(statistics);
      return tf.sum(tf.square(logits.words as tf.Tensor2D)) as tf.Scalar;
    });
    expect(moved).toBeDefined();
    expect(gradients.get('blocks.2.time.stride')?.dataSync()[0]).not.toBe(0);
    tf.dispose([loss, ...gradients.values()]);
    model.dispose();
  });

  test('keeps a stride that is not a number, so that training can see it', () => {
    const model = audioCnn(tiny);
    model.parameters.get('blocks.1.time.stride')?.variable.assign(tf.scalar(Number.NaN));
    model.projectStrides();
    expect(model.strides()['blocks.1.time']).toBeNaN();
    model.dispose();
  });

  test('refuses an input of another shape', () => {
    const model = audioCnn(tiny);
    for (const shape of [
      [2, 20],
      [2, 20, 16, 2],
      [0, 20, 16, 1],
    ]) {
      expect(() => model.forward(tf.zeros<tf.Rank>(shape) as tf.Tensor4D)).toThrow(BadInputError);
    }
    model.dispose();
  });
});
