import { fftTransform } from './fft-transform.ts';
import { firstSample, frameCount, type LogMelTransform, logMelPlan } from './log-mel-plan.ts';
import { type LogMelOptions, resolveFeatures } from './options.ts';

/** A log-mel spectrogram: row-major [frames, bins], natural logarithms, the lowest mel bin first. */
export interface LogMel {
  readonly frames: number;
  readonly bins: number;
  readonly values: Float32Array;
}

/**
 * Log-mel spectrogram of mono samples at `options.sampleRate`: frames under a periodic Hann window, FFT, magnitude or power, mel
 * triangles, logarithm; in double precision throughout (within 1e-5 of librosa, torchaudio and TensorFlow in float64).
 *
 * @param samples mono, any length; a clip shorter than a frame has 0 frames unless it is padded.
 * @param options a preset and what differs from it; 16,000 samples give [98, 64] by default.
 * @param transform computes the frames; by default in JavaScript through fft.js.
 * @throws BadInputError as `resolveFeatures`.
 */
export function logMel(
  samples: Float32Array,
  options: LogMelOptions = {},
  transform: LogMelTransform = fftTransform,
): LogMel {
  const resolved = resolveFeatures(options);
  const frames = frameCount(samples.length, resolved);
  const values = transform(samples, frames, firstSample(resolved), logMelPlan(resolved));
  return { frames, bins: resolved.bins, values };
}
