import * as tf from '@tensorflow/tfjs';
import fc from 'fast-check';
import { diffStrideAxis } from '../../src/nn/diffstride.ts';
import { convolution } from '../../src/nn/operations/index.ts';
import { type Pool, pooledConvolution } from '../../src/nn/pooled-convolution.ts';
import { spectralPoolingAxis } from '../../src/nn/spectral-pooling.ts';
import { stream } from '../../src/random.ts';

const layers = fc.record({
  batch: fc.integer({ min: 1, max: 2 }),
  time: fc.integer({ min: 4, max: 20 }),
  frequency: fc.integer({ min: 4, max: 12 }),
  taps: fc.constantFrom<[number, number]>([3, 1], [1, 3], [2, 1], [3, 3]),
  inputs: fc.integer({ min: 1, max: 2 }),
  outputs: fc.integer({ min: 1, max: 24 }),
  stride: fc.double({ min: 1.05, max: 3, noNaN: true }),
  seed: fc.integer({ min: 0, max: 1000 }),
});

function values(random: { uniform(): number }, shape: number[]): tf.Tensor {
  const size = shape.reduce((product, length) => product * length, 1);
  return tf.tensor(
    Array.from({ length: size }, () => 2 * random.uniform() - 1),
    shape,
  );
}

/** max |a − b| over max |b|, or over 1 where b is small. */
function largestDifference(a: tf.Tensor, b: tf.Tensor): number {
  expect(a.shape).toEqual(b.shape);
  const scale = Math.max(1, tf.max(tf.abs(b)).arraySync() as number);
  return (tf.max(tf.abs(tf.sub(a, b))).arraySync() as number) / scale;
}

type Layer = (x: tf.Tensor4D, filter: tf.Tensor4D, bias: tf.Tensor1D, pools: readonly Pool[]) => tf.Tensor4D;

/** The layer as the paper writes it. */
const inOrder: Layer = (x, filter, bias, pools) =>
  pools.reduce((map, pool) => pool(map, undefined), convolution(x, filter, bias));

/** Two learned pools of one stride. */
const learnedPools = (stride: tf.Scalar): Pool[] => [
  (map) => diffStrideAxis(map, 1, stride, { smoothness: 2 }) as tf.Tensor4D,
  (map) => diffStrideAxis(map, 2, stride, { smoothness: 1, role: 'frequency' }) as tf.Tensor4D,
];

beforeAll(() => tf.setBackend('cpu'));

describe('pooledConvolution()', () => {
  test('is the convolution followed by its pools, and so are its gradients, the stride included', () => {
    fc.assert(
      fc.property(layers, ({ batch, time, frequency, taps, inputs, outputs, stride, seed }) =>
        tf.tidy(() => {
          const random = stream(seed, 'pooled convolution');
          const x = values(random, [batch, time, frequency, inputs]) as tf.Tensor4D;
          const filter = values(random, [...taps, inputs, outputs]) as tf.Tensor4D;
          const bias = values(random, [outputs]) as tf.Tensor1D;
          const s = tf.scalar(stride);
          const expected = inOrder(x, filter, bias, learnedPools(s));
          expect(largestDifference(pooledConvolution(x, filter, bias, learnedPools(s)), expected)).toBeLessThan(1e-5);

          const direction = values(random, expected.shape);
          const gradients = (layer: Layer) =>
            tf.grads((x: tf.Tensor, filter: tf.Tensor, bias: tf.Tensor, s: tf.Tensor) => {
              const pools = learnedPools(s as tf.Scalar);
              const y = layer(x as tf.Tensor4D, filter as tf.Tensor4D, bias as tf.Tensor1D, pools);
              return tf.sum(tf.mul(y, direction));
            })([x, filter, bias, s]);
          const references = gradients(inOrder);
          for (const [i, gradient] of gradients(pooledConvolution).entries()) {
            expect(largestDifference(gradient, references[i] as tf.Tensor)).toBeLessThan(2e-5);
          }
        }),
      ),
      { numRuns: 60, seed: 20 },
    );
  });

  test('applies the affine map after everything else, whichever comes first', () => {
    fc.assert(
      fc.property(layers, ({ batch, time, frequency, taps, inputs, outputs, stride, seed }) =>
        tf.tidy(() => {
          const random = stream(seed, 'pooled convolution');
          const x = values(random, [batch, time, frequency, inputs]) as tf.Tensor4D;
          const filter = values(random, [...taps, inputs, outputs]) as tf.Tensor4D;
          const [bias, scale, offset] = [0, 1, 2].map(() => values(random, [outputs]) as tf.Tensor1D);
          const pools: Pool[] = [1, 2].map(
            (axis) => (map, affine) => spectralPoolingAxis(map, axis, stride, { affine }) as tf.Tensor4D,
          );
          const affine = { scale: scale as tf.Tensor1D, offset: offset as tf.Tensor1D };
          const y = pooledConvolution(x, filter, bias as tf.Tensor1D, pools, affine);
          const plain = inOrder(x, filter, bias as tf.Tensor1D, pools);
          const expected = tf.add(tf.mul(tf.relu(plain), affine.scale), affine.offset);
          expect(largestDifference(y, expected)).toBeLessThan(1e-5);
        }),
      ),
      { numRuns: 60, seed: 21 },
    );
  });
});
