import { melFilterbank, type ResolvedLogMelOptions } from '../../src/features/index.ts';

/**
 * Log-mel by definition: the frame of `fftLength` samples is cut out of the padded clip, the window is laid into it, and a discrete Fourier
 * transform is summed term by term.
 */
export function naiveLogMel(samples: Float32Array, options: ResolvedLogMelOptions): number[] {
  const { windowLength, hopLength, fftLength, power, offset, floor, padding, windowPlacement } = options;
  const bank = melFilterbank(options);
  const window = new Float64Array(fftLength);
  const place = windowPlacement === 'center' || padding === 'center' ? Math.floor((fftLength - windowLength) / 2) : 0;
  for (let n = 0; n < windowLength; n++) window[place + n] = 0.5 - 0.5 * Math.cos((2 * Math.PI * n) / windowLength);

  const front = padding === 'center' ? fftLength / 2 : 0;
  const needed = windowPlacement === 'center' ? fftLength : windowLength;
  const result: number[] = [];
  for (let t = 0; ; t++) {
    const start = t * hopLength;
    if (padding === 'none' && start + needed > samples.length) break;
    if (padding === 'end' && start >= samples.length) break;
    if (padding === 'center' && start > samples.length) break;
    const spectrum = Array.from({ length: fftLength / 2 + 1 }, (_, k) => {
      let [real, imaginary] = [0, 0];
      for (let n = 0; n < fftLength; n++) {
        const value = (window[n] ?? 0) * (samples[start - front + n] ?? 0);
        real += value * Math.cos((2 * Math.PI * k * n) / fftLength);
        imaginary -= value * Math.sin((2 * Math.PI * k * n) / fftLength);
      }
      return Math.hypot(real, imaginary) ** power;
    });
    for (let bin = 0; bin < bank.bins; bin++) {
      const weights = bank.values.subarray(bin * bank.frequencies, (bin + 1) * bank.frequencies);
      const mel = spectrum.reduce((sum, value, k) => sum + value * (weights[k] ?? 0), 0);
      result.push(Math.log(Math.max(mel + offset, floor)));
    }
  }
  return result;
}
