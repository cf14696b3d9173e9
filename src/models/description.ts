import { diffStrideLength, extraBin, rampWidth, spectralLength, stridedLength } from '../nn/pooled-length.ts';
import { type Axis, axes, type ResolvedAudioCnn } from './audio-cnn-options.ts';
import { type StrideValues, strideParameter } from './learned-strides.ts';

/** One axis of one block, for the configured input: what cut-off tables and stride studies are made of. */
export interface AxisDescription {
  /** Counted from 1. */
  block: number;
  axis: Axis;
  /** False where the block leaves this axis as it is. */
  pooled: boolean;
  /** Whether the stride is learned. */
  learned: boolean;
  /** S; 1 without a pool. */
  stride: number;
  /** N and N'. */
  inputLength: number;
  outputLength: number;
  /** N/N'. */
  effectiveStride: number;
  /** R in bins; absent where the pool has no ramp. */
  smoothness?: number;
  /** Bins from zero frequency, at most N/2: where the mask leaves 1, and where it reaches 0. A hard crop has both at N'/2. */
  rampStart: number;
  bandEnd: number;
  /** Of one example's pool: the axis product; 0 for strided convolution and without a pool. */
  multiplyAdds: number;
}

export interface BlockDescription {
  block: number;
  inputChannels: number;
  channels: number;
  time: AxisDescription;
  frequency: AxisDescription;
  /** Of one example's convolutions. */
  timeConvolution: number;
  frequencyConvolution: number;
}

export interface ModelDescription {
  blocks: BlockDescription[];
  /** Every axis of every block, in order. */
  axes: AxisDescription[];
  /** Multiply-adds of one example's forward pass: all of it, and its parts. */
  multiplyAdds: { total: number; convolutions: number; pools: number; heads: number };
  /** Trained numbers: kernels, biases, scales, offsets and learned strides. */
  parameters: number;
}

interface PoolShape {
  outputLength: number;
  smoothness?: number;
  rampStart: number;
  bandEnd: number;
}

function poolShape(options: ResolvedAudioCnn, axis: Axis, stride: number, length: number): PoolShape {
  const half = length / 2;
  if (options.pooling === 'diffstride') {
    const ramp = rampWidth(options.smoothness, length);
    const rampStart = length / (2 * Math.min(stride, length)) + extraBin(axis, options.smoothness);
    return {
      outputLength: diffStrideLength(length, stride, ramp),
      smoothness: ramp,
      rampStart: Math.min(rampStart, half),
      bandEnd: Math.min(rampStart + ramp, half),
    };
  }
  const outputLength = options.pooling === 'spectral' ? spectralLength(length, stride) : stridedLength(length, stride);
  return { outputLength, rampStart: outputLength / 2, bandEnd: outputLength / 2 };
}

/** An axis without the cost of its pool, which depends on the other axis. */
function describeAxis(
  options: ResolvedAudioCnn,
  strides: StrideValues,
  block: number,
  axis: Axis,
  inputLength: number,
): AxisDescription {
  const parameter = strideParameter(options, block, axis);
  const nominal = options.strides[block - 1]?.[axes.indexOf(axis)] as number;
  const stride = parameter === undefined ? nominal : (strides.get(parameter) ?? Number.NaN);
  const pooled = parameter !== undefined || nominal !== 1;
  const shape = pooled
    ? poolShape(options, axis, stride, inputLength)
    : { outputLength: inputLength, rampStart: inputLength / 2, bandEnd: inputLength / 2 };
  return {
    block,
    axis,
    pooled,
    learned: parameter !== undefined,
    stride,
    inputLength,
    effectiveStride: inputLength / shape.outputLength,
    multiplyAdds: 0,
    ...shape,
  };
}

function describeBlock(
  options: ResolvedAudioCnn,
  block: number,
  inputChannels: number,
  time: AxisDescription,
  frequency: AxisDescription,
): BlockDescription {
  const channels = options.channels[block - 1] as number;
  const taps = options.kernel * channels;
  const strided = options.pooling === 'strided';
  const timePooledFirst = options.placement === 'axis';
  // A strided convolution computes only the positions that it keeps; the others compute all of them, then pool.
  const timePositions = (strided ? time.outputLength : time.inputLength) * frequency.inputLength;
  const frequencyPositions =
    (timePooledFirst ? time.outputLength : time.inputLength) *
    (strided ? frequency.outputLength : frequency.inputLength);
  const product = (axis: AxisDescription, otherLength: number) =>
    axis.pooled && !strided ? axis.inputLength * axis.outputLength * otherLength * channels : 0;
  return {
    block,
    inputChannels,
    channels,
    time: { ...time, multiplyAdds: product(time, frequency.inputLength) },
    frequency: { ...frequency, multiplyAdds: product(frequency, time.outputLength) },
    timeConvolution: timePositions * taps * inputChannels,
    frequencyConvolution: frequencyPositions * taps * channels,
  };
}

function countParameters(options: ResolvedAudioCnn, strides: StrideValues): number {
  let count = strides.size;
  let inputs = 1;
  for (const channels of options.channels) {
    const perLayer = 3 * channels; // bias, scale, offset
    count += options.kernel * channels * (inputs + channels) + 2 * perLayer;
    inputs = channels;
  }
  for (const classes of Object.values(options.heads)) count += (inputs + 1) * classes;
  return count;
}

const sum = (values: number[]) => values.reduce((total, value) => total + value, 0);

/**
 * What a network is and costs with the given learned strides, in plain numbers: computed from options alone, without tensors.
 *
 * @param strides learned strides by parameter name (none for strided and spectral pooling)
 */
export function describeAudioCnn(options: ResolvedAudioCnn, strides: StrideValues): ModelDescription {
  const blocks: BlockDescription[] = [];
  let lengths = { time: options.frames, frequency: options.bins };
  let inputChannels = 1;
  for (const [i, channels] of options.channels.entries()) {
    const time = describeAxis(options, strides, i + 1, 'time', lengths.time);
    const frequency = describeAxis(options, strides, i + 1, 'frequency', lengths.frequency);
    blocks.push(describeBlock(options, i + 1, inputChannels, time, frequency));
    lengths = { time: time.outputLength, frequency: frequency.outputLength };
    inputChannels = channels;
  }
  const convolutions = sum(blocks.map((block) => block.timeConvolution + block.frequencyConvolution));
  const pools = sum(blocks.map((block) => block.time.multiplyAdds + block.frequency.multiplyAdds));
  const heads = inputChannels * sum(Object.values(options.heads));
  return {
    blocks,
    axes: blocks.flatMap(({ time, frequency }) => [time, frequency]),
    multiplyAdds: { total: convolutions + pools + heads, convolutions, pools, heads },
    parameters: countParameters(options, strides),
  };
}
