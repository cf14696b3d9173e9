import { BadInputError } from '../errors.ts';
import { diffStrideLength, rampWidth, smallestLearnableStride, stridedLength } from '../nn/pooled-length.ts';
import { type Axis, axes, type ResolvedAudioCnn } from './audio-cnn-options.ts';

/** One axis under a learned stride, at the length that it meets there. */
interface LearnedAxis {
  block: number;
  axis: Axis;
  /** As configured; 1 where only `learnUnitStrides` gives it a pool. */
  nominal: number;
  /** N, and R in bins. */
  length: number;
  ramp: number;
}

/** Values of learned strides by parameter name, such as `blocks.1.time.stride`, or `blocks.1.stride` where shared. */
export type StrideValues = ReadonlyMap<string, number>;

/** The parameter that holds an axis's learned stride; undefined where none is learned. Blocks are counted from 1. */
export function strideParameter(options: ResolvedAudioCnn, block: number, axis: Axis): string | undefined {
  const nominal = options.strides[block - 1]?.[axes.indexOf(axis)];
  const pooled = nominal !== 1 || options.learnUnitStrides;
  if (options.pooling !== 'diffstride' || !pooled) return undefined;
  return options.shared ? `blocks.${block}.stride` : `blocks.${block}.${axis}.stride`;
}

/** Goes through the blocks in order, choosing each learned stride for the axes that it serves; those fix the next lengths. */
function chooseStrides(
  options: ResolvedAudioCnn,
  choose: (parameter: string, served: LearnedAxis[]) => number,
): Map<string, number> {
  const chosen = new Map<string, number>();
  const lengths = { time: options.frames, frequency: options.bins };
  for (const [i, pair] of options.strides.entries()) {
    const block = i + 1;
    const served = new Map<string, LearnedAxis[]>();
    for (const [side, axis] of axes.entries()) {
      const parameter = strideParameter(options, block, axis);
      if (parameter === undefined) continue;
      const length = lengths[axis];
      const entry = { block, axis, nominal: pair[side] as number, length, ramp: rampWidth(options.smoothness, length) };
      served.set(parameter, [...(served.get(parameter) ?? []), entry]);
    }
    for (const [parameter, entries] of served) {
      const stride = Math.fround(choose(parameter, entries));
      chosen.set(parameter, stride);
      for (const { axis, length, ramp } of entries) lengths[axis] = diffStrideLength(length, stride, ramp);
    }
  }
  return chosen;
}

/** `init: effective`: S₀ = N / (T + ½ − 2R), so that N' is T = ⌈N/s⌉, the strided network's length. */
function effectiveStride({ block, axis, nominal, length, ramp }: LearnedAxis): number {
  const target = stridedLength(length, nominal);
  const room = target + 0.5 - 2 * ramp;
  if (room < 1) {
    throw new BadInputError(
      `model.init: "effective" is impossible in block ${block}: a ramp of R = ${ramp} bins on the ${axis} axis cannot take ` +
        `${length} to ${target} (expected ${target} + ½ − 2R of at least 1, found ${room}); a smaller model.smoothness, or ` +
        'model.init: nominal, would do',
    );
  }
  return length / room;
}

/** A stride of 1 would never move, as no bin lies on the ramp: it starts at N/(N − R). */
function unitStride({ block, axis, length, ramp }: LearnedAxis): number {
  if (length <= ramp) {
    throw new BadInputError(
      `model.learnUnitStrides: impossible in block ${block}: expected the ${axis} axis to be longer than the ramp of ` +
        `R = ${ramp} bins, found ${length}`,
    );
  }
  return smallestLearnableStride(length, ramp);
}

/**
 * Where the learned strides of a network start, for its configured input. Shared strides take the larger of both axes' values.
 * Throws BadInputError, naming the block, where the options cannot be met.
 */
export function initialStrides(options: ResolvedAudioCnn): StrideValues {
  return chooseStrides(options, (_, served) =>
    Math.max(
      ...served.map((axis) => {
        if (axis.nominal === 1) return unitStride(axis);
        return options.init === 'effective' ? effectiveStride(axis) : axis.nominal;
      }),
    ),
  );
}

/** `strides` projected to at least 1, or, where only `learnUnitStrides` gives an axis its pool, to at least N/(N − R). */
export function projectedStrides(options: ResolvedAudioCnn, strides: StrideValues): StrideValues {
  return chooseStrides(options, (parameter, served) => {
    const smallest = served.map(({ nominal, length, ramp }) =>
      nominal === 1 && length > ramp ? smallestLearnableStride(length, ramp) : 1,
    );
    return Math.max(strides.get(parameter) ?? Number.NaN, ...smallest);
  });
}
