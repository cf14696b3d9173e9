import * as tf from '@tensorflow/tfjs';
import fc from 'fast-check';
import { BadInputError } from '../../src/errors.ts';
import { type DiffStrideOptions, diffStride, spectralPooling } from '../../src/nn/index.ts';
import { stream } from '../../src/random.ts';
import { type OracleSettings, oracleLength, type Plain, poolAxis } from '../oracles/fourier-pooling.ts';
import { largestDifference } from './compare.ts';

beforeAll(() => tf.setBackend('cpu'));
beforeEach(() => tf.engine().startScope());
afterEach(() => tf.engine().endScope());

function noise(shape: number[], seed = 0): Plain {
  const random = stream(seed, 'noise');
  const size = shape.reduce((product, length) => product * length, 1);
  return { shape, values: Array.from({ length: size }, () => Math.fround(random.normal())) };
}

const toTensor = ({ shape, values }: Plain) => tf.tensor(values, shape);

/** A layer's settings on a small shape of rank 1 to 4, all of its axes but some pooled. */
const layers = fc
  .record({
    shape: fc.array(fc.integer({ min: 1, max: 13 }), { minLength: 1, maxLength: 3 }),
    strides: fc.array(fc.double({ min: 1, max: 9, noNaN: true }), { minLength: 4, maxLength: 4 }),
    ramp: fc.double({ min: 0.3, max: 6, noNaN: true }),
    norm: fc.constantFrom('ortho' as const, 'backward' as const, 'forward' as const),
    roles: fc.array(fc.constantFrom('time' as const, 'frequency' as const), { minLength: 4, maxLength: 4 }),
    pooled: fc.array(fc.boolean(), { minLength: 4, maxLength: 4 }),
    seed: fc.nat(1000),
  })
  .map(({ shape, strides, pooled, roles, ...rest }) => {
    const axes = shape.map((_, axis) => axis).filter((axis) => axis === 0 || pooled[axis]);
    return {
      shape,
      axes,
      strides: axes.map((i) => Math.fround(strides[i] ?? 1)),
      roles: axes.map((i) => roles[i] ?? 'time'),
      ...rest,
    };
  });

describe('diffStride()', () => {
  test('is rfft, mask, crop and irfft on every pooled axis, for any rank, stride, ramp, role and norm', () => {
    fc.assert(
      fc.property(layers, ({ shape, axes, strides, ramp, norm, roles, seed }) => {
        const x = noise(shape, seed);
        const y = tf.tidy(() => {
          const result = diffStride(toTensor(x), { axes, strides, smoothness: ramp, norm, roles });
          return { shape: result.shape, values: [...result.dataSync()] };
        });
        const expected = axes.reduce(
          (plain, axis, i) =>
            poolAxis(plain, axis, {
              stride: Math.min(strides[i] as number, plain.shape[axis] as number),
              ramp,
              extra: roles[i] === 'frequency' ? 1 : 0,
              norm,
            }),
          x,
        );
        expect(y.shape).toEqual(expected.shape);
        expect(largestDifference(y.values, expected.values)).toBeLessThan(2e-5);
      }),
      { numRuns: 150 },
    );
  });

  test('has the gradients of x and of the strides that finite differences of the definition give', () => {
    const shape = [19, 14, 2];
    const x = noise(shape, 3);
    for (const [time, frequency] of [
      [2.3, 1.7],
      [1.37, 3.1],
      [3.3, 2.2],
    ] as const) {
      const settings = (stride: number, side: number): OracleSettings => ({
        stride: Math.fround(stride),
        ramp: 2.6,
        extra: side === 0 ? 0 : 1,
      });
      const lengths = [oracleLength(19, settings(time, 0)), oracleLength(14, settings(frequency, 1))];
      const pooledShape = [...lengths, 2];
      const weights = noise(pooledShape, 4);
      const loss = (strides: [number, number], input: Plain) => {
        const first = poolAxis(input, 0, { ...settings(strides[0], 0), stride: strides[0], pooled: lengths[0] });
        const { values } = poolAxis(first, 1, { ...settings(strides[1], 1), stride: strides[1], pooled: lengths[1] });
        return values.reduce((sum, value, i) => sum + value * (weights.values[i] as number), 0);
      };
      const difference = (f: (h: number) => number) => (f(1e-4) - f(-1e-4)) / 2e-4;
      const [dx, dTime, dFrequency] = tf
        .grads((input: tf.Tensor, t: tf.Tensor, f: tf.Tensor) =>
          diffStride(input, { axes: [0, 1], strides: [t as tf.Scalar, f as tf.Scalar], smoothness: 2.6 })
            .mul(toTensor(weights))
            .sum(),
        )([toTensor(x), tf.scalar(time), tf.scalar(frequency)])
        .map((gradient) => gradient.dataSync());
      expect(dTime?.[0]).toBeCloseTo(
        difference((h) => loss([time + h, frequency], x)),
        3,
      );
      expect(dFrequency?.[0]).toBeCloseTo(
        difference((h) => loss([time, frequency + h], x)),
        3,
      );
      for (const i of [0, 17, 200, 531]) {
        const shifted = (h: number) => ({ shape, values: x.values.map((value, k) => (k === i ? value + h : value)) });
        expect(dx?.[i]).toBeCloseTo(
          difference((h) => loss([time, frequency], shifted(h))),
          3,
        );
      }
    }
  });

  test('adds the gradients of all axes where they share a stride', () => {
    const x = toTensor(noise([16, 16, 3]));
    const axes = [0, 1];
    const shared = tf.grad((s) =>
      diffStride(x, { axes, strides: s as tf.Scalar })
        .square()
        .sum(),
    )(tf.scalar(2.2));
    const each = tf.grads((a: tf.Tensor, b: tf.Tensor) =>
      diffStride(x, { axes, strides: [a as tf.Scalar, b as tf.Scalar] })
        .square()
        .sum(),
    )([tf.scalar(2.2), tf.scalar(2.2)]);
    expect(shared.dataSync()[0]).toBeCloseTo(
      each.reduce((sum, gradient) => sum + (gradient.dataSync()[0] ?? Number.NaN), 0),
      3,
    );
  });

  test('moves the bin exactly on the end of the ramp: at S = 2, R = 4 the stride has a gradient through it', () => {
    // Frequency 20 of 64 lies at N/(2S) + R, where the mask is 0 and its derivative still counts.
    const wave = tf.tensor1d(Array.from({ length: 64 }, (_, i) => Math.cos((2 * Math.PI * 20 * i) / 64)));
    const response = (s: tf.Tensor) => diffStride(wave, { axes: [0], strides: s as tf.Scalar });
    expect(response(tf.scalar(2)).shape).toEqual([40]);
    const [atEnd] = tf
      .grad((s) => response(s).slice(0, 1).sum())(tf.scalar(2))
      .dataSync();
    expect(Math.abs(atEnd ?? 0)).toBeGreaterThan(0.1);
  });

  test('keeps the mean under norm forward, and a constant input as it is', () => {
    const x = toTensor(noise([31]));
    const y = diffStride(x, { axes: [0], strides: 2.7, norm: 'forward' });
    expect(y.mean().dataSync()[0]).toBeCloseTo(x.mean().dataSync()[0] ?? Number.NaN, 5);
    const constant = diffStride(tf.ones([12, 10]), { axes: [0, 1], strides: 2, norm: 'forward' });
    expect(largestDifference(constant.dataSync(), new Float32Array(constant.size).fill(1))).toBeLessThan(1e-5);
  });

  test('keeps the energy of a low frequency under norm ortho', () => {
    const x = tf.tensor1d(Array.from({ length: 64 }, (_, i) => Math.sin((2 * Math.PI * 3 * i) / 64)));
    const y = diffStride(x, { axes: [0], strides: 2 });
    expect(y.square().sum().dataSync()[0]).toBeCloseTo(x.square().sum().dataSync()[0] ?? Number.NaN, 3);
  });

  test('is the identity at stride 1', () => {
    const x = toTensor(noise([9, 10, 2]));
    const y = diffStride(x, { axes: [0, 1], strides: 1 });
    expect(largestDifference(y.dataSync(), x.dataSync())).toBeLessThan(1e-5);
  });

  test('counts a stride beyond the axis as its length, with a gradient of zero', () => {
    const x = toTensor(noise([9]));
    const y = (stride: number) => diffStride(x, { axes: [0], strides: tf.scalar(stride), smoothness: 1 });
    expect(y(50).shape).toEqual([3]);
    expect([...y(50).dataSync()]).toEqual([...y(9).dataSync()]);
    const gradient = tf.grad((s) =>
      diffStride(x, { axes: [0], strides: s as tf.Scalar, smoothness: 1 })
        .square()
        .sum(),
    )(tf.scalar(50));
    expect(gradient.dataSync()[0]).toBe(0);
  });

  test('computes the cropped length from the float32 value of the stride', () => {
    // 49 / 1.4 + 8 is 43 exactly, but 1.4 in float32 is a little less than 1.4.
    for (const stride of [1.4, 1.6, 2.8, 3.2]) {
      const expected = Math.floor(49 / Math.fround(stride) + 8);
      expect(diffStride(tf.zeros([49]), { axes: [0], strides: stride }).shape).toEqual([expected]);
      expect(diffStride(tf.zeros([49]), { axes: [0], strides: tf.scalar(stride) }).shape).toEqual([expected]);
    }
  });

  test('takes a relative ramp from each axis, at least one bin wide, and Eq. 3 on both axes', () => {
    const x = noise([40, 10]);
    const y = diffStride(toTensor(x), { axes: [0, 1], strides: [2.5, 2.5], smoothness: { relative: 0.05 } });
    const first = poolAxis(x, 0, { stride: 2.5, ramp: 2 });
    const expected = poolAxis(first, 1, { stride: 2.5, ramp: 1 });
    expect(y.shape).toEqual(expected.shape);
    expect(largestDifference(y.dataSync(), expected.values)).toBeLessThan(1e-5);
  });

  test('keeps every sample without cropping', () => {
    const x = noise([20]);
    const y = diffStride(toTensor(x), { axes: [0], strides: 2, smoothness: 2, cropping: false });
    const expected = poolAxis(x, 0, { stride: 2, ramp: 2, pooled: 20 });
    expect(largestDifference(y.dataSync(), expected.values)).toBeLessThan(1e-5);
  });

  test('uses a stride within its limits', () => {
    const x = toTensor(noise([30]));
    const limited = (stride: number) =>
      diffStride(x, { axes: [0], strides: tf.scalar(stride), lowerLimit: 1.5, upperLimit: 3 });
    const free = (stride: number) => diffStride(x, { axes: [0], strides: stride });
    expect([...limited(1).dataSync()]).toEqual([...free(1.5).dataSync()]);
    expect([...limited(9).dataSync()]).toEqual([...free(3).dataSync()]);
  });

  test('takes the last of several axes for frequency, and a lone one for time', () => {
    const x = toTensor(noise([18, 18]));
    const options = { strides: 2.2, smoothness: 2 };
    const both = diffStride(x, { ...options, axes: [0, -1] });
    const named = diffStride(x, { ...options, axes: [0, 1], roles: ['time', 'frequency'] });
    expect([...both.dataSync()]).toEqual([...named.dataSync()]);
    const lone = diffStride(x, { ...options, axes: [1] });
    const time = diffStride(x, { ...options, axes: [1], roles: ['time'] });
    expect([...lone.dataSync()]).toEqual([...time.dataSync()]);
  });

  test('leaves no tensor behind, whatever sizes a moving stride goes through', () => {
    const stride = tf.variable(tf.scalar(1));
    const x = toTensor(noise([30, 3]));
    const step = (value: number) =>
      tf.tidy(() => {
        stride.assign(tf.scalar(value));
        const gradients = tf.variableGrads(
          () =>
            diffStride(x, { axes: [0], strides: stride as tf.Tensor as tf.Scalar })
              .square()
              .sum(),
          [stride],
        );
        return gradients.value.dataSync()[0];
      });
    step(1.5);
    const before = tf.memory().numTensors;
    for (let i = 0; i < 20; i++) step(1.5 + i / 7);
    expect(tf.memory().numTensors).toBe(before);
    stride.dispose();
  });

  const x = () => tf.zeros([4, 6, 3]);
  test.each<[string, DiffStrideOptions, RegExp]>([
    [
      'an axis beyond the rank',
      { axes: [3], strides: 2 },
      /axes: expected different axes of a shape \[4,6,3\], found \[3\]/,
    ],
    ['an axis twice', { axes: [1, -2], strides: 2 }, /axes/],
    ['no axis', { axes: [], strides: [] }, /axes/],
    ['a stride below 1', { axes: [0], strides: 0.5 }, /strides: expected numbers of at least 1, found \["0.5"\]/],
    ['a stride that is no number', { axes: [0], strides: Number.NaN }, /strides/],
    ['too few strides', { axes: [0, 1], strides: [2] }, /strides: expected one for each of 2 axes/],
    ['an unknown role', { axes: [0], strides: 2, roles: ['pitch' as 'time'] }, /roles/],
    ['too many roles', { axes: [0], strides: 2, roles: ['time', 'time'] }, /roles/],
    [
      'a ramp of no width',
      { axes: [0], strides: 2, smoothness: 0 },
      /smoothness: expected a ramp wider than 0, found 0/,
    ],
    ['a negative relative ramp', { axes: [0], strides: 2, smoothness: { relative: -1 } }, /smoothness/],
    ['an unknown norm', { axes: [0], strides: 2, norm: 'unit' as 'ortho' }, /norm/],
    ['a limit below 1', { axes: [0], strides: 2, lowerLimit: 0 }, /lowerLimit/],
    ['limits the wrong way round', { axes: [0], strides: 2, lowerLimit: 3, upperLimit: 2 }, /lowerLimit/],
    ['one axis in reference mode', { axes: [0], strides: 2, compat: 'reference' }, /axes: expected exactly two/],
    ['a norm in reference mode', { axes: [0, 1], strides: 2, compat: 'reference', norm: 'ortho' }, /norm/],
    ['an unknown mode', { axes: [0], strides: 2, compat: 'torch' as 'paper' }, /compat/],
  ])('refuses %s', (_, options, message) => {
    expect(() => diffStride(x(), options)).toThrow(BadInputError);
    expect(() => diffStride(x(), options)).toThrow(message);
    expect(() => diffStride(x(), options)).toThrow(/^diffStride: /);
  });

  test('refuses an empty axis', () => {
    expect(() => diffStride(tf.zeros([0, 3]), { axes: [0], strides: 2 })).toThrow(/no empty pooled axis/);
  });
});

describe('spectralPooling()', () => {
  test('is rfft, crop and irfft on every pooled axis', () => {
    fc.assert(
      fc.property(layers, ({ shape, axes, strides, norm, seed }) => {
        const x = noise(shape, seed);
        const y = tf.tidy(() => {
          const result = spectralPooling(toTensor(x), { axes, strides, norm });
          return { shape: result.shape, values: [...result.dataSync()] };
        });
        const expected = axes.reduce(
          (plain, axis, i) => poolAxis(plain, axis, { stride: strides[i] as number, norm }),
          x,
        );
        expect(y.shape).toEqual(expected.shape);
        expect(largestDifference(y.values, expected.values)).toBeLessThan(2e-5);
      }),
      { numRuns: 80 },
    );
  });

  test('has the gradient of its transpose', () => {
    const [x, v] = [toTensor(noise([11, 2], 1)), toTensor(noise([4, 2], 2))];
    const pool = (t: tf.Tensor) => spectralPooling(t, { axes: [0], strides: 2.5 });
    const dx = tf.grad((t) => pool(t).mul(v).sum())(x);
    // ⟨pool(x), v⟩ = ⟨x, poolᵀ(v)⟩, as pooling is linear.
    const [left, right] = [pool(x).mul(v).sum(), dx.mul(x).sum()].map((scalar) => scalar.dataSync()[0] ?? Number.NaN);
    expect(left).toBeCloseTo(right ?? Number.NaN, 4);
  });

  test.each([
    ['a stride below 1', { axes: [0], strides: 0.9 }, /strides/],
    ['an unknown norm', { axes: [0], strides: 2, norm: 'unit' as 'ortho' }, /norm/],
    ['one axis in reference mode', { axes: [0], strides: 2, compat: 'reference' as const }, /two axes/],
  ])('refuses %s', (_, options, message) => {
    expect(() => spectralPooling(tf.zeros([4, 4]), options)).toThrow(BadInputError);
    expect(() => spectralPooling(tf.zeros([4, 4]), options)).toThrow(message);
  });
});
