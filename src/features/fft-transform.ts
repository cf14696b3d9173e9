import FFT from 'fft.js';
import type { LogMelPlan, LogMelTransform } from './log-mel-plan.ts';

/** What one plan needs again and again. */
interface Tables {
  readonly fft: FFT;
  /** Interleaved complex input and output; plain arrays are what fft.js is fastest with. Behind the window the input stays 0. */
  readonly input: number[];
  readonly output: number[];
  /** Samples of the two frames in flight, where they do not lie in the clip whole. */
  readonly edge: Float32Array;
  /** Magnitudes or powers of the two frames in flight, of the frequencies that some mel row reads. */
  readonly spectra: readonly [Float64Array, Float64Array];
  /** The mel rows one behind the other: row b has the weights starts[b] … starts[b + 1] − 1, of the frequencies from firsts[b] on. */
  readonly firsts: Int32Array;
  readonly starts: Int32Array;
  readonly weights: Float64Array;
  /** First frequency that a row reads, and the one behind the last. */
  readonly lowest: number;
  readonly highest: number;
}

const tablesOf = new WeakMap<LogMelPlan, Tables>();

function tables(plan: LogMelPlan): Tables {
  const known = tablesOf.get(plan);
  if (known !== undefined) return known;
  const { rows, fftLength, window, hopLength } = plan;
  const fft = new FFT(fftLength);
  const frequencies = fftLength / 2 + 1;
  const starts = new Int32Array(rows.length + 1);
  rows.forEach((row, bin) => {
    starts[bin + 1] = (starts[bin] as number) + row.weights.length;
  });
  const weights = new Float64Array(starts[rows.length] as number);
  rows.forEach((row, bin) => {
    weights.set(row.weights, starts[bin]);
  });
  const made: Tables = {
    fft,
    input: fft.createComplexArray(),
    output: fft.createComplexArray(),
    edge: new Float32Array(window.length + hopLength),
    spectra: [new Float64Array(frequencies), new Float64Array(frequencies)],
    firsts: Int32Array.from(rows, (row) => row.first),
    starts,
    weights,
    lowest: Math.min(...rows.map((row) => row.first)),
    highest: Math.max(...rows.map((row) => row.first + row.weights.length)),
  };
  tablesOf.set(plan, made);
  return made;
}

/**
 * Log-mel in double precision through fft.js. Two real frames x and y ride in one complex transform Z of x + iy:
 * X[k] = (Z[k] + Z*[N − k]) / 2 and Y[k] = (Z[k] − Z*[N − k]) / 2i.
 */
export const fftTransform: LogMelTransform = (samples, frames, start, plan) => {
  const { hopLength, window } = plan;
  const bins = plan.rows.length;
  const own = tables(plan);
  const [first, second] = own.spectra;
  const values = new Float32Array(frames * bins);
  for (let frame = 0; frame < frames; frame += 2) {
    const from = start + frame * hopLength;
    const whole = from >= 0 && from + hopLength + window.length <= samples.length;
    if (whole) writeFrames(samples, from, plan, own);
    else writeFrames(framesAtEdge(samples, from, own.edge), 0, plan, own);
    own.fft.transform(own.output, own.input);
    writeSpectra(plan, own);
    writeMels(first, values, frame * bins, plan, own);
    if (frame + 1 < frames) writeMels(second, values, (frame + 1) * bins, plan, own);
  }
  return values;
};

/** The samples under two frames where some lie outside the clip, which is silent there. */
function framesAtEdge(samples: Float32Array, from: number, edge: Float32Array): Float32Array {
  edge.fill(0);
  edge.set(samples.subarray(Math.max(0, from), Math.max(0, from + edge.length)), Math.max(0, -from));
  return edge;
}

/** The frames at `from` and one hop behind it, under the window: real and imaginary parts of the transform's input. */
function writeFrames(samples: Float32Array, from: number, { window, hopLength }: LogMelPlan, { input }: Tables): void {
  const next = from + hopLength;
  for (let n = 0; n < window.length; n++) {
    const weight = window[n] as number;
    input[2 * n] = weight * (samples[from + n] as number);
    input[2 * n + 1] = weight * (samples[next + n] as number);
  }
}

/** Magnitudes or powers of both frames from the transform's output. */
function writeSpectra({ fftLength, power }: LogMelPlan, { output, spectra, lowest, highest }: Tables): void {
  const [first, second] = spectra;
  for (let k = lowest; k < highest; k++) {
    const mirror = k === 0 ? 0 : 2 * (fftLength - k);
    const real = output[2 * k] as number;
    const imaginary = output[2 * k + 1] as number;
    const mirrorReal = output[mirror] as number;
    const mirrorImaginary = output[mirror + 1] as number;
    const xReal = real + mirrorReal;
    const xImaginary = imaginary - mirrorImaginary;
    const yReal = imaginary + mirrorImaginary;
    const yImaginary = mirrorReal - real;
    const x = (xReal * xReal + xImaginary * xImaginary) / 4;
    const y = (yReal * yReal + yImaginary * yImaginary) / 4;
    first[k] = power === 2 ? x : Math.sqrt(x);
    second[k] = power === 2 ? y : Math.sqrt(y);
  }
}

/** The mel values of one spectrum and their logarithms. */
function writeMels(
  spectrum: Float64Array,
  values: Float32Array,
  at: number,
  { offset, floor }: LogMelPlan,
  { firsts, starts, weights }: Tables,
): void {
  for (let bin = 0; bin < firsts.length; bin++) {
    const begin = starts[bin] as number;
    const end = starts[bin + 1] as number;
    const shift = (firsts[bin] as number) - begin;
    let sum = 0;
    for (let i = begin; i < end; i++) sum += (weights[i] as number) * (spectrum[i + shift] as number);
    values[at + bin] = Math.log(Math.max(sum + offset, floor));
  }
}
