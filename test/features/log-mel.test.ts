import { readdirSync, readFileSync } from 'node:fs';
import path from 'node:path';
import fc from 'fast-check';
import { BadInputError } from '../../src/errors.ts';
import {
  frameCount,
  hertzToMel,
  type LogMelOptions,
  logMel,
  melFilterbank,
  melRows,
  melToHertz,
  resolveFeatures,
} from '../../src/features/index.ts';
import { naiveLogMel } from '../oracles/log-mel.ts';
import { describeWithShared } from '../shared.ts';
import { bankOptions, readBanks, readClip, variantOptions } from './golden.ts';

const fixtures = path.resolve(import.meta.dirname, '../fixtures/features');

function expectBanks(file: string): void {
  for (const bank of readBanks(file)) {
    const rows = melRows(resolveFeatures(bankOptions(bank)));
    const dense = (first: number, values: Iterable<number>) => {
      const row = new Float64Array(257);
      row.set([...values], first);
      return row;
    };
    bank.rows.forEach((expected, bin) => {
      const found = dense(rows[bin]?.first ?? 0, rows[bin]?.weights ?? []);
      const error = dense(expected.first, expected.values).map((value, k) => Math.abs(value - (found[k] ?? 0)));
      expect({ bank: bank.id, bin, ok: Math.max(...error) <= 1e-7 }).toEqual({ bank: bank.id, bin, ok: true });
    });
  }
}

function expectClip(file: string): void {
  const { samples, variants } = readClip(file);
  for (const [name, { frames, values }] of Object.entries(variants)) {
    const found = logMel(samples, variantOptions[name]);
    expect({ name, frames: found.frames }).toEqual({ name, frames });
    const worst = Math.max(...values.flat().map((value, i) => Math.abs(value - (found.values[i] ?? Number.NaN))));
    expect({ name, ok: worst <= 1e-5, worst }).toMatchObject({ name, ok: true });
  }
}

describe('melFilterbank()', () => {
  test('equals the filterbanks of librosa and TensorFlow to 1e-7', () => {
    expectBanks(path.join(fixtures, 'mel_filterbanks.json'));
  });

  test('lays the same weights out as a dense [bins, frequencies] matrix', () => {
    const { bins, frequencies, values } = melFilterbank();
    expect([bins, frequencies, values.length]).toEqual([64, 257, 64 * 257]);
    const rows = melRows(resolveFeatures());
    expect(values[10 * 257 + (rows[10]?.first ?? 0)]).toBeCloseTo(rows[10]?.weights[0] ?? Number.NaN, 6);
  });

  test('melToHertz() is the inverse of hertzToMel() on both scales', () => {
    fc.assert(
      fc.property(fc.double({ min: 0, max: 24000, noNaN: true }), fc.constantFrom('htk', 'slaney'), (hertz, scale) => {
        expect(melToHertz(hertzToMel(hertz, scale as 'htk'), scale as 'htk')).toBeCloseTo(hertz, 6);
      }),
    );
  });
});

describe('logMel()', () => {
  test('equals librosa and TensorFlow to 1e-5 on a recording and on a clip of 512 samples', () => {
    expectClip(path.join(fixtures, 'real_start.json'));
    expectClip(path.join(fixtures, 'short_512.json'));
  });

  test('counts frames as the libraries do', () => {
    const { table } = JSON.parse(readFileSync(path.join(fixtures, 'frame_counts.json'), 'utf8')) as {
      table: Record<string, Record<string, number | null>>;
    };
    const conventions: Record<string, LogMelOptions> = {
      tf_400: {},
      leaf_401_pad_end: { preset: 'leaf' },
      librosa_512_center_false: { preset: 'librosa' },
      librosa_512_center_true: { preset: 'librosa', padding: 'center' },
    };
    for (const [samples, row] of Object.entries(table)) {
      for (const [name, options] of Object.entries(conventions)) {
        const found = frameCount(Number(samples), resolveFeatures(options));
        expect({ name, samples, found }).toEqual({ name, samples, found: row[name] ?? 0 });
      }
    }
  });

  test('equals the definition, frame by frame, for any settings', () => {
    const setting = fc.record({
      windowLength: fc.integer({ min: 1, max: 64 }),
      hopLength: fc.integer({ min: 1, max: 50 }),
      bins: fc.integer({ min: 1, max: 12 }),
      lowFrequency: fc.integer({ min: 0, max: 2000 }),
      highFrequency: fc.integer({ min: 2500, max: 8000 }),
      melScale: fc.constantFrom<'htk' | 'slaney'>('htk', 'slaney'),
      triangles: fc.constantFrom<'mel' | 'hertz'>('mel', 'hertz'),
      normalization: fc.constantFrom<'none' | 'slaney'>('none', 'slaney'),
      power: fc.constantFrom<1 | 2>(1, 2),
      padding: fc.constantFrom<'none' | 'end' | 'center'>('none', 'end', 'center'),
      windowPlacement: fc.constantFrom<'start' | 'center'>('start', 'center'),
    });
    fc.assert(
      fc.property(fc.nat(200), setting, (length, given) => {
        const options = resolveFeatures({ ...given, fftLength: 64, offset: 1e-3 });
        const samples = Float32Array.from({ length }, (_, n) => Math.sin(n * n));
        const found = logMel(samples, options);
        const expected = naiveLogMel(samples, options);
        expect(found.values.length).toBe(expected.length);
        found.values.forEach((value, i) => {
          expect(Math.abs(value - (expected[i] ?? Number.NaN))).toBeLessThan(1e-5);
        });
      }),
      { numRuns: 100 },
    );
  });

  test('gives one second of silence the logarithm of the offset', () => {
    const { frames, values } = logMel(new Float32Array(16000));
    expect(frames).toBe(98);
    expect(values.every((value) => value === Math.fround(Math.log(1e-5)))).toBe(true);
  });

  test('shifting a clip by one hop shifts its frames by one', () => {
    fc.assert(
      fc.property(fc.array(fc.float({ min: -1, max: 1, noNaN: true }), { minLength: 700, maxLength: 900 }), (array) => {
        const samples = Float32Array.from(array);
        const whole = logMel(samples);
        const shifted = logMel(samples.subarray(160));
        const expected = whole.values.subarray(64);
        shifted.values.forEach((value, i) => {
          expect(Math.abs(value - (expected[i] ?? Number.NaN))).toBeLessThan(1e-6);
        });
      }),
      { numRuns: 20 },
    );
  });

  test('refuses settings outside their domain, naming the field and the value', () => {
    const bad: [LogMelOptions, RegExp][] = [
      [{ fftLength: 500 }, /features\.fftLength: expected a power of two .*found 500/],
      [{ windowLength: 600 }, /features\.windowLength: .*fftLength \(512\), found 600/],
      [{ hopLength: 0 }, /features\.hopLength: .*found 0/],
      [{ bins: 0 }, /features\.bins: .*found 0/],
      [{ highFrequency: 9000 }, /features\.highFrequency: .*8000 Hz\), found 9000/],
      [{ lowFrequency: 7900 }, /features\.highFrequency: .*7900 Hz/],
      [{ lowFrequency: -1 }, /features\.lowFrequency: .*found -1/],
      [{ floor: 0 }, /features\.floor: .*found 0/],
      [{ floor: Number.NaN }, /features\.floor: .*found NaN/],
      [{ melScale: 'bark' as 'htk' }, /features\.melScale: expected one of htk, slaney, found bark/],
      [{ power: 3 as 2 }, /features\.power: expected one of 1, 2, found 3/],
      [{ padding: 'both' as 'end' }, /features\.padding: expected one of none, end, center, found both/],
      [{ binz: 8 } as LogMelOptions, /features\.binz: not a setting; expected one of sampleRate, /],
      [{ preset: 'mfcc' as 'leaf' }, /features\.preset: expected one of tagliasacchi.*found "mfcc"/],
    ];
    for (const [options, message] of bad) {
      expect(() => logMel(new Float32Array(400), options)).toThrow(BadInputError);
      expect(() => logMel(new Float32Array(400), options)).toThrow(message);
    }
  });
});

describeWithShared('the golden features', 'golden/features', (folder) => {
  test('every filterbank is met to 1e-7', () => expectBanks(path.join(folder, 'mel_filterbanks.json')));

  for (const file of readdirSync(path.join(folder, 'log_mel'))) {
    test(`every log-mel of ${file} is met to 1e-5`, () => expectClip(path.join(folder, 'log_mel', file)));
  }
});
