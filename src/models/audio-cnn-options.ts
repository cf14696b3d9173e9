import { BadInputError } from '../errors.ts';
import type { Norm } from '../nn/fourier-matrices.ts';
import type { Smoothness } from '../nn/pooled-length.ts';

export type Pooling = 'strided' | 'spectral' | 'diffstride';
export type Placement = 'axis' | 'block';
export type Axis = 'time' | 'frequency';

export const axes: readonly Axis[] = ['time', 'frequency'];

/** The audio CNN's shape; every default is the paper's (Riad et al., ICLR 2022, section 3.1). */
export interface AudioCnnOptions {
  /** Size of the input that strides are initialised and described for: log-mel frames × mel bins (98 × 64). */
  frames?: number;
  bins?: number;
  /** Output channels of each block. */
  channels?: readonly number[];
  /** (time, frequency) stride of each block, at least 1; where strides are learned, their nominal value. */
  strides?: readonly (readonly [number, number])[];
  /** Taps of each one-dimensional convolution (3). */
  kernel?: number;
  /** Default `diffstride`. */
  pooling?: Pooling;
  /** `axis`: a pool after each convolution, along its axis. `block`: both pools at the end of a block. */
  placement?: Placement;
  /** R of Eq. 3 in bins (4), or a share of each axis's length. Learned strides only, as the next four. */
  smoothness?: Smoothness;
  /** `nominal`: strides start at `strides`. `effective`: where the maps equal the strided network's. */
  init?: 'nominal' | 'effective';
  /** One stride for both axes of a block (Table A.7). */
  shared?: boolean;
  /** Pool, and learn, also where the configured stride is 1. */
  learnUnitStrides?: boolean;
  norm?: Norm;
  /** `momentum` is the old value's weight in moving averages (0.99); `epsilon` is added to the variance (1e-3). As Keras. */
  batchNorm?: { momentum?: number; epsilon?: number };
  /** Classes of each task: task → number of logits. */
  heads: Readonly<Record<string, number>>;
  /** Limits of the uniform initial kernels: `glorot` (Keras, the default) or `fan-in` (PyTorch). Biases start at 0. */
  initializer?: 'glorot' | 'fan-in';
  /** Seed of the initial kernels. */
  seed?: number;
}

export interface ResolvedAudioCnn extends Required<AudioCnnOptions> {
  batchNorm: { momentum: number; epsilon: number };
}

function refuse(field: string, expected: string, found: unknown): never {
  throw new BadInputError(`model.${field}: expected ${expected}, found ${JSON.stringify(found)}`);
}

function checkPositiveInteger(field: string, value: number): void {
  if (!Number.isInteger(value) || value < 1) refuse(field, 'a positive integer', value);
}

function checkOneOf(field: string, value: string, allowed: readonly string[]): void {
  if (!allowed.includes(value)) refuse(field, `one of ${allowed.join(', ')}`, value);
}

function checkStrides({ strides, channels, pooling, shared }: ResolvedAudioCnn): void {
  if (strides.length !== channels.length) {
    refuse('strides', `one pair for each of the ${channels.length} blocks of model.channels`, strides);
  }
  for (const [i, pair] of strides.entries()) {
    const block = `strides of block ${i + 1}`;
    if (pair.length !== 2 || !pair.every((stride) => stride >= 1 && Number.isFinite(stride))) {
      refuse(block, 'two numbers of at least 1', pair);
    }
    if (pooling === 'strided' && !pair.every(Number.isInteger)) refuse(block, 'integers for strided convolution', pair);
    if (pooling === 'diffstride' && shared && pair[0] !== pair[1]) {
      refuse(block, 'equal numbers where model.shared gives both axes one stride', pair);
    }
  }
}

/** Options with every default, checked. Throws BadInputError, one sentence naming the field and, where it is one, the block. */
export function resolveAudioCnn(options: AudioCnnOptions): ResolvedAudioCnn {
  const resolved: ResolvedAudioCnn = {
    frames: options.frames ?? 98,
    bins: options.bins ?? 64,
    channels: options.channels ?? [64, 128, 256, 256, 512, 512],
    // biome-ignore format: one line a default
    strides: options.strides ?? [[2, 2], [2, 2], [1, 1], [2, 2], [1, 1], [2, 2]],
    kernel: options.kernel ?? 3,
    pooling: options.pooling ?? 'diffstride',
    placement: options.placement ?? 'axis',
    smoothness: options.smoothness ?? 4,
    init: options.init ?? 'nominal',
    shared: options.shared ?? false,
    learnUnitStrides: options.learnUnitStrides ?? false,
    norm: options.norm ?? 'ortho',
    batchNorm: { momentum: options.batchNorm?.momentum ?? 0.99, epsilon: options.batchNorm?.epsilon ?? 1e-3 },
    heads: options.heads,
    initializer: options.initializer ?? 'glorot',
    seed: options.seed ?? 0,
  };
  const { smoothness, batchNorm, heads } = resolved;
  checkPositiveInteger('frames', resolved.frames);
  checkPositiveInteger('bins', resolved.bins);
  checkPositiveInteger('kernel', resolved.kernel);
  if (resolved.channels.length === 0) refuse('channels', 'at least one block', resolved.channels);
  for (const channels of resolved.channels) checkPositiveInteger('channels', channels);
  checkOneOf('pooling', resolved.pooling, ['strided', 'spectral', 'diffstride']);
  checkOneOf('placement', resolved.placement, ['axis', 'block']);
  checkOneOf('init', resolved.init, ['nominal', 'effective']);
  checkOneOf('initializer', resolved.initializer, ['glorot', 'fan-in']);
  checkOneOf('norm', resolved.norm, ['ortho', 'backward', 'forward']);
  checkStrides(resolved);
  if (resolved.pooling === 'strided' && resolved.placement === 'block') {
    refuse('placement', '"axis" with strided pooling: a stride belongs to the convolution along its own axis', 'block');
  }
  const width = typeof smoothness === 'number' ? smoothness : smoothness.relative;
  if (!(width > 0 && Number.isFinite(width))) refuse('smoothness', 'a number above 0', smoothness);
  const { momentum, epsilon } = batchNorm;
  if (!(momentum >= 0 && momentum < 1)) refuse('batchNorm.momentum', 'a number from 0 up to but not 1', momentum);
  if (!(epsilon > 0 && Number.isFinite(epsilon))) refuse('batchNorm.epsilon', 'a number above 0', epsilon);
  if (Object.keys(heads).length === 0) refuse('heads', 'at least one task', heads);
  for (const [task, classes] of Object.entries(heads)) checkPositiveInteger(`heads.${task}`, classes);
  if (!Number.isSafeInteger(resolved.seed)) refuse('seed', 'an integer', resolved.seed);
  return resolved;
}
