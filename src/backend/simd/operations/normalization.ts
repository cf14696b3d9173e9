import type { TensorInfo } from '@tensorflow/tfjs-core';
import type { SimdBackend } from '../backend.ts';
import { input, isFloat, lastAxis, type Override, type Overrides, rowGrain, sizeOf } from './override.ts';

/** Rows of one block of statistics: a block stays in a core's own cache, and its sums are short. */
const fewestBlockRows = 32;
const mostBlockRows = 64;
const blockElements = 16_384;
/** Blocks for one thread at least. */
const blockGrain = 2;
/** Channels that the combining kernels treat at a time. */
const group = 4;

/** Cuts [rows, channels] into blocks; depends on the shape alone, so that sums do too. */
function blocksOf(rows: number, channels: number): { blockRows: number; blocks: number; padded: number } {
  const fitting = Math.floor(blockElements / channels);
  const blockRows = Math.min(rows, Math.max(fewestBlockRows, Math.min(mostBlockRows, fitting)));
  return { blockRows, blocks: Math.ceil(rows / blockRows), padded: Math.ceil(channels / group) * group };
}

/** Contract of `SpectrideReluBatchNorm`: x, scale, offset → y, mean, variance. */
const reluBatchNorm: Override = ({ inputs, attributes, backend }) => {
  const x = input(inputs, 'x');
  const scale = input(inputs, 'scale');
  const offset = input(inputs, 'offset');
  const channels = lastAxis(x);
  const rows = sizeOf(x) / channels;
  const { blockRows, blocks, padded } = blocksOf(rows, channels);
  const { runtime } = backend;
  const source = backend.address(x);
  const parameters = [backend.address(scale), backend.address(offset), Number(attributes.epsilon)];
  const y = backend.output(x.shape);
  const mean = backend.output([channels]);
  const variance = backend.output([channels]);
  backend.withTemporary((blocks * 2 + 2) * padded * 4, (partial) => {
    const slope = partial + blocks * 2 * padded * 4;
    const intercept = slope + padded * 4;
    runtime.parallel('reluMoments', [source, rows, channels, padded, blockRows, partial], {
      count: blocks,
      grain: blockGrain,
    });
    runtime.parallel(
      'reluMomentsCombine',
      [partial, rows, padded, blockRows, ...parameters, mean.address, variance.address, slope, intercept],
      { count: padded / group, grain: combineGrain(blocks) },
    );
    const lines = [source, slope, intercept, channels, y.address];
    runtime.parallel('reluAffine', lines, { count: rows, grain: rowGrain(channels) });
  });
  return [y.info, mean.info, variance.info];
};

/** Contract of `SpectrideReluBatchNormGradient`: dy, x, scale, mean, variance → dx, dScale, dOffset. */
const reluBatchNormGradient: Override = ({ inputs, attributes, backend }) => {
  const x = input(inputs, 'x');
  const channels = lastAxis(x);
  const rows = sizeOf(x) / channels;
  const { blockRows, blocks, padded } = blocksOf(rows, channels);
  const { runtime } = backend;
  const source = backend.address(x);
  const upstream = backend.address(input(inputs, 'dy'));
  const [scale, mean, variance] = [
    backend.address(input(inputs, 'scale')),
    backend.address(input(inputs, 'mean')),
    backend.address(input(inputs, 'variance')),
  ];
  const dx = backend.output(x.shape);
  const dScale = backend.output([channels]);
  const dOffset = backend.output([channels]);
  backend.withTemporary((blocks * 2 + 3) * padded * 4, (partial) => {
    const coefficients = partial + blocks * 2 * padded * 4;
    runtime.parallel('reluNormGradientSums', [upstream, source, mean, rows, channels, padded, blockRows, partial], {
      count: blocks,
      grain: blockGrain,
    });
    const statistics = [scale, mean, variance, Number(attributes.epsilon)];
    runtime.parallel(
      'reluNormGradientCombine',
      [partial, rows, padded, blockRows, ...statistics, dScale.address, dOffset.address, coefficients],
      { count: padded / group, grain: combineGrain(blocks) },
    );
    runtime.parallel('reluNormGradient', [upstream, source, coefficients, channels, padded, dx.address], {
      count: rows,
      grain: rowGrain(channels),
    });
  });
  return [dx.info, dScale.info, dOffset.info];
};

/** Groups of channels for one thread when blocks are combined: some thousands of numbers. */
function combineGrain(blocks: number): number {
  return Math.max(4, Math.ceil(2048 / blocks));
}

/** tfjs's batch normalisation with given statistics: a line for each channel. */
const fusedBatchNorm: Override = ({ inputs, attributes, backend }) => {
  const x = input(inputs, 'x');
  const channels = lastAxis(x);
  const given = ['mean', 'variance', 'scale', 'offset'].map((name) => inputs[name]);
  const fits = given.every((tensor) => tensor === undefined || (isFloat(tensor) && isChannelVector(tensor, channels)));
  if (!isFloat(x) || !fits) {
    return undefined;
  }
  const [mean, variance, scale, offset] = given.map((tensor) =>
    tensor === undefined ? undefined : backend.address(tensor) / 4,
  );
  if (mean === undefined || variance === undefined) {
    return undefined;
  }
  const epsilon = Number(attributes.varianceEpsilon ?? 0.001);
  return backend.withTemporary(2 * channels * 4, (slope) => {
    const { float32 } = backend.runtime;
    const at = (first: number | undefined, channel: number, otherwise: number): number =>
      first === undefined ? otherwise : (float32[first + channel] ?? otherwise);
    for (let channel = 0; channel < channels; channel++) {
      const gain = at(scale, channel, 1) / Math.sqrt(at(variance, channel, 1) + epsilon);
      float32[slope / 4 + channel] = gain;
      float32[slope / 4 + channels + channel] = at(offset, channel, 0) - at(mean, channel, 0) * gain;
    }
    return affineRows(backend, x, slope, slope + channels * 4);
  });
};

function isChannelVector(tensor: TensorInfo, channels: number): boolean {
  return sizeOf(tensor) === channels && lastAxis(tensor) === channels;
}

function affineRows(backend: SimdBackend, x: TensorInfo, slope: number, intercept: number): TensorInfo {
  const channels = lastAxis(x);
  const source = backend.address(x);
  const { info, address } = backend.output(x.shape);
  backend.runtime.parallel('affine', [source, slope, intercept, channels, address], {
    count: sizeOf(x) / channels,
    grain: rowGrain(channels),
  });
  return info;
}

export const normalization: Overrides = {
  SpectrideReluBatchNorm: reluBatchNorm,
  SpectrideReluBatchNormGradient: reluBatchNormGradient,
  FusedBatchNorm: fusedBatchNorm,
};
