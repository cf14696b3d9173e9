import { readFileSync } from 'node:fs';
import path from 'node:path';
import { simdLogMelTransform } from '../../src/backend/log-mel/index.ts';
import { type LogMelOptions, logMel } from '../../src/features/index.ts';
import { describeWithShared } from '../shared.ts';

interface GoldenClip {
  input: { dtype: 'float32' | 'int16'; scale: number; base64: string };
  variants: Record<string, { frames: number; mels: number; values: number[][] }>;
}

const librosa: LogMelOptions = { preset: 'librosa' };
/** The variants of `golden/features`, as settings. */
const variants: Record<string, LogMelOptions> = {
  'librosa_pow_max1e-10': librosa,
  'librosa_pow_add1e-5': { ...librosa, offset: 1e-5 },
  'librosa_mag_max1e-10': { ...librosa, power: 1 },
  'librosa_mag_add1e-5': { ...librosa, power: 1, offset: 1e-5 },
  'tf_mag_add1e-5': { preset: 'tagliasacchi' },
  'tf_pow_add1e-5': { preset: 'tensorflow' },
  'leaf_pow_add1e-5': { preset: 'leaf' },
};

function samplesOf({ input }: GoldenClip): Float32Array {
  const bytes = Buffer.from(input.base64, 'base64');
  const { buffer } = Uint8Array.from(bytes);
  return input.dtype === 'float32'
    ? new Float32Array(buffer)
    : Float32Array.from(new Int16Array(buffer), (v) => v / 32768);
}

const clips = [
  ...[
    'am_1_0125s',
    'chirp_50_7900',
    'half_second',
    'impulse',
    'noise',
    'real_five',
    'real_left',
    'real_open',
    'real_start',
  ],
  ...['short_400', 'short_512', 'silence', 'sine_1k', 'square_250'],
];

describeWithShared('log-mel in WebAssembly SIMD', 'golden/features', (folder) => {
  const transform = simdLogMelTransform();

  test.each(clips)('gives librosa’s, TensorFlow’s and leaf’s values of %s to 1e-5, in every variant', (clip) => {
    const golden: GoldenClip = JSON.parse(readFileSync(path.join(folder, 'log_mel', `${clip}.json`), 'utf8'));
    expect(transform).toBeDefined();
    for (const [name, expected] of Object.entries(golden.variants)) {
      const { frames, values } = logMel(samplesOf(golden), variants[name], transform);
      expect([name, frames]).toEqual([name, expected.values.length]);
      const worst = expected.values
        .flat()
        .reduce((most, value, index) => Math.max(most, Math.abs(value - (values[index] ?? Number.NaN))), 0);
      expect(worst).toBeLessThan(1e-5);
    }
  });
});

describe('simdLogMelTransform()', () => {
  const samples = Float32Array.from({ length: 5000 }, (_, n) => Math.sin(n * n * 0.01));

  test('agrees with logMel() in JavaScript to 2e-6 under every preset and padding', () => {
    const transform = simdLogMelTransform();
    const all: LogMelOptions[] = [
      { preset: 'tagliasacchi' },
      { preset: 'torchaudio', padding: 'center' },
      { preset: 'leaf' },
      { fftLength: 1024, windowLength: 777, hopLength: 123, bins: 80, padding: 'center' },
    ];
    for (const options of all) {
      const expected = logMel(samples, options);
      const found = logMel(samples, options, transform);
      expect(found.frames).toBe(expected.frames);
      found.values.forEach((value, index) => {
        expect(Math.abs(value - (expected.values[index] ?? Number.NaN))).toBeLessThan(2e-6);
      });
    }
  });

  test('returns no values for a clip shorter than a frame', () => {
    expect(logMel(new Float32Array(399), {}, simdLogMelTransform())).toEqual({
      frames: 0,
      bins: 64,
      values: new Float32Array(0),
    });
  });
});
