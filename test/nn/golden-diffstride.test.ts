import { readFileSync } from 'node:fs';
import path from 'node:path';
import * as tf from '@tensorflow/tfjs';
import { diffStride } from '../../src/nn/diffstride.ts';
import { rampMask } from '../../src/nn/mask.ts';
import { spectralPooling } from '../../src/nn/spectral-pooling.ts';
import { describeWithShared } from '../shared.ts';
import { largestDifference } from './compare.ts';

interface PoolingCase {
  id: string;
  strides_init: number | number[];
  strides: number[];
  smoothness_factor: number;
  cropping: boolean;
  lower_limit_stride: number | null;
  upper_limit_stride: number | null;
  input_shape: [number, number, number, number];
  input: number[];
  output_shape: number[];
  output: number[];
  loss_weights: number[];
  grad_input: number[];
  grad_strides: number[];
  band_edge_on_integer: boolean[];
  exact_in_float32?: boolean;
}

interface MaskCase {
  id: string;
  threshold: number;
  ramp_softness: number;
  positions: number[];
  mask: number[];
  dmask_dthreshold: number[];
}

function casesOf<Case>(file: string): Case[] {
  return JSON.parse(readFileSync(file, 'utf8')).cases;
}

/** Output and gradients of Σ output · weights with respect to the input and every stride. */
function outputAndGradients(golden: PoolingCase, pool: (x: tf.Tensor4D, strides: tf.Scalar[]) => tf.Tensor) {
  const x = tf.tensor4d(golden.input, golden.input_shape);
  const strides = [golden.strides_init ?? []].flat().map((stride) => tf.scalar(stride));
  const weights = tf.tensor(golden.loss_weights, golden.output_shape);
  let output: tf.Tensor | undefined;
  const gradients = tf.grads((given: tf.Tensor, ...rest: tf.Tensor[]) => {
    output = tf.keep(pool(given as tf.Tensor4D, rest as tf.Scalar[]));
    return output.mul(weights).sum();
  })([x, ...strides]);
  const [gradInput, ...gradStrides] = gradients.map((gradient) => gradient.dataSync());
  return {
    shape: output?.shape,
    output: output?.dataSync() ?? [],
    gradInput: gradInput ?? [],
    gradStrides: gradStrides.map(([value]) => value ?? Number.NaN),
  };
}

/** All fixtures of google-research/diffstride in one folder; see its README for what the fields are. */
function goldenTests(folder: string, files: string[]) {
  beforeAll(() => tf.setBackend('cpu'));
  beforeEach(() => tf.engine().startScope());
  afterEach(() => tf.engine().endScope());

  const layerFiles = files.filter((file) => file.startsWith('pooling'));
  const layerCases = layerFiles.flatMap((file) => casesOf<PoolingCase>(path.join(folder, file)));
  test.each(layerCases.map((golden) => [golden.id, golden] as const))(
    'diffStride() in reference mode follows google-research/diffstride in case %s',
    (_, golden) => {
      const shared = typeof golden.strides_init === 'number' || golden.strides_init.length === 1;
      const { shape, output, gradInput, gradStrides } = outputAndGradients(golden, (x, strides) =>
        diffStride(x, {
          axes: [1, 2],
          strides: shared ? (strides[0] as tf.Scalar) : strides,
          compat: 'reference',
          smoothness: golden.smoothness_factor,
          cropping: golden.cropping,
          ...(golden.lower_limit_stride !== null && { lowerLimit: golden.lower_limit_stride }),
          ...(golden.upper_limit_stride !== null && { upperLimit: golden.upper_limit_stride }),
        }),
      );
      expect(shape).toEqual(golden.output_shape);
      expect(largestDifference(output, golden.output)).toBeLessThan(1e-4);
      expect(largestDifference(gradInput, golden.grad_input)).toBeLessThan(1e-4);
      // A band edge on an integer that float32 cannot hold leaves the edge bin's gradient to rounding.
      const comparable = (i: number) => golden.exact_in_float32 !== false || !golden.band_edge_on_integer[i];
      const scale = 1 + Math.max(...golden.grad_strides.map(Math.abs));
      for (const [i, gradient] of golden.grad_strides.entries()) {
        const certain = shared ? comparable(0) && comparable(1) : comparable(i);
        if (certain) expect(Math.abs((gradStrides[i] ?? Number.NaN) - gradient)).toBeLessThan(1e-4 * scale);
      }
    },
  );

  const spectralFiles = files.filter((file) => file.startsWith('fixed_spectral'));
  const spectralCases = spectralFiles.flatMap((file) => casesOf<PoolingCase>(path.join(folder, file)));
  test.each(spectralCases.map((golden) => [golden.id, golden] as const))(
    'spectralPooling() in reference mode follows FixedSpectralPooling in case %s',
    (_, golden) => {
      const { shape, output, gradInput } = outputAndGradients(golden, (x) =>
        spectralPooling(x, { axes: [1, 2], strides: golden.strides, compat: 'reference' }),
      );
      expect(shape).toEqual(golden.output_shape);
      expect(largestDifference(output, golden.output)).toBeLessThan(1e-4);
      expect(largestDifference(gradInput, golden.grad_input)).toBeLessThan(1e-4);
    },
  );

  const maskFiles = files.filter((file) => file.startsWith('mask'));
  const maskCases = maskFiles.flatMap((file) => casesOf<MaskCase>(path.join(folder, file)));
  test.each(maskCases.map((golden) => [golden.id, golden] as const))(
    'rampMask() follows the original, its gradient inclusive at both ends, in case %s',
    (_, golden) => {
      const threshold = tf.scalar(golden.threshold);
      const mask = rampMask(threshold, golden.ramp_softness, golden.positions);
      expect(largestDifference(mask.dataSync(), golden.mask)).toBeLessThan(1e-6);
      for (const [i, derivative] of golden.dmask_dthreshold.entries()) {
        const gradient = tf.grad((t) => rampMask(t, golden.ramp_softness, golden.positions).gather([i]).sum())(
          threshold,
        );
        expect(gradient.dataSync()[0]).toBeCloseTo(derivative, 6);
      }
    },
  );
}

const all = [
  'fixed_spectral.json',
  'fixed_spectral_98x64.json',
  'mask.json',
  'pooling_boundary.json',
  'pooling_boundary_98x64.json',
  'pooling_reference.json',
  'pooling_reference_98x64_a.json',
  'pooling_reference_98x64_b.json',
  'pooling_reference_crop.json',
];

describeWithShared('All golden cases', 'golden/diffstride', (folder) => goldenTests(folder, all));
describe('A few golden cases kept here', () => {
  goldenTests(path.join(import.meta.dirname, '../fixtures/nn'), ['pooling.json', 'fixed_spectral.json', 'mask.json']);
});
