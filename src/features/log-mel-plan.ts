import { type MelRow, melRows } from './mel-filterbank.ts';
import type { ResolvedLogMelOptions } from './options.ts';

/** What remains of the settings once frames are placed: all that a transform needs to compute them. */
export interface LogMelPlan {
  /** Samples from one frame to the next. */
  readonly hopLength: number;
  /** A power of two. */
  readonly fftLength: number;
  /** At most fftLength values. */
  readonly window: Float64Array;
  readonly power: 1 | 2;
  readonly rows: readonly MelRow[];
  /** A mel value x becomes ln(max(x + offset, floor)). */
  readonly offset: number;
  readonly floor: number;
}

/**
 * Computes frames 0 … `frames` − 1 of a clip: frame t reads `plan.window.length` samples from `start` + t · hopLength on (`start` may be
 * negative; samples outside the clip are zeros). Returns row-major [frames, rows], natural logarithms.
 */
export type LogMelTransform = (
  samples: Float32Array,
  frames: number,
  start: number,
  plan: LogMelPlan,
) => Float32Array<ArrayBuffer>;

/** The periodic Hann window 0.5 − 0.5 cos(2πn / length), n = 0 … length − 1 (`tf.signal.hann_window`, `scipy.signal.get_window`). */
export function hannWindow(length: number): Float64Array {
  return Float64Array.from({ length }, (_, n) => 0.5 - 0.5 * Math.cos((2 * Math.PI * n) / length));
}

const plans = new Map<string, LogMelPlan>();
const mostPlans = 16;

/** The plan of resolved settings; equal settings give the same object, so that transforms can keep tables by plan. */
export function logMelPlan(options: ResolvedLogMelOptions): LogMelPlan {
  const key = JSON.stringify(options, Object.keys(options).sort());
  let plan = plans.get(key);
  if (plan === undefined) {
    const { hopLength, fftLength, windowLength, power, offset, floor } = options;
    plan = { hopLength, fftLength, window: hannWindow(windowLength), power, rows: melRows(options), offset, floor };
    if (plans.size >= mostPlans) plans.clear();
    plans.set(key, plan);
  }
  return plan;
}

/** Frames of a clip of `samples` samples; 0 where it is shorter than one frame and nothing is padded. */
export function frameCount(samples: number, options: ResolvedLogMelOptions): number {
  const { hopLength, padding } = options;
  if (padding === 'end') return Math.ceil(samples / hopLength);
  if (padding === 'center') return 1 + Math.floor(samples / hopLength);
  const frame = frameLength(options);
  return samples < frame ? 0 : 1 + Math.floor((samples - frame) / hopLength);
}

/** The first sample under the window of frame 0; negative where the clip is padded in front. */
export function firstSample(options: ResolvedLogMelOptions): number {
  const { windowLength, fftLength, padding } = options;
  // librosa's `util.pad_center` puts the window (fftLength − windowLength) / 2 samples, rounded down, into a frame of fftLength samples.
  const inFrame = Math.floor((fftLength - windowLength) / 2);
  if (padding === 'center') return inFrame - fftLength / 2;
  return options.windowPlacement === 'center' ? inFrame : 0;
}

/** Samples that one frame needs. */
export function frameLength(options: ResolvedLogMelOptions): number {
  return options.windowPlacement === 'center' ? options.fftLength : options.windowLength;
}
