import { execFileSync } from 'node:child_process';
import { readFileSync } from 'node:fs';
import path from 'node:path';
import fc from 'fast-check';
import { createResampler, resample } from '../../src/audio/index.ts';
import { BadInputError } from '../../src/errors.ts';

interface Case {
  id: string;
  inRate: number;
  inSamples: number;
  outSamples: { ceil: number };
  signal: { type: 'sine' | 'chirp'; a: number; f: number; ph: number; f0: number; f1: number; T: number };
  kind: 'tone' | 'alias' | 'chirp';
  compareOn: [number, number];
}

const { cases } = JSON.parse(
  readFileSync(path.resolve(import.meta.dirname, '../fixtures/audio/resample.json'), 'utf8'),
) as { cases: Case[] };

function signalAt({ signal: s }: Case, t: number): number {
  if (s.type === 'sine') return s.a * Math.sin(2 * Math.PI * s.f * t + (s.ph ?? 0));
  return s.a * Math.sin(2 * Math.PI * (s.f0 * t + ((s.f1 - s.f0) / (2 * s.T)) * t * t));
}

const input = (one: Case) => Float32Array.from({ length: one.inSamples }, (_, n) => signalAt(one, n / one.inRate));
const decibel = (ratio: number) => 20 * Math.log10(ratio);
const rms = (values: Float64Array) => Math.sqrt(values.reduce((sum, value) => sum + value * value, 0) / values.length);

/** Least-squares sine of a known frequency: amplitude, phase, and the rms of what is left. */
function sineFit(samples: Float32Array, first: number, frequency: number) {
  let [ss, sc, cc, sy, cy] = [0, 0, 0, 0, 0];
  samples.forEach((y, i) => {
    const [s, c] = [Math.sin, Math.cos].map((f) => f((2 * Math.PI * frequency * (first + i)) / 16000)) as [
      number,
      number,
    ];
    [ss, sc, cc, sy, cy] = [ss + s * s, sc + s * c, cc + c * c, sy + s * y, cy + c * y];
  });
  const det = ss * cc - sc * sc;
  const [a, b] = [(sy * cc - cy * sc) / det, (cy * ss - sy * sc) / det];
  const left = Float64Array.from(samples, (y, i) => {
    const w = (2 * Math.PI * frequency * (first + i)) / 16000;
    return y - a * Math.sin(w) - b * Math.cos(w);
  });
  return { amplitude: Math.hypot(a, b), phase: Math.atan2(b, a), residual: rms(left) };
}

describe('resample()', () => {
  test.each(cases.map((one) => [one.id, one] as const))(
    '%s is within the tolerances of a band-limited resampler',
    async (_, one) => {
      const output = await resample(input(one), one.inRate, 16000);
      expect(output.length).toBe(one.outSamples.ceil);
      const [from, to] = one.compareOn;
      const kept = output.subarray(from, to);
      if (one.kind === 'tone') {
        const { amplitude, phase, residual } = sineFit(kept, from, one.signal.f);
        if (one.signal.f <= 7000) expect(Math.abs(decibel(amplitude / one.signal.a))).toBeLessThan(0.5);
        expect(Math.abs(phase)).toBeLessThan(0.01);
        expect(decibel((residual * Math.SQRT2) / one.signal.a)).toBeLessThan(-55);
      } else if (one.kind === 'alias') {
        const level = decibel((rms(Float64Array.from(kept)) * Math.SQRT2) / one.signal.a);
        if (one.signal.f >= 12000) expect(level).toBeLessThan(-60);
      } else {
        const error = Float64Array.from(kept, (value, i) => value - signalAt(one, (from + i) / 16000));
        expect(decibel((rms(error) * Math.SQRT2) / one.signal.a)).toBeLessThan(-60);
      }
    },
  );

  test('gives the same samples in blocks of any length as at once', async () => {
    const [one] = cases as [Case];
    const samples = input(one);
    const whole = await resample(samples, one.inRate, 16000);
    const resampler = await createResampler(one.inRate, 16000);
    const pieces: number[] = [];
    for (let i = 0, size = 1; i < samples.length; i += size, size = (size * 7) % 1009) {
      pieces.push(...resampler.push(samples.subarray(i, i + size)));
    }
    pieces.push(...resampler.flush());
    resampler.close();
    expect(pieces.length).toBe(whole.length);
    expect(Math.max(...pieces.map((value, i) => Math.abs(value - (whole[i] ?? Number.NaN))))).toBeLessThan(1e-6);
  });

  test('returns a copy at equal rates', async () => {
    const samples = Float32Array.of(1, 2, 3);
    const copy = await resample(samples, 8000, 8000);
    expect(copy).toEqual(samples);
    expect(copy).not.toBe(samples);
  });

  test('gives ⌈N · to / from⌉ samples for any length and any rates, and the same ones each time', async () => {
    const rates = [8000, 16000, 44100, 384000];
    await fc.assert(
      fc.asyncProperty(
        fc.nat(3000),
        fc.constantFrom(...rates),
        fc.constantFrom(...rates.slice(0, 3)),
        async (length, from, to) => {
          const samples = Float32Array.from({ length }, (_, i) => Math.sin(i / 9));
          const first = await resample(samples, from, to);
          expect(first.length).toBe(Math.ceil((length * to) / from));
          expect(await resample(samples, from, to)).toEqual(first);
        },
      ),
      { numRuns: 30 },
    );
  });

  test('runs several streams of the same rates at once without mixing them', async () => {
    const tones = [3, 5, 7, 11].map((divisor) => Float32Array.from({ length: 4410 }, (_, i) => Math.sin(i / divisor)));
    const alone: Float32Array[] = [];
    for (const tone of tones) alone.push(await resample(tone, 44100, 16000));
    const resamplers = await Promise.all(tones.map(() => createResampler(44100, 16000)));
    const pieces = tones.map((): number[] => []);
    for (let block = 0; block < 10; block++) {
      resamplers.forEach((one, i) => {
        pieces[i]?.push(...one.push((tones[i] ?? new Float32Array()).subarray(441 * block, 441 * (block + 1))));
      });
    }
    resamplers.forEach((one, i) => {
      pieces[i]?.push(...one.flush());
      one.close();
    });
    expect(pieces.map((piece) => Float32Array.from(piece))).toEqual(alone);
  });

  test.each([
    [0, 16000, /sample rates that are positive integers, found 0 Hz to 16000 Hz/],
    [16000, Number.NaN, /positive integers, found 16000 Hz to NaN Hz/],
    [44100.5, 16000, /positive integers, found 44100.5 Hz/],
    [16000, 62, /a factor of 256 apart, found 16000 Hz to 62 Hz/],
    [192007, 16000, /up to 192000 Hz or in a simpler ratio, found 192007 Hz/],
  ])('refuses the rates %d to %d, naming both', async (from, to, message) => {
    await expect(resample(new Float32Array(8), from, to)).rejects.toThrow(BadInputError);
    await expect(resample(new Float32Array(8), from, to)).rejects.toThrow(message);
  });

  test('works in plain Node, which sees less of a CommonJS bundle than jest does', () => {
    const code = `const { resample } = await import(${JSON.stringify(import.meta.resolve('../../src/audio/index.ts'))});
      process.stdout.write(String((await resample(new Float32Array(32000), 32000, 16000)).length));`;
    const found = execFileSync(process.execPath, ['--input-type=module', '-e', code], {
      encoding: 'utf8',
      env: { ...process.env, NODE_OPTIONS: '' },
    });
    expect(found).toBe('16000');
  });
});
