import {
  firstSample,
  frameCount,
  type LogMelTransform,
  logMel,
  type ResolvedLogMelOptions,
} from '../features/index.ts';
import type { FeatureStore, Waveform } from './types.ts';
import { paddedSamples, type WindowPlan } from './windows.ts';

/** How log-mel features are taken of stored samples. */
export interface WaveformFeatures {
  readonly features: ResolvedLogMelOptions;
  readonly windows: WindowPlan;
  /** What computes the frames; by default JavaScript. */
  readonly transform?: LogMelTransform;
}

/**
 * A store of log-mel features that are computed from samples whenever they are read, with the windows and values of a store that
 * holds features.
 *
 * @param samples a store of samples, which are frames of one value; closed with the store that is returned
 */
export function waveformStore(
  samples: FeatureStore,
  { features, windows, transform }: WaveformFeatures,
): FeatureStore & { readonly waveform: Waveform } {
  const { hopLength, windowLength, bins } = features;
  const first = firstSample(features);
  // What is read begins under the first frame's window: where the clip or the window within a frame begins no longer matters.
  const unpadded: ResolvedLogMelOptions = { ...features, padding: 'none', windowPlacement: 'start' };
  let scratch = new Float32Array(0);

  const lengthOf = (index: number) => samples.trainingFrames(index);

  const waveform: Waveform = {
    samplesUnder: (frames) => (frames - 1) * hopLength + windowLength,
    read(index, start, frames, target) {
      const stored = frameCount(paddedSamples(lengthOf(index), windows), features);
      if (start < 0 || start + frames > stored) {
        throw new RangeError(
          `clip ${samples.clips[index]?.id}: expected frames within 0 … ${stored}, found ${start} … ${start + frames}`,
        );
      }
      const length = waveform.samplesUnder(frames);
      const begin = first + start * hopLength;
      const from = Math.max(0, Math.min(begin, lengthOf(index)));
      const to = Math.max(from, Math.min(begin + length, lengthOf(index)));
      const lead = Math.min(length, Math.max(0, from - begin));
      target.fill(0, 0, lead);
      if (to > from) samples.read(index, from, to - from, target, lead);
      target.fill(0, lead + to - from, length);
    },
    logMel(window, frames, target, offset) {
      target.set(logMel(window.subarray(0, waveform.samplesUnder(frames)), unpadded, transform).values, offset);
    },
  };

  return {
    bins,
    clips: samples.clips,
    bad: samples.bad,
    padded: samples.padded,
    trainingFrames: (index) => Math.max(windows.frames, frameCount(lengthOf(index), features)),
    evaluationStarts: (index) => samples.evaluationStarts(index),
    read(index, start, frames, target, offset) {
      const length = waveform.samplesUnder(frames);
      if (scratch.length < length) scratch = new Float32Array(length);
      waveform.read(index, start, frames, scratch);
      waveform.logMel(scratch, frames, target, offset);
    },
    waveform,
    close: () => samples.close(),
  };
}
