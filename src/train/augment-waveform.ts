import type { BatchOptions } from '../datasets/batches.ts';
import type { NoiseRecordings } from '../datasets/noise.ts';
import type { FeatureStore } from '../datasets/types.ts';
import type { AugmentationSettings } from '../pipeline/schema.ts';
import { stream } from '../random.ts';

export interface WaveformAugmentOptions {
  readonly settings: AugmentationSettings;
  readonly sampleRate: number;
  /** Frames of a window. */
  readonly frames: number;
  readonly seed: number;
  /** The store of each source. */
  readonly stores: readonly FeatureStore[];
  /** The noise of each source, where `settings.noise` is given. */
  readonly noise: readonly NoiseRecordings[];
}

/**
 * What reads the windows of training batches where stores keep samples and these are to be changed before the log-mel is taken; undefined
 * where nothing is to be changed. In this order:
 *
 * - `timeShift`: the window's samples are moved by up to so many seconds either way, and zeros fill the gap.
 * - `gain`: they are multiplied by up to so many dB either way.
 * - `noise`: with its `probability`, a run of background noise is added at a ratio uniform over `snr`, as `mixAtSnr`.
 *
 * What is drawn depends on the seed, the step and the row alone, so that a run that goes on draws the same.
 */
export function waveformReader(options: WaveformAugmentOptions): BatchOptions['readWindow'] {
  const { settings, sampleRate, frames, seed, stores, noise } = options;
  const { timeShift, gain, noise: mixing } = settings;
  if (timeShift === 0 && gain === 0 && mixing === undefined) return undefined;
  const largestShift = Math.round(timeShift * sampleRate);
  let window = new Float32Array(0);
  let background = new Float32Array(0);

  return ({ source, clip, start, step, row }, target, offset) => {
    const waveform = stores[source]?.waveform;
    if (waveform === undefined) throw new Error(`source ${source}: expected a store of samples`);
    const length = waveform.samplesUnder(frames);
    if (window.length !== length) window = new Float32Array(length);
    waveform.read(clip, start, frames, window);
    const changes = stream(seed, `augmentation/waveform/${step}/${row}`);
    if (largestShift > 0) shiftSamples(window, changes.integer(2 * largestShift + 1) - largestShift);
    if (gain > 0) scale(window, 10 ** (((2 * changes.uniform() - 1) * gain) / 20));
    const recordings = noise[source];
    if (mixing !== undefined && recordings !== undefined) {
      const random = stream(seed, `augmentation/noise/${step}/${row}`);
      const [low, high] = mixing.snr;
      if (random.uniform() < mixing.probability) {
        const snr = low + (high - low) * random.uniform();
        if (background.length !== length) background = new Float32Array(length);
        recordings.draw(random, background);
        mixAtSnr(window, background, snr);
      }
    }
    waveform.logMel(window, frames, target, offset);
  };
}

/**
 * Adds `noise` to `samples` so that 10 log₁₀(mean square of the samples / mean square of what is added) is `snr` dB, both over the whole
 * length. Samples or noise that are all zero have no such ratio: then nothing is added.
 */
export function mixAtSnr(samples: Float32Array, noise: Float32Array, snr: number): void {
  const signal = sumOfSquares(samples);
  const background = sumOfSquares(noise);
  if (signal === 0 || background === 0) return;
  const factor = Math.sqrt(signal / background) * 10 ** (-snr / 20);
  for (let i = 0; i < samples.length; i++) samples[i] = (samples[i] as number) + factor * (noise[i] as number);
}

function sumOfSquares(samples: Float32Array): number {
  // Two sums that do not wait for each other.
  let even = 0;
  let odd = 0;
  const paired = samples.length - (samples.length % 2);
  for (let i = 0; i < paired; i += 2) {
    const first = samples[i] as number;
    const second = samples[i + 1] as number;
    even += first * first;
    odd += second * second;
  }
  const last = samples[paired] ?? 0;
  return even + odd + last * last;
}

function scale(samples: Float32Array, factor: number): void {
  for (let i = 0; i < samples.length; i++) samples[i] = (samples[i] as number) * factor;
}

/** Moves samples to later places by `by` (to earlier ones where it is negative); what they leave is 0. */
function shiftSamples(samples: Float32Array, by: number): void {
  const places = Math.max(-samples.length, Math.min(samples.length, by));
  samples.copyWithin(Math.max(0, places), Math.max(0, -places));
  if (places > 0) samples.fill(0, 0, places);
  else if (places < 0) samples.fill(0, samples.length + places);
}
