import * as tf from '@tensorflow/tfjs';
import fc from 'fast-check';
import { setBackend } from '../../src/backend/index.ts';
import { overrides } from '../../src/backend/simd/register.ts';
import { relativeDifference } from '../nn/compare.ts';

/** Computes on both backends from the same numbers and compares: max|a − b| / max|b|. */
async function expectLikeCpu(
  shapes: number[][],
  compute: (...tensors: tf.Tensor[]) => tf.Tensor | tf.Tensor[],
  tolerance = 1e-5,
): Promise<void> {
  const numbers = shapes.map((shape, which) =>
    Float32Array.from({ length: tf.util.sizeFromShape(shape) }, (_, index) => Math.sin(1.7 * index + which) * 2 + 0.1),
  );
  const results = async (backend: 'cpu' | 'simd') => {
    await setBackend(backend);
    return tf.tidy(() => {
      const tensors = shapes.map((shape, which) => tf.tensor(numbers[which] ?? [], shape, 'float32'));
      return [compute(...tensors)].flat().map((tensor) => ({ shape: tensor.shape, values: tensor.dataSync() }));
    });
  };
  const expected = await results('cpu');
  const found = await results('simd');
  expect(found.map(({ shape }) => shape)).toEqual(expected.map(({ shape }) => shape));
  found.forEach(({ values }, index) => {
    const reference = expected[index]?.values ?? [];
    expect({ index, near: relativeDifference(values, reference) <= tolerance || values.length === 0 }).toEqual({
      index,
      near: true,
    });
  });
}

const length = fc.integer({ min: 1, max: 37 });
const channels = fc.constantFrom(1, 2, 3, 5, 8, 15, 16, 17, 31, 35, 48);
const shape = fc.array(fc.integer({ min: 1, max: 7 }), { minLength: 1, maxLength: 4 });
const runs = { numRuns: 25 };

beforeAll(async () => {
  await setBackend('simd');
});

describe('arithmetic', () => {
  const operations = {
    add: tf.add,
    sub: tf.sub,
    mul: tf.mul,
    div: tf.div,
    maximum: tf.maximum,
    minimum: tf.minimum,
    squaredDifference: tf.squaredDifference,
  } as Record<string, (a: tf.Tensor, b: tf.Tensor) => tf.Tensor>;

  test.each(Object.entries(operations))('%s() of equal shapes, scalars and rows is as on cpu', async (_, operation) => {
    await fc.assert(
      fc.asyncProperty(shape, channels, async (leading, last) => {
        const rows = [...leading, last];
        await expectLikeCpu([rows, rows], operation);
        await expectLikeCpu([rows, []], operation);
        await expectLikeCpu([[], rows], operation);
        await expectLikeCpu([rows, [last]], operation);
        await expectLikeCpu([[last], rows], operation);
        await expectLikeCpu([rows, [1, last]], operation);
        await expectLikeCpu([rows, [...leading.map(() => 1), 1]], operation);
        await expectLikeCpu([[...leading, 1], [last]], operation);
        await expectLikeCpu(
          [
            [2, 1, 3, 1],
            [5, 1, last],
          ],
          operation,
        );
      }),
      { numRuns: 8 },
    );
  });

  const unary = {
    relu: tf.relu,
    relu6: tf.relu6,
    neg: tf.neg,
    square: tf.square,
    sqrt: (x: tf.Tensor) => tf.sqrt(tf.add(x, 3)),
    rsqrt: (x: tf.Tensor) => tf.rsqrt(tf.add(x, 3)),
    reciprocal: tf.reciprocal,
    abs: tf.abs,
    floor: tf.floor,
    ceil: tf.ceil,
    step: tf.step,
    'step with a slope': (x: tf.Tensor) => tf.step(x, 0.5),
  } as Record<string, (x: tf.Tensor) => tf.Tensor>;

  test.each(Object.entries(unary))('%s() is as on cpu', async (_, operation) => {
    await fc.assert(
      fc.asyncProperty(shape, async (sizes) => {
        await expectLikeCpu([sizes], operation);
      }),
      runs,
    );
  });

  test('NaN and infinities pass through as on cpu', async () => {
    const values = [Number.NaN, Number.POSITIVE_INFINITY, Number.NEGATIVE_INFINITY, 0, -0, 1];
    const compute = () =>
      [tf.relu, tf.relu6, tf.step, tf.abs, tf.neg].map((operation) => operation(tf.tensor1d(values)).arraySync());
    await setBackend('cpu');
    const expected = compute();
    await setBackend('simd');
    expect(compute().map((row) => (row as number[]).map((value) => value + 0))).toEqual(
      expected.map((row) => (row as number[]).map((value) => value + 0)),
    );
  });

  test('a cast integer tensor keeps its integers beside its float32 view', () => {
    tf.tidy(() => {
      const integers = tf.tensor1d([2 ** 24 + 1, -3, 7], 'int32');
      const floats = tf.cast(integers, 'float32');
      expect([...tf.mul(floats, 2).dataSync()]).toEqual([2 ** 25, -6, 14]);
      expect([...integers.dataSync()]).toEqual([2 ** 24 + 1, -3, 7]);
    });
  });
});

describe('reductions', () => {
  test('sum(), mean() and max() over any axes are as on cpu', async () => {
    await fc.assert(
      fc.asyncProperty(
        shape,
        channels,
        fc.integer({ min: 0, max: 15 }),
        fc.boolean(),
        async (leading, last, mask, keep) => {
          const sizes = [...leading, last];
          const axes = sizes.map((_, axis) => axis).filter((axis) => mask & (1 << axis));
          const axis = axes.length === 0 ? undefined : axes;
          await expectLikeCpu([sizes], (x) => tf.sum(x, axis, keep));
          await expectLikeCpu([sizes], (x) => tf.mean(x, axis, keep));
          await expectLikeCpu([sizes], (x) => tf.max(x, axis, keep));
        },
      ),
      runs,
    );
  });

  test('long sums keep float32 accuracy', () => {
    const count = 3_000_001;
    const values = Float32Array.from({ length: count }, (_, index) => 1 + Math.sin(index) / 2);
    const exact = values.reduce((total, value) => total + value, 0);
    tf.tidy(() => {
      const x = tf.tensor1d(values);
      expect(Math.abs((tf.sum(x).dataSync()[0] ?? 0) / exact - 1)).toBeLessThan(2e-7);
      const columns = tf.tensor2d(values.subarray(0, 3_000_000), [1_000_000, 3]);
      const sums = tf.sum(columns, 0).dataSync();
      const first = values.reduce((total, value, index) => (index % 3 === 0 && index < 3e6 ? total + value : total), 0);
      expect(Math.abs((sums[0] ?? 0) / first - 1)).toBeLessThan(1e-6);
    });
  });
});

describe('pooling and copies', () => {
  const pools = fc.record({
    shape: fc.tuple(
      fc.integer({ min: 1, max: 3 }),
      fc.integer({ min: 1, max: 9 }),
      fc.integer({ min: 1, max: 9 }),
      channels,
    ),
    window: fc.tuple(fc.integer({ min: 1, max: 3 }), fc.integer({ min: 1, max: 3 })),
    strides: fc.tuple(fc.integer({ min: 1, max: 3 }), fc.integer({ min: 1, max: 3 })),
    pad: fc.constantFrom<'same' | 'valid'>('same', 'valid'),
  });

  test('maxPool(), avgPool() and their gradients are as on cpu', async () => {
    await fc.assert(
      fc.asyncProperty(pools, async ({ shape, window, strides, pad }) => {
        fc.pre(window[0] <= shape[1] && window[1] <= shape[2]);
        for (const pool of [tf.maxPool, tf.avgPool]) {
          const apply = (x: tf.Tensor) => pool(x as tf.Tensor4D, window, strides, pad);
          await expectLikeCpu([shape], apply);
          await expectLikeCpu(
            [shape],
            tf.grad((x) => tf.sin(apply(x))),
          );
        }
      }),
      runs,
    );
  });

  test('the gradient of maxPool() goes to the first of equal maxima', async () => {
    await expectLikeCpu([[1, 4, 4, 5]], (x) => tf.grad((a) => tf.maxPool(a as tf.Tensor4D, 2, 2, 'same'))(tf.sign(x)));
  });

  test('transpose() and tile() are as on cpu', async () => {
    await fc.assert(
      fc.asyncProperty(shape, channels, fc.infiniteStream(fc.nat()), async (leading, last, random) => {
        const sizes = [...leading, last];
        const keys = sizes.map(() => random.next().value as number);
        const order = sizes.map((_, axis) => axis).toSorted((a, b) => (keys[a] ?? 0) - (keys[b] ?? 0));
        await expectLikeCpu([sizes], (x) => tf.transpose(x, order), 0);
        await expectLikeCpu(
          [sizes],
          (x) =>
            tf.tile(
              x,
              keys.map((key) => 1 + (key % 3)),
            ),
          0,
        );
      }),
      runs,
    );
  });

  test('gather() of rows is as on cpu', async () => {
    await expectLikeCpu(
      [[7, 2, 3]],
      (x) =>
        tf.gather(
          x,
          tf.tensor2d(
            [
              [6, 0],
              [3, 3],
            ],
            [2, 2],
            'int32',
          ),
        ),
      0,
    );
    await expectLikeCpu([[7, 2, 3]], (x) => tf.gather(x, tf.tensor1d([1, 0], 'int32'), 1), 0);
  });
});

describe('linear operations', () => {
  const sizes = fc.record({
    batch: fc.integer({ min: 1, max: 3 }),
    height: fc.integer({ min: 1, max: 9 }),
    width: fc.integer({ min: 1, max: 9 }),
    inputs: channels,
    outputs: channels,
    taps: fc.constantFrom<[number, number]>([3, 1], [1, 3], [1, 1], [3, 3], [2, 5]),
    strides: fc.constantFrom<[number, number]>([1, 1], [2, 1], [1, 2], [2, 2], [4, 3]),
    pad: fc.constantFrom<'same' | 'valid'>('same', 'valid'),
  });

  test('conv2d() and its gradients are as on cpu', async () => {
    await fc.assert(
      fc.asyncProperty(sizes, async ({ batch, height, width, inputs, outputs, taps, strides, pad }) => {
        fc.pre(pad === 'same' || (taps[0] <= height && taps[1] <= width));
        const shapes = [
          [batch, height, width, inputs],
          [...taps, inputs, outputs],
        ];
        const apply = (x: tf.Tensor, filter: tf.Tensor) =>
          tf.conv2d(x as tf.Tensor4D, filter as tf.Tensor4D, strides, pad);
        await expectLikeCpu(shapes, apply);
        await expectLikeCpu(shapes, (x, filter) => tf.grads((a, b) => tf.sin(apply(a, b)))([x, filter]), 5e-5);
      }),
      runs,
    );
  });

  test('fused.conv2d() with bias and activation is as on cpu', async () => {
    for (const activation of ['linear', 'relu', 'relu6', 'elu'] as const) {
      await expectLikeCpu([[2, 5, 4, 3], [3, 3, 3, 20], [20]], (x, filter, bias) =>
        tf.fused.conv2d({
          x: x as tf.Tensor4D,
          filter: filter as tf.Tensor4D,
          bias,
          strides: 1,
          pad: 'same',
          activation,
        }),
      );
    }
  });

  test('dilated convolutions fall back to cpu’s kernel', async () => {
    await expectLikeCpu(
      [
        [1, 9, 8, 2],
        [3, 3, 2, 4],
      ],
      (x, filter) => tf.conv2d(x as tf.Tensor4D, filter as tf.Tensor4D, 1, 'same', 'NHWC', 2),
    );
  });

  test('matMul() in all transpositions and batches is as on cpu', async () => {
    await fc.assert(
      fc.asyncProperty(
        length,
        length,
        length,
        fc.boolean(),
        fc.boolean(),
        fc.constantFrom<[number[], number[]]>(
          [[], []],
          [[3], [3]],
          [[1], [4]],
          [[4], [1]],
          [
            [2, 2],
            [2, 2],
          ],
          [[3], []],
        ),
        async (rows, depth, columns, transposeA, transposeB, [batchA, batchB]) => {
          await expectLikeCpu(
            [
              [...batchA, ...(transposeA ? [depth, rows] : [rows, depth])],
              [...batchB, ...(transposeB ? [columns, depth] : [depth, columns])],
            ],
            (a, b) => tf.matMul(a, b, transposeA, transposeB),
          );
        },
      ),
      { numRuns: 60 },
    );
  });

  test('fused.matMul() with bias and activation is as on cpu', async () => {
    for (const activation of ['linear', 'relu', 'sigmoid'] as const) {
      await expectLikeCpu([[5, 7], [7, 19], [19]], (a, b, bias) =>
        tf.fused.matMul({ a: a as tf.Tensor2D, b: b as tf.Tensor2D, bias, activation }),
      );
    }
  });

  test('batchNorm() with given statistics is as on cpu', async () => {
    await fc.assert(
      fc.asyncProperty(shape, channels, fc.boolean(), async (leading, last, full) => {
        await expectLikeCpu(
          [[...leading.slice(0, 3), last], [last], [last], [last], [last]],
          (x, mean, variance, a, b) =>
            full
              ? tf.batchNorm(
                  x as tf.Tensor2D,
                  mean as tf.Tensor1D,
                  tf.abs(variance) as tf.Tensor1D,
                  a as tf.Tensor1D,
                  b as tf.Tensor1D,
                  0.1,
                )
              : tf.batchNorm(x as tf.Tensor2D, mean as tf.Tensor1D, tf.abs(variance) as tf.Tensor1D),
        );
      }),
      { numRuns: 15 },
    );
  });
});

test('every kernel of ours whose name is tfjs’s also has an inherited one behind it', () => {
  const names = Object.keys(overrides).filter((name) => !name.startsWith('Spectride'));
  expect(names.filter((name) => tf.getKernel(name, 'cpu') === undefined)).toEqual([]);
});

test('a LayersModel trains as on cpu', async () => {
  const train = async (backend: 'cpu' | 'simd') => {
    await setBackend(backend);
    const model = tf.sequential({
      layers: [
        tf.layers.conv2d({
          inputShape: [8, 8, 3],
          filters: 6,
          kernelSize: 3,
          padding: 'same',
          activation: 'relu',
          kernelInitializer: tf.initializers.glorotUniform({ seed: 1 }),
        }),
        tf.layers.batchNormalization({}),
        tf.layers.maxPooling2d({ poolSize: 2 }),
        tf.layers.flatten(),
        tf.layers.dense({
          units: 4,
          activation: 'softmax',
          kernelInitializer: tf.initializers.glorotUniform({ seed: 2 }),
        }),
      ],
    });
    model.compile({ optimizer: tf.train.adam(0.01), loss: 'categoricalCrossentropy' });
    const x = tf.tensor4d(
      Float32Array.from({ length: 12 * 8 * 8 * 3 }, (_, i) => Math.sin(i * 0.37)),
      [12, 8, 8, 3],
    );
    const y = tf.oneHot(
      tf.tensor1d(
        Array.from({ length: 12 }, (_, i) => i % 4),
        'int32',
      ),
      4,
    );
    const history = await model.fit(x, y, { epochs: 4, batchSize: 6, shuffle: false, verbose: 0 });
    tf.dispose([x, y]);
    model.dispose();
    return history.history.loss as number[];
  };
  const expected = await train('cpu');
  const found = await train('simd');
  expect(relativeDifference(found, expected)).toBeLessThan(1e-3);
});
