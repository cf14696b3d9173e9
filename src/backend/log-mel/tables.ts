/**
 * The tables of the FFT in `simd/assembly/log-mel.ts`: a complex transform of length M (a power of two) by decimation in
 * frequency, radix 4 throughout with one radix-2 pass first where log2 M is odd.
 */

/** Radices of the passes for length M, outermost first. */
function radices(length: number): number[] {
  const passes: number[] = [];
  let size = length;
  if (Math.log2(length) % 2 === 1) {
    passes.push(2);
    size /= 2;
  }
  for (; size > 1; size /= 4) passes.push(4);
  return passes;
}

/** cos and sin of −2π·turn. */
function rotation(turn: number): [number, number] {
  return [Math.cos(2 * Math.PI * turn), -Math.sin(2 * Math.PI * turn)];
}

/**
 * Twiddle factors of all passes, in the order in which they are used: for every pass over sub-sequences of length L with
 * radix r, for n = 0 … L/r − 1, the pairs cos, sin of −2πjn/L for j = 1 … r − 1.
 */
export function twiddleFactors(length: number): Float64Array {
  const values: number[] = [];
  let size = length;
  for (const radix of radices(length)) {
    for (let n = 0; n < size / radix; n++) {
      for (let j = 1; j < radix; j++) values.push(...rotation((j * n) / size));
    }
    size /= radix;
  }
  return Float64Array.from(values);
}

/** Where the transform leaves frequency k, for k = 0 … M − 1: the digits of k in the passes' radices, reversed. */
export function digitReversal(length: number): Uint32Array {
  const passes = radices(length);
  return Uint32Array.from({ length }, (_, frequency) => {
    let position = 0;
    let rest = frequency;
    let size = length;
    for (const radix of passes) {
      size /= radix;
      position += (rest % radix) * size;
      rest = Math.floor(rest / radix);
    }
    return position;
  });
}

/** cos and sin of −πk/M for k = 0 … M − 1: what unpacks the spectrum of 2M real samples from M complex ones. */
export function unpackingFactors(length: number): Float64Array {
  const values = new Float64Array(2 * length);
  for (let k = 0; k < length; k++) values.set(rotation(k / (2 * length)), 2 * k);
  return values;
}
