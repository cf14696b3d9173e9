import { readFileSync } from 'node:fs';
import path from 'node:path';
import { createResampler, resample } from '../../src/audio/index.ts';

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

  test('returns a copy at equal rates and refuses a rate of 0', async () => {
    const samples = Float32Array.of(1, 2, 3);
    const copy = await resample(samples, 8000, 8000);
    expect(copy).toEqual(samples);
    expect(copy).not.toBe(samples);
    await expect(resample(samples, 0, 16000)).rejects.toThrow(/positive sample rates, found 0 and 16000/);
  });
});
