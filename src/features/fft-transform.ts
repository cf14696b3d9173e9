import FFT from 'fft.js';
import type { LogMelPlan, LogMelTransform } from './log-mel-plan.ts';

interface Tables {
  readonly fft: FFT;
  /** Interleaved complex input and output; plain arrays are what fft.js is fastest with. */
  readonly input: number[];
  readonly output: number[];
  /** Magnitudes or powers of the two frames in flight. */
  readonly spectra: [Float64Array, Float64Array];
}

const tablesOf = new WeakMap<LogMelPlan, Tables>();

function tables(plan: LogMelPlan): Tables {
  let found = tablesOf.get(plan);
  if (found === undefined) {
    const fft = new FFT(plan.fftLength);
    const frequencies = plan.fftLength / 2 + 1;
    found = {
      fft,
      input: fft.createComplexArray(),
      output: fft.createComplexArray(),
      spectra: [new Float64Array(frequencies), new Float64Array(frequencies)],
    };
    tablesOf.set(plan, found);
  }
  return found;
}

/**
 * Log-mel in double precision through fft.js. Two real frames x and y ride in one complex transform Z of x + iy:
 * X[k] = (Z[k] + Z*[N − k]) / 2 and Y[k] = (Z[k] − Z*[N − k]) / 2i.
 */
export const fftTransform: LogMelTransform = (samples, frames, start, plan) => {
  const { rows, hopLength, fftLength, window, power, offset, floor } = plan;
  const { fft, input, output, spectra } = tables(plan);
  const values = new Float32Array(frames * rows.length);
  for (let frame = 0; frame < frames; frame += 2) {
    input.fill(0);
    const from = start + frame * hopLength;
    const both = frame + 1 < frames;
    for (let n = 0; n < window.length; n++) {
      const weight = window[n] ?? 0;
      input[2 * n] = weight * (samples[from + n] ?? 0);
      if (both) input[2 * n + 1] = weight * (samples[from + hopLength + n] ?? 0);
    }
    fft.transform(output, input);
    const [first, second] = spectra;
    for (let k = 0; k <= fftLength / 2; k++) {
      const mirror = 2 * ((fftLength - k) % fftLength);
      const real = output[2 * k] ?? 0;
      const imaginary = output[2 * k + 1] ?? 0;
      const mirrorReal = output[mirror] ?? 0;
      const mirrorImaginary = output[mirror + 1] ?? 0;
      const x = ((real + mirrorReal) ** 2 + (imaginary - mirrorImaginary) ** 2) / 4;
      const y = ((imaginary + mirrorImaginary) ** 2 + (real - mirrorReal) ** 2) / 4;
      first[k] = power === 2 ? x : Math.sqrt(x);
      second[k] = power === 2 ? y : Math.sqrt(y);
    }
    writeMel(first, frame);
    if (both) writeMel(second, frame + 1);
  }
  return values;

  function writeMel(spectrum: Float64Array, frame: number): void {
    rows.forEach(({ first, weights }, bin) => {
      let sum = 0;
      for (let i = 0; i < weights.length; i++) sum += (weights[i] ?? 0) * (spectrum[first + i] ?? 0);
      values[frame * rows.length + bin] = Math.log(Math.max(sum + offset, floor));
    });
  }
};
