import * as tf from '@tensorflow/tfjs';
import '@tensorflow/tfjs-backend-wasm';
import { operationTests } from './operations.ts';

operationTests('cpu');
operationTests('wasm', async () => {
  await tf.setBackend('wasm');
  await tf.ready();
});
