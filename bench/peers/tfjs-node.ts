/**
 * The audio CNN in TensorFlow.js as one would write it from its documentation, on the @tensorflow/tfjs-node of another
 * project: convolutions, `moments`, `batchNorm` and, for spectral pooling, a `matMul` an axis. A peer for `spectride bench --peer`; prints
 * one JSON line with the keys of the others. (`--tfjs-node` of the benchmark trains our own model code on the same package.)
 *
 *   node tfjs-node.ts --project ~/tfjs-node-project --pooling spectral --batch 16 --threads 2 --steps 5
 */
import { createRequire } from 'node:module';
import path from 'node:path';
import util, { parseArgs } from 'node:util';
import type * as TensorFlow from '@tensorflow/tfjs';
import { median } from '../../src/bench/rounds.ts';

const { values: options } = parseArgs({
  options: {
    project: { type: 'string', default: '.' },
    pooling: { type: 'string', default: 'strided' },
    batch: { type: 'string', default: '16' },
    threads: { type: 'string', default: '2' },
    steps: { type: 'string', default: '5' },
  },
});
if (options.pooling !== 'strided' && options.pooling !== 'spectral') {
  throw new Error(`--pooling: found ${options.pooling}; expected strided or spectral`);
}
process.env.OMP_NUM_THREADS = options.threads;
process.env.TF_NUM_INTRAOP_THREADS = options.threads;
process.env.TF_CPP_MIN_LOG_LEVEL ??= '2';
// tfjs-node 4.22 calls a function that Node 23 removed.
Object.assign(util, { isNullOrUndefined: (value: unknown) => value === null || value === undefined });
const require = createRequire(path.resolve(options.project, 'package.json'));
const tf = require('@tensorflow/tfjs-node') as typeof TensorFlow;

const channels = [64, 128, 256, 256, 512, 512];
const strides = [2, 2, 1, 2, 1, 2];
const classes = 35;
const batch = Number(options.batch);
const steps = Number(options.steps);
const spectral = options.pooling === 'spectral';
const epsilon = 1e-5;

/** Keeps the lowest frequencies of N samples, back as N' = ⌊N/S⌋: [N', N], orthonormal transforms. */
function spectralMatrix(length: number, stride: number): TensorFlow.Tensor2D {
  const pooled = Math.floor(length / stride);
  const rows = Array.from({ length: pooled }, (_, j) =>
    Array.from({ length }, (_, i) => {
      let sum = 0;
      for (let k = 0; k <= pooled / 2; k++) {
        const weight = k === 0 || 2 * k === pooled ? 1 : 2;
        const [there, back] = [(2 * Math.PI * k * i) / length, (2 * Math.PI * k * j) / pooled];
        sum += weight * (2 * k === pooled ? Math.cos(there) * Math.cos(back) : Math.cos(there - back));
      }
      return sum / Math.sqrt(length * pooled);
    }),
  );
  return tf.tensor2d(rows);
}

interface Layer {
  filter: TensorFlow.Variable;
  bias: TensorFlow.Variable;
  gamma: TensorFlow.Variable;
  beta: TensorFlow.Variable;
  mean: TensorFlow.Variable;
  variance: TensorFlow.Variable;
  axis: 1 | 2;
  stride: number;
  pool?: TensorFlow.Tensor2D;
}

let lengths = [98, 64];
const layers = channels.flatMap((width, block) =>
  ([1, 2] as const).map((axis): Layer => {
    const stride = strides[block] ?? 1;
    const input = axis === 1 ? (channels[block - 1] ?? 1) : width;
    const length = lengths[axis - 1] ?? 1;
    lengths = lengths.map((entry, i) =>
      i === axis - 1 ? (spectral ? Math.floor(entry / stride) : Math.ceil(entry / stride)) : entry,
    );
    const shape: [number, number, number, number] = axis === 1 ? [3, 1, input, width] : [1, 3, input, width];
    return {
      filter: tf.variable(tf.randomNormal(shape, 0, Math.sqrt(2 / (3 * input)))),
      bias: tf.variable(tf.zeros([width])),
      gamma: tf.variable(tf.ones([width])),
      beta: tf.variable(tf.zeros([width])),
      mean: tf.variable(tf.zeros([width]), false),
      variance: tf.variable(tf.ones([width]), false),
      axis,
      stride,
      pool: spectral && stride > 1 ? spectralMatrix(length, stride) : undefined,
    };
  }),
);
const head = {
  weight: tf.variable(tf.randomNormal([512, classes], 0, 0.05)),
  bias: tf.variable(tf.zeros([classes])),
};

function pooled(x: TensorFlow.Tensor4D, matrix: TensorFlow.Tensor2D, axis: 1 | 2): TensorFlow.Tensor4D {
  const [count, frames, bins, width] = x.shape;
  const to = matrix.shape[0];
  return axis === 1
    ? tf.matMul(matrix.expandDims(0), x.reshape([count, frames, bins * width])).reshape([count, to, bins, width])
    : tf.matMul(matrix.expandDims(0), x.reshape([count * frames, bins, width])).reshape([count, frames, to, width]);
}

function logits(input: TensorFlow.Tensor4D, training: boolean): TensorFlow.Tensor2D {
  let x = input;
  for (const layer of layers) {
    const { axis, stride, pool } = layer;
    const step: [number, number] = spectral ? [1, 1] : axis === 1 ? [stride, 1] : [1, stride];
    x = tf.conv2d(x, layer.filter as TensorFlow.Tensor4D, step, 'same').add(layer.bias);
    if (pool) x = pooled(x, pool, axis);
    x = tf.relu(x);
    const { mean, variance } = training ? tf.moments(x, [0, 1, 2]) : layer;
    if (training) {
      layer.mean.assign(layer.mean.mul(0.9).add(mean.mul(0.1)));
      layer.variance.assign(layer.variance.mul(0.9).add(variance.mul(0.1)));
    }
    x = tf.batchNorm(
      x,
      mean as TensorFlow.Tensor1D,
      variance as TensorFlow.Tensor1D,
      layer.beta as TensorFlow.Tensor1D,
      layer.gamma as TensorFlow.Tensor1D,
      epsilon,
    ) as TensorFlow.Tensor4D;
  }
  return tf
    .max(x, [1, 2])
    .matMul(head.weight as TensorFlow.Tensor2D)
    .add(head.bias);
}

const x = tf.randomNormal<TensorFlow.Rank.R4>([batch, 98, 64, 1]);
const labels = tf.oneHot(tf.randomUniform([batch], 0, classes, 'int32') as TensorFlow.Tensor1D, classes);
const optimizer = tf.train.adam(1e-4);

function train(): void {
  const loss = optimizer.minimize(() => tf.losses.softmaxCrossEntropy(labels, logits(x, true)).asScalar(), true);
  loss?.dataSync();
  loss?.dispose();
}

function infer(): void {
  tf.tidy(() => logits(x, false)).dataSync();
}

function clock(run: () => void): number {
  const times: number[] = [];
  for (let step = -2; step < steps; step++) {
    const start = performance.now();
    run();
    if (step >= 0) times.push(performance.now() - start);
  }
  return median(times);
}

const training = clock(train);
const inference = clock(infer);
console.log(
  JSON.stringify({
    peer: `tfjs-node ${tf.version_core}`,
    pooling: options.pooling,
    batch,
    threads: Number(options.threads),
    train_ms: Math.round(10 * training) / 10,
    infer_ms: Math.round(10 * inference) / 10,
    peak_rss_mb: Math.round(process.resourceUsage().maxRSS / 1024),
  }),
);
