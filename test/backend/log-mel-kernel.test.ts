import fc from 'fast-check';
import { compileLogMel } from '../../src/backend/log-mel/compile.ts';
import { createLogMelKernel } from '../../src/backend/log-mel/kernel.ts';
import { digitReversal, twiddleFactors, unpackingFactors } from '../../src/backend/log-mel/tables.ts';
import type { LogMelPlan } from '../../src/features/log-mel-plan.ts';

/** Log-mel by the definition: a discrete Fourier transform summed term by term. */
function naiveLogMel(samples: Float32Array, frames: number, start: number, settings: LogMelPlan): number[] {
  const { hopLength, fftLength, window, power, rows, offset, floor } = settings;
  const values: number[] = [];
  for (let frame = 0; frame < frames; frame++) {
    const begin = start + frame * hopLength;
    const spectrum = Array.from({ length: fftLength / 2 + 1 }, (_, bin) => {
      let re = 0;
      let im = 0;
      window.forEach((weight, n) => {
        const value = weight * (samples[begin + n] ?? 0);
        re += value * Math.cos((2 * Math.PI * ((bin * n) % fftLength)) / fftLength);
        im -= value * Math.sin((2 * Math.PI * ((bin * n) % fftLength)) / fftLength);
      });
      return (re * re + im * im) ** (power / 2);
    });
    for (const { first, weights } of rows) {
      const mel = weights.reduce((sum, weight, index) => sum + weight * (spectrum[first + index] ?? 0), 0);
      values.push(Math.log(Math.max(mel + offset, floor)));
    }
  }
  return values;
}

function compiled(allowed: 'simd256' | 'simd128' = 'simd256') {
  const result = compileLogMel(allowed);
  if (result === undefined) throw new Error('this machine has no WebAssembly SIMD');
  return result;
}

const { module } = compiled();

function kernelOf(settings: LogMelPlan) {
  return createLogMelKernel(module, settings);
}

function worstDifference(found: Float32Array, expected: number[]): number {
  expect(found).toHaveLength(expected.length);
  return expected.reduce((worst, value, index) => Math.max(worst, Math.abs(value - (found[index] ?? Number.NaN))), 0);
}

const settings = fc
  .record({
    log2Fft: fc.integer({ min: 1, max: 8 }),
    windowShare: fc.double({ min: 0.1, max: 1, noNaN: true }),
    hopLength: fc.integer({ min: 1, max: 200 }),
    power: fc.constantFrom<1 | 2>(1, 2),
    compression: fc.constantFrom({ offset: 1e-5, floor: 0 }, { offset: 0, floor: 1e-10 }),
    rowStarts: fc.array(fc.double({ min: 0, max: 1, noNaN: true }), { minLength: 1, maxLength: 6 }),
    seed: fc.integer({ min: 1, max: 1000 }),
  })
  .map(({ log2Fft, windowShare, hopLength, power, compression, rowStarts, seed }): LogMelPlan => {
    const fftLength = 2 ** log2Fft;
    const bins = fftLength / 2 + 1;
    return {
      hopLength,
      fftLength,
      window: Float64Array.from({ length: Math.max(1, Math.floor(windowShare * fftLength)) }, (_, n) =>
        Math.sin(seed + n),
      ),
      power,
      rows: rowStarts.map((share, row) => {
        const first = Math.min(bins - 1, Math.floor(share * bins));
        return {
          first,
          weights: Float64Array.from({ length: Math.min(1 + 3 * row, bins - first) }, (_, n) => 0.1 + n),
        };
      }),
      ...compression,
    };
  });

describe('the SIMD log-mel kernel', () => {
  test('is the definition summed term by term, for any window, hop and power-of-two FFT, before and past the clip’s ends', () => {
    fc.assert(
      fc.property(
        settings,
        fc.integer({ min: 0, max: 9 }),
        fc.integer({ min: -300, max: 100 }),
        fc.integer({ min: 0, max: 600 }),
        (given, frames, start, length) => {
          const samples = Float32Array.from({ length }, (_, n) => Math.sin(0.3 * n * n) + 0.1);
          const found = kernelOf(given)(samples, frames, start);
          expect(worstDifference(found, naiveLogMel(samples, frames, start, given))).toBeLessThan(5e-6);
        },
      ),
      { numRuns: 60 },
    );
  });

  test('gives a frame the same bits wherever it falls among its neighbours', () => {
    const given: LogMelPlan = {
      hopLength: 160,
      fftLength: 512,
      window: Float64Array.from({ length: 400 }, (_, n) => 0.5 - 0.5 * Math.cos((2 * Math.PI * n) / 400)),
      power: 2,
      rows: [{ first: 3, weights: Float64Array.of(0.5, 1, 0.5) }],
      offset: 1e-5,
      floor: 0,
    };
    const kernel = kernelOf(given);
    const samples = Float32Array.from({ length: 16_000 }, (_, n) => Math.sin(n * n));
    const all = kernel(samples, 98, 0);
    const alone = Array.from({ length: 98 }, (_, frame) => kernel(samples, 1, 160 * frame)[0]);
    expect([...all]).toEqual(alone);
  });

  test('gives the same bits in 128-bit code as in the code that V8 fuses to 256 bits', () => {
    expect(compileLogMel('scalar')).toBeUndefined();
    const plain = compiled('simd128');
    expect(plain.instructions).toBe('simd128');
    const given: LogMelPlan = {
      hopLength: 7,
      fftLength: 256,
      window: Float64Array.from({ length: 200 }, (_, n) => Math.sin(n)),
      power: 1,
      rows: Array.from({ length: 60 }, (_, first) => ({ first, weights: Float64Array.of(0.5, 1, 0.5) })),
      offset: 0,
      floor: 1e-10,
    };
    const samples = Float32Array.from({ length: 3000 }, (_, n) => Math.sin(n * n));
    const found = createLogMelKernel(plain.module, given)(samples, 401, 0);
    expect(found).toEqual(kernelOf(given)(samples, 401, 0));
  });

  test('leaves a long clip’s chunks and a later short clip free of one another’s samples', () => {
    const given: LogMelPlan = {
      hopLength: 10,
      fftLength: 16,
      window: new Float64Array(16).fill(1),
      power: 2,
      rows: [{ first: 0, weights: Float64Array.of(1) }],
      offset: 1,
      floor: 0,
    };
    const kernel = kernelOf(given);
    kernel(new Float32Array(5000).fill(7), 500, 0);
    expect([...kernel(new Float32Array(4), 6, -8)]).toEqual([0, 0, 0, 0, 0, 0]);
  });

  test('has a logarithm within 1e-11 of Math.log from 1e-300 to 1e300, and keeps infinity and NaN', () => {
    const { memory, heapBase, logarithms } = new WebAssembly.Instance(module).exports as unknown as {
      memory: WebAssembly.Memory;
      heapBase: { readonly value: number };
      logarithms(address: number, count: number): void;
    };
    const exponents = Array.from({ length: 2000 }, (_, index) => (index - 1000) * 0.69);
    const nearOne = Array.from({ length: 2000 }, (_, index) => Math.log(0.5 + index / 1000) || 1e-3);
    const given = Float64Array.from([...exponents, ...nearOne].map(Math.exp));
    const address = Math.ceil(heapBase.value / 16) * 16;
    memory.grow(1);
    const view = new Float64Array(memory.buffer, address, given.length);
    view.set(given);
    logarithms(address, given.length);
    const worst = given.reduce((most, x, index) => {
      const exact = Math.log(x);
      const error = Math.abs((view[index] ?? Number.NaN) - exact) / Math.max(Math.abs(exact), 1e-3);
      return Math.max(most, error);
    }, 0);
    expect(worst).toBeLessThan(1e-11);
    view.set([Number.POSITIVE_INFINITY, Number.NaN]);
    logarithms(address, 2);
    expect([...view.subarray(0, 2)]).toEqual([Number.POSITIVE_INFINITY, Number.NaN]);
  });

  test('marks frames with a NaN among their samples, and no others', () => {
    const given: LogMelPlan = {
      hopLength: 8,
      fftLength: 8,
      window: new Float64Array(8).fill(1),
      power: 2,
      rows: [{ first: 0, weights: Float64Array.of(1) }],
      offset: 1,
      floor: 0,
    };
    const samples = new Float32Array(64);
    samples[17] = Number.NaN;
    expect([...kernelOf(given)(samples, 8, 0)].map(Number.isNaN)).toEqual([0, 0, 1, 0, 0, 0, 0, 0].map(Boolean));
  });
});

describe('the tables of the FFT', () => {
  test('digitReversal() is a permutation, and reverses base-4 digits where the length is a power of four', () => {
    for (const length of [1, 2, 4, 8, 128, 256]) {
      expect([...digitReversal(length)].sort((a, b) => a - b)).toEqual(Array.from({ length }, (_, index) => index));
    }
    expect([...digitReversal(16)].slice(0, 6)).toEqual([0, 4, 8, 12, 1, 5]);
  });

  test('twiddleFactors() and unpackingFactors() lie on the unit circle', () => {
    for (const table of [twiddleFactors(128), twiddleFactors(256), unpackingFactors(256)]) {
      for (let index = 0; index < table.length; index += 2) {
        expect(Math.hypot(table[index] ?? 0, table[index + 1] ?? 0)).toBeCloseTo(1, 14);
      }
    }
  });
});
