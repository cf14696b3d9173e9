import * as tf from '@tensorflow/tfjs';
import fc from 'fast-check';
import { relativeDifference } from '../nn/compare.ts';
import { simdBackendWith } from './simd-backend-with.ts';

/** The memory-bound operations of the network against loops in float64. */

const numbers = (length: number, phase: number) =>
  Float32Array.from({ length }, (_, index) => Math.sin(1.9 * index + phase) + 0.15);

function run(kernel: string, inputs: Record<string, tf.Tensor>, attributes: tf.NamedAttrMap = {}): Float32Array[] {
  const outputs = tf.engine().runKernel(kernel, inputs, attributes) as tf.Tensor | tf.Tensor[];
  return [outputs].flat().map((tensor) => {
    const values = tensor.dataSync() as Float32Array;
    tensor.dispose();
    return values;
  });
}

function expectNear(found: ArrayLike<number> | undefined, expected: ArrayLike<number>, tolerance = 1e-5): void {
  expect(relativeDifference(found ?? [], expected)).toBeLessThanOrEqual(tolerance);
}

const channels = fc.constantFrom(1, 3, 4, 5, 16, 17, 35, 64, 100);
const rows = fc.constantFrom(1, 2, 7, 31, 33, 200, 1003);

let close = () => {};
beforeAll(async () => {
  const runtime = await simdBackendWith({ threads: 2 });
  close = () => runtime.close();
});
afterAll(() => close());

/** Mean and biased variance of relu(x) for each channel. */
function moments(x: Float32Array, count: number, width: number): { mean: number[]; variance: number[] } {
  const mean = Array.from({ length: width }, (_, channel) => {
    let total = 0;
    for (let row = 0; row < count; row++) total += Math.max(0, x[row * width + channel] ?? 0);
    return total / count;
  });
  const variance = mean.map((average, channel) => {
    let total = 0;
    for (let row = 0; row < count; row++) total += (Math.max(0, x[row * width + channel] ?? 0) - average) ** 2;
    return total / count;
  });
  return { mean, variance };
}

test('SpectrideReluBatchNorm normalises relu(x) by its own statistics', () => {
  fc.assert(
    fc.property(rows, channels, (count, width) => {
      const [x, scale, offset] = [numbers(count * width, 0), numbers(width, 1), numbers(width, 2)];
      const epsilon = 1e-3;
      const { mean, variance } = moments(x, count, width);
      const found = tf.tidy(() =>
        run(
          'SpectrideReluBatchNorm',
          { x: tf.tensor2d(x, [count, width]), scale: tf.tensor1d(scale), offset: tf.tensor1d(offset) },
          { epsilon },
        ),
      );
      const y = x.map((value, index) => {
        const channel = index % width;
        const normalised = (Math.max(0, value) - (mean[channel] ?? 0)) / Math.sqrt((variance[channel] ?? 0) + epsilon);
        return normalised * (scale[channel] ?? 0) + (offset[channel] ?? 0);
      });
      expectNear(found[0], y);
      expectNear(found[1], mean);
      expectNear(found[2], variance);
    }),
    { numRuns: 40 },
  );
});

test('SpectrideReluBatchNorm keeps its accuracy where the mean is large and the variance small', () => {
  const [count, width] = [5000, 20];
  const x = numbers(count * width, 0).map((value) => 1000 + value * 0.01);
  const { mean, variance } = moments(x, count, width);
  const [, foundMean, foundVariance] = tf.tidy(() =>
    run(
      'SpectrideReluBatchNorm',
      { x: tf.tensor2d(x, [count, width]), scale: tf.ones([width]), offset: tf.zeros([width]) },
      { epsilon: 1e-3 },
    ),
  );
  expectNear(foundMean, mean, 1e-6);
  expectNear(foundVariance, variance, 1e-2);
});

test('SpectrideReluBatchNormGradient is the derivative of the normalisation', () => {
  fc.assert(
    fc.property(rows, channels, (count, width) => {
      const [x, dy, scale] = [numbers(count * width, 0), numbers(count * width, 3), numbers(width, 1)];
      const epsilon = 1e-3;
      const { mean, variance } = moments(x, count, width);
      const [dx, dScale, dOffset] = tf.tidy(() =>
        run(
          'SpectrideReluBatchNormGradient',
          {
            dy: tf.tensor2d(dy, [count, width]),
            x: tf.tensor2d(x, [count, width]),
            scale: tf.tensor1d(scale),
            mean: tf.tensor1d(mean),
            variance: tf.tensor1d(variance),
          },
          { epsilon },
        ),
      );
      const deviation = variance.map((value) => Math.sqrt(value + epsilon));
      const normalised = (index: number) =>
        (Math.max(0, x[index] ?? 0) - (mean[index % width] ?? 0)) / (deviation[index % width] ?? 1);
      const sum = (channel: number, term: (index: number) => number) => {
        let total = 0;
        for (let row = 0; row < count; row++) total += term(row * width + channel);
        return total;
      };
      const offsets = mean.map((_, channel) => sum(channel, (index) => dy[index] ?? 0));
      const scales = mean.map((_, channel) => sum(channel, (index) => (dy[index] ?? 0) * normalised(index)));
      const expected = Array.from(x, (value, index) => {
        const channel = index % width;
        const rest = ((offsets[channel] ?? 0) + normalised(index) * (scales[channel] ?? 0)) / count;
        return value > 0 ? ((scale[channel] ?? 0) / (deviation[channel] ?? 1)) * ((dy[index] ?? 0) - rest) : 0;
      });
      const size = Math.max(...dy.map(Math.abs)) * count;
      expect(Math.max(...scales.map((value, i) => Math.abs(value - (dScale?.[i] ?? Number.NaN))))).toBeLessThan(
        1e-6 * size,
      );
      expect(Math.max(...offsets.map((value, i) => Math.abs(value - (dOffset?.[i] ?? Number.NaN))))).toBeLessThan(
        1e-6 * size,
      );
      // The terms cancel where a channel hardly varies, so errors are measured against the terms, not against their difference.
      const gain = Math.max(...Array.from(scale, (value, channel) => Math.abs(value / (deviation[channel] ?? 1))));
      const term = gain * Math.max(...dy.map(Math.abs));
      expect(Math.max(...expected.map((value, i) => Math.abs(value - (dx?.[i] ?? Number.NaN))))).toBeLessThan(
        1e-5 * term,
      );
    }),
    { numRuns: 40 },
  );
});

test('SpectrideGlobalMax takes the maximum, and its gradient shares among ties', () => {
  const size = fc.integer({ min: 1, max: 6 });
  fc.assert(
    fc.property(size, size, size, channels, (batch, time, frequency, width) => {
      const positions = time * frequency;
      // Few different values, so that maxima are tied.
      const x = numbers(batch * positions * width, 0).map((value) => Math.round(value * 2));
      const dy = numbers(batch * width, 1);
      const at = (example: number, position: number, channel: number) =>
        (example * positions + position) * width + channel;
      const expected = new Float32Array(x.length);
      const maxima = Array.from(dy, (upstream, index) => {
        const [example, channel] = [Math.floor(index / width), index % width];
        const places = Array.from({ length: positions }, (_, position) => at(example, position, channel));
        const highest = Math.max(...places.map((place) => x[place] ?? 0));
        const tied = places.filter((place) => x[place] === highest);
        for (const place of tied) expected[place] = upstream / tied.length;
        return highest;
      });
      tf.tidy(() => {
        const map = tf.tensor4d(x, [batch, time, frequency, width]);
        const [y] = run('SpectrideGlobalMax', { x: map });
        expect([...(y ?? [])]).toEqual(maxima);
        const [dx] = run('SpectrideGlobalMaxGradient', {
          dy: tf.tensor2d(dy, [batch, width]),
          x: map,
          y: tf.tensor2d(maxima, [batch, width]),
        });
        expectNear(dx, expected, 1e-6);
      });
    }),
    { numRuns: 40 },
  );
});

test('SpectrideAdam is one step of Adam', () => {
  fc.assert(
    fc.property(fc.constantFrom(1, 5, 16, 33, 1000), fc.integer({ min: 1, max: 2000 }), (length, step) => {
      const [p, m, v, g] = [0, 1, 2, 3].map((phase) => numbers(length, phase)) as [
        Float32Array,
        Float32Array,
        Float32Array,
        Float32Array,
      ];
      const second = v.map(Math.abs);
      const [learningRate, beta1, beta2, epsilon] = [1e-3, 0.9, 0.999, 1e-7];
      const [variable, firstMoment, secondMoment] = tf.tidy(() =>
        run(
          'SpectrideAdam',
          {
            variable: tf.tensor1d(p),
            firstMoment: tf.tensor1d(m),
            secondMoment: tf.tensor1d(second),
            gradient: tf.tensor1d(g),
          },
          { learningRate, beta1, beta2, epsilon, step },
        ),
      );
      const m1 = Array.from(m, (value, i) => beta1 * value + (1 - beta1) * (g[i] ?? 0));
      const v1 = Array.from(second, (value, i) => beta2 * value + (1 - beta2) * (g[i] ?? 0) ** 2);
      expectNear(firstMoment, m1, 1e-6);
      expectNear(secondMoment, v1, 1e-6);
      expectNear(
        variable,
        Array.from(p, (value, i) => {
          const mean = (m1[i] ?? 0) / (1 - beta1 ** step);
          const deviation = Math.sqrt((v1[i] ?? 0) / (1 - beta2 ** step));
          return value - (learningRate * mean) / (deviation + epsilon);
        }),
        1e-5,
      );
    }),
    { numRuns: 40 },
  );
});
