import { BadInputError } from '../errors.ts';
import type { FeatureStore, Split } from './types.ts';

/** Windows of one length over features of one kind: everything here is whole samples and frames. */
export interface WindowPlan {
  /** Samples of a window. */
  readonly samples: number;
  /** Frames of a window: 98 for one second of the paper's features. */
  readonly frames: number;
  /** Samples from one frame to the next. */
  readonly hopLength: number;
}

/**
 * The plan of windows of `seconds`. `frameCount` is the features' own: samples → frames. Throws BadInputError where a window holds no frame.
 */
export function planWindows(
  seconds: number,
  features: { sampleRate: number; hopLength: number },
  frameCount: (samples: number) => number,
): WindowPlan {
  const samples = Math.round(seconds * features.sampleRate);
  const frames = samples > 0 ? frameCount(samples) : 0;
  if (frames < 1) {
    throw new BadInputError(`train.window: expected a length that holds at least one frame, found ${seconds} s`);
  }
  return { samples, frames, hopLength: features.hopLength };
}

/**
 * First frames of the evaluation windows of a clip of `samples`: one window each `plan.samples`, which for the paper's features is
 * every 100 frames. The remainder is dropped unless it is the whole clip or at least half a window (0.5 s of the paper's 1 s).
 */
export function evaluationStarts(samples: number, plan: WindowPlan): number[] {
  const whole = Math.floor(samples / plan.samples);
  const remainder = samples - whole * plan.samples;
  const windows = whole === 0 || remainder * 2 >= plan.samples ? whole + 1 : whole;
  return Array.from({ length: windows }, (_, window) => Math.round((window * plan.samples) / plan.hopLength));
}

/** Samples to which a clip is filled up with zeros before its features are taken, so that every evaluation window has all its frames. */
export function paddedSamples(samples: number, plan: WindowPlan): number {
  const last = evaluationStarts(samples, plan).at(-1) ?? 0;
  return Math.max(samples, last * plan.hopLength + plan.samples);
}

/** The windows by which a split is scored: clips in the store's order, windows from first to last. */
export function* evaluationWindows(
  store: FeatureStore,
  split: Split | 'all',
): Generator<{ index: number; start: number }> {
  for (const [index, clip] of store.clips.entries()) {
    if (split !== 'all' && clip.split !== split) continue;
    for (const start of store.evaluationStarts(index)) yield { index, start };
  }
}
