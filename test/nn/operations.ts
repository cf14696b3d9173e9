import * as tf from '@tensorflow/tfjs';
import {
  adamUpdate,
  axisProduct,
  constantAxisProduct,
  convolution,
  globalMax,
  maskedAxisProduct,
  releasingConsumed,
  reluBatchNorm,
} from '../../src/nn/index.ts';
import { stream } from '../../src/random.ts';
import { relativeDifference } from './compare.ts';

type Operands = tf.Tensor[];

/** An operation beside the same map in ordinary tfjs operations, whose gradients tfjs derives. */
interface Pair {
  title: string;
  shapes: number[][];
  operation: (...operands: Operands) => tf.Tensor;
  plain: (...operands: Operands) => tf.Tensor;
}

const epsilon = 1e-3;

function plainBatchNorm(x: tf.Tensor, scale: tf.Tensor, offset: tf.Tensor): tf.Tensor {
  const rectified = tf.relu(x);
  const { mean, variance } = tf.moments(rectified, [0, 1, 2]);
  return rectified
    .sub(mean)
    .div(tf.sqrt(variance.add(epsilon)))
    .mul(scale)
    .add(offset);
}

function plainAxisProduct(x: tf.Tensor, matrix: tf.Tensor, axis: number): tf.Tensor {
  const order = x.shape.map((_, i) => i);
  const swapped = order.map((i) => (i === axis ? x.rank - 1 : i === x.rank - 1 ? axis : i));
  const last = x.transpose(swapped);
  const product = last.reshape([-1, x.shape[axis] as number]).matMul(matrix.transpose());
  return product.reshape([...last.shape.slice(0, -1), matrix.shape[0] as number]).transpose(swapped);
}

const convolutionPairs = [
  { kernel: [3, 1], strides: [1, 1], size: [7, 5] },
  { kernel: [1, 3], strides: [1, 1], size: [7, 5] },
  { kernel: [3, 1], strides: [2, 1], size: [8, 5] },
  { kernel: [3, 1], strides: [2, 1], size: [7, 5] },
  { kernel: [1, 3], strides: [1, 3], size: [4, 10] },
  { kernel: [1, 4], strides: [1, 2], size: [3, 9] },
  { kernel: [3, 3], strides: [2, 2], size: [7, 6] },
  { kernel: [1, 1], strides: [2, 1], size: [5, 3] },
].map(({ kernel, strides, size }): Pair => {
  const steps = strides as [number, number];
  return {
    title: `convolution() of ${kernel.join('×')} taps by steps of ${strides.join('×')} on ${size.join('×')}`,
    shapes: [[2, ...size, 3], [...kernel, 3, 5], [5]],
    operation: (x, filter, bias) => convolution(x as tf.Tensor4D, filter as tf.Tensor4D, bias as tf.Tensor1D, steps),
    plain: (x, filter, bias) =>
      tf.conv2d(x as tf.Tensor4D, filter as tf.Tensor4D, steps, 'same').add(bias as tf.Tensor),
  };
});

const axisPairs = [0, 1, 2, 3].map((axis): Pair => {
  const shape = [3, 9, 8, 4];
  return {
    title: `axisProduct() along axis ${axis}`,
    shapes: [shape, [5, shape[axis] as number]],
    operation: (x, matrix) => axisProduct(x as tf.Tensor, matrix as tf.Tensor2D, axis),
    plain: (x, matrix) => plainAxisProduct(x as tf.Tensor, matrix as tf.Tensor, axis),
  };
});

const pairs: Pair[] = [
  ...convolutionPairs,
  ...axisPairs,
  {
    title: 'maskedAxisProduct()',
    shapes: [[2, 9, 5, 3], [4]],
    operation: (x, moving) => {
      const { matrix, analysis, synthesis } = maskedMatrices(moving as tf.Tensor);
      return maskedAxisProduct(
        x as tf.Tensor,
        matrix as tf.Tensor2D,
        moving as tf.Tensor1D,
        { analysis, synthesis },
        1,
      );
    },
    plain: (x, moving) => plainAxisProduct(x as tf.Tensor, maskedMatrices(moving as tf.Tensor).matrix, 1),
  },
  {
    title: 'constantAxisProduct()',
    shapes: [[2, 9, 5, 3]],
    operation: (x) => constantAxisProduct(x as tf.Tensor, noise([4, 9], 77) as tf.Tensor2D, 1),
    plain: (x) => plainAxisProduct(x as tf.Tensor, noise([4, 9], 77), 1),
  },
  {
    title: 'reluBatchNorm()',
    shapes: [[3, 6, 5, 4], [4], [4]],
    operation: (x, scale, offset) =>
      reluBatchNorm(x as tf.Tensor, scale as tf.Tensor1D, offset as tf.Tensor1D, epsilon).y,
    plain: (x, scale, offset) => plainBatchNorm(x as tf.Tensor, scale as tf.Tensor, offset as tf.Tensor),
  },
  {
    title: 'globalMax()',
    shapes: [[3, 6, 5, 4]],
    operation: (x) => globalMax(x as tf.Tensor4D),
    plain: (x) => tf.max(x as tf.Tensor, [1, 2]),
  },
];

/** Four moving entries between fixed matrices: 2 · 4 cosine and sine rows. */
function maskedMatrices(moving: tf.Tensor) {
  const analysis = noise([8, 9], 31) as tf.Tensor2D;
  const synthesis = noise([6, 8], 32) as tf.Tensor2D;
  const matrix = synthesis.matMul(tf.concat([moving, moving]).expandDims(1).mul(analysis));
  return { matrix, analysis, synthesis };
}

function noise(shape: number[], seed: number): tf.Tensor {
  const random = stream(seed, 'operands');
  const size = shape.reduce((product, length) => product * length, 1);
  return tf.tensor(Array.from({ length: size }, random.normal), shape);
}

/**
 * The named operations against ordinary tfjs operations, forward and backward, on one backend. `choose` makes it the current
 * one.
 */
export function operationTests(backendName: string, choose: () => Promise<unknown> = () => tf.setBackend(backendName)) {
  describe(`on the ${backendName} backend`, () => {
    beforeAll(async () => {
      await choose();
    });
    beforeEach(() => tf.engine().startScope());
    afterEach(() => tf.engine().endScope());

    test.each(pairs.map((pair) => [pair.title, pair] as const))(
      '%s is what ordinary operations compute, gradients included',
      async (_, { shapes, operation, plain }) => {
        const operands = shapes.map((shape, i) => noise(shape, i + 1));
        await tf.setBackend('cpu'); // tfjs's wasm backend has no gradient of a convolution's filter
        const expected = plain(...operands);
        const weights = noise(expected.shape, 99);
        const gradients = (f: Pair['operation']) =>
          tf
            .grads((...xs: Operands) =>
              f(...xs)
                .mul(weights)
                .sum(),
            )(operands)
            .map((gradient) => gradient.dataSync());
        const expectedValues = expected.dataSync();
        const expectedGradients = gradients(plain);
        await choose();

        expect(relativeDifference(operation(...operands).dataSync(), expectedValues)).toBeLessThan(1e-5);
        const found = gradients(operation);
        const released = releasingConsumed(() => gradients(operation));
        for (const [i, gradient] of expectedGradients.entries()) {
          expect(relativeDifference(found[i] ?? [], gradient)).toBeLessThan(2e-5);
          expect(relativeDifference(released[i] ?? [], found[i] ?? [])).toBe(0);
        }
      },
    );

    test('convolution() and axisProduct() apply relu(y) · scale + offset where they are given them', () => {
      const [scale, offset] = [noise([5], 7), noise([5], 8)] as [tf.Tensor1D, tf.Tensor1D];
      const [x, filter, bias] = [noise([2, 7, 6, 3], 1), noise([3, 1, 3, 5], 2), noise([5], 3)];
      const fused = convolution(x as tf.Tensor4D, filter as tf.Tensor4D, bias as tf.Tensor1D, [2, 1], {
        scale,
        offset,
      });
      const plain = convolution(x as tf.Tensor4D, filter as tf.Tensor4D, bias as tf.Tensor1D, [2, 1]);
      expect(relativeDifference(fused.dataSync(), plain.relu().mul(scale).add(offset).dataSync())).toBeLessThan(1e-5);
      const matrix = noise([4, 7], 4) as tf.Tensor2D;
      const y = noise([2, 7, 6, 5], 5);
      const product = axisProduct(y, matrix, 1, { scale, offset });
      const unfused = axisProduct(y, matrix, 1).relu().mul(scale).add(offset);
      expect(relativeDifference(product.dataSync(), unfused.dataSync())).toBeLessThan(1e-5);
    });

    test('reluBatchNorm() returns the mean and the biased variance of relu(x)', () => {
      const x = noise([3, 6, 5, 4], 1);
      const { mean, variance } = reluBatchNorm(x, tf.ones([4]), tf.zeros([4]), epsilon);
      const moments = tf.moments(tf.relu(x), [0, 1, 2]);
      expect(relativeDifference(mean.dataSync(), moments.mean.dataSync())).toBeLessThan(1e-5);
      expect(relativeDifference(variance.dataSync(), moments.variance.dataSync())).toBeLessThan(1e-5);
    });

    test('globalMax() splits the gradient equally between positions that share the maximum', () => {
      const x = tf.tensor4d([3, 1, 3, 2, 3, 7], [1, 3, 2, 1]).concat(tf.zeros([1, 3, 2, 1]));
      const tied = tf.minimum(x, 3);
      const gradient = tf.grad((t) =>
        globalMax(t as tf.Tensor4D)
          .mul(tf.tensor2d([8, 6], [2, 1]))
          .sum(),
      )(tied);
      expect([...gradient.dataSync()]).toEqual([2, 0, 2, 0, 2, 2, 1, 1, 1, 1, 1, 1]);
    });

    test('reluBatchNorm() passes no gradient at 0', () => {
      const x = tf.tensor4d([0, 1, -1, 2], [1, 2, 2, 1]);
      const normalised = tf.grad((t) =>
        reluBatchNorm(t, tf.ones([1]), tf.zeros([1]), epsilon)
          .y.mul(tf.tensor4d([1, 2, 3, 5], [1, 2, 2, 1]))
          .sum(),
      )(x);
      const [atZero, , below] = normalised.dataSync();
      expect([atZero, below].map(Math.abs as (value: number | undefined) => number)).toEqual([0, 0]);
    });

    test('adamUpdate() follows algorithm 1 of Kingma and Ba', () => {
      const attributes = { learningRate: 0.01, beta1: 0.9, beta2: 0.999, epsilon: 1e-7 };
      const gradients = [
        [0.5, -2, 0],
        [1, 0.3, 1e-6],
        [-0.2, 0.1, 3],
      ];
      let state = {
        variable: tf.tensor1d([1, 2, 3]) as tf.Tensor,
        firstMoment: tf.zeros([3]),
        secondMoment: tf.zeros([3]),
      };
      const [theta, m, v] = [
        [1, 2, 3],
        [0, 0, 0],
        [0, 0, 0],
      ];
      for (const [t, gradient] of gradients.entries()) {
        state = adamUpdate(state, tf.tensor1d(gradient), { ...attributes, step: t + 1 });
        for (const [i, g] of gradient.entries()) {
          m[i] = 0.9 * (m[i] ?? 0) + 0.1 * g;
          v[i] = 0.999 * (v[i] ?? 0) + 0.001 * g * g;
          const corrected =
            (m[i] ?? 0) / (1 - 0.9 ** (t + 1)) / (Math.sqrt((v[i] ?? 0) / (1 - 0.999 ** (t + 1))) + 1e-7);
          theta[i] = (theta[i] ?? 0) - 0.01 * corrected;
        }
      }
      expect(relativeDifference(state.variable.dataSync(), theta ?? [])).toBeLessThan(1e-6);
      expect(relativeDifference(state.secondMoment.dataSync(), v ?? [])).toBeLessThan(1e-5);
    });
  });
}
