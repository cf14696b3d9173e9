/** Taps on either side of the middle one. */
const reach = 63;
/** Cut-off as a share of the input rate: 7.4 kHz of 32 kHz, so that what would be folded back lies in the stop band. */
const cutoff = 7.4 / 32;
const kaiserBeta = 8;

/** Modified Bessel function of the first kind and order 0, by its power series. */
function besselI0(x: number): number {
  let sum = 1;
  let term = 1;
  for (let k = 1; term > 1e-12 * sum; k++) {
    term *= (x / (2 * k)) ** 2;
    sum += term;
  }
  return sum;
}

/** A sinc low-pass under a Kaiser window (Oppenheim and Schafer, Discrete-Time Signal Processing, 7.5.3): −80 dB from 8 kHz of 32 kHz on. */
const taps = Float64Array.from({ length: 2 * reach + 1 }, (_, index) => {
  const n = index - reach;
  const sinc = n === 0 ? 2 * cutoff : Math.sin(2 * Math.PI * cutoff * n) / (Math.PI * n);
  return (sinc * besselI0(kaiserBeta * Math.sqrt(1 - (n / reach) ** 2))) / besselI0(kaiserBeta);
});

/** Every second sample of the low-passed input, without delay: ⌈N / 2⌉ of N samples. Outside the input there is silence. */
export function halveRate(samples: Float32Array): Float32Array {
  const output = new Float32Array(Math.ceil(samples.length / 2));
  for (let at = 0; at < output.length; at++) {
    const first = Math.max(0, 2 * at - reach);
    const last = Math.min(samples.length - 1, 2 * at + reach);
    let sum = 0;
    for (let from = first; from <= last; from++)
      sum += (samples[from] as number) * (taps[from - 2 * at + reach] as number);
    output[at] = sum;
  }
  return output;
}
