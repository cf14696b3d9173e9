import * as tf from '@tensorflow/tfjs';
import { complexity } from '../../src/nn/index.ts';

beforeAll(() => tf.setBackend('cpu'));

describe('complexity()', () => {
  test('sums the products of Eq. 6 over the blocks', () => {
    // 1/(2·2) + 1/(2·2·3·1.5) + 1/(2·2·3·1.5·1·1)
    const expected = 1 / 4 + 1 / 18 + 1 / 18;
    const j = complexity([
      [2, 2],
      [3, 1.5],
      [1, 1],
    ]);
    expect(j.dataSync()[0]).toBeCloseTo(expected, 6);
  });

  test('has the gradient −Σ_{l ≥ i} Π / S_i, twice where both axes share the stride', () => {
    const strides = [tf.scalar(2), tf.scalar(3)] as const;
    const [first, shared] = tf.grads((a: tf.Tensor, b: tf.Tensor) =>
      complexity([
        [a as tf.Scalar, 2],
        [b as tf.Scalar, b as tf.Scalar],
      ]),
    )([...strides]);
    // J = 1/(2a) + 1/(2a·b²)
    expect(first?.dataSync()[0]).toBeCloseTo(-1 / 8 - 1 / (8 * 9), 6);
    expect(shared?.dataSync()[0]).toBeCloseTo(-2 / (4 * 27), 6);
  });
});
