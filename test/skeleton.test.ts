import fs from 'node:fs';
import * as tf from '@tensorflow/tfjs';
import { BadInputError } from '../src/errors.ts';

test('tfjs trains in jest', async () => {
  await tf.setBackend('cpu');
  const x = tf.tensor(new Float32Array([1, 2, 3, 4]), [2, 2]);
  const w = tf.variable(tf.ones([2, 1]));
  const o = tf.train.adam(0.1);
  const before = tf.memory().numTensors;
  for (let i = 0; i < 3; i++) o.minimize(() => tf.mean(tf.square(tf.matMul(x, w))) as tf.Scalar);
  expect(tf.memory().numTensors - before).toBeLessThan(8);
  expect(new BadInputError('x')).toBeInstanceOf(Error);
  expect(new Float32Array(fs.readFileSync(import.meta.filename).buffer, 0, 1)).toBeInstanceOf(Float32Array);
});
