import fc from 'fast-check';
import { hasOffset, isClipped, isSilent, type Levels, levelMeter } from '../../src/datasets/clip-examination.ts';

const fullScale = 32767 / 32768;

function measure(blocks: readonly (readonly Float32Array[])[], scale = fullScale): Levels {
  const meter = levelMeter(scale);
  for (const block of blocks) meter.push(block);
  return meter.levels();
}

const mono = (...samples: number[]) => measure([[Float32Array.from(samples)]]);
const sine = (amplitude: number, offset = 0) =>
  Float32Array.from({ length: 16000 }, (_, n) => offset + amplitude * Math.sin((2 * Math.PI * 100 * n) / 16000));

/** Share of samples in runs of at least three at full scale of one sign, read off the whole clip sample by sample. */
function clippedShare(channels: readonly Float32Array[], scale: number): number {
  let clipped = 0;
  let total = 0;
  for (const samples of channels) {
    const text = Array.from(samples, (value) => (value >= scale ? '+' : value <= -scale ? '-' : '.')).join('');
    for (const [run] of text.matchAll(/\+{3,}|-{3,}/g)) clipped += run.length;
    total += samples.length;
  }
  return clipped / total;
}

describe('levelMeter()', () => {
  test('measures a sine: peak A, RMS A/√2, no offset', () => {
    const levels = measure([[sine(0.5)]]);
    expect(levels.peak).toBeCloseTo(0.5, 4);
    expect(levels.rms).toBeCloseTo(0.5 / Math.SQRT2, 6);
    expect(levels.offset).toBeCloseTo(0, 6);
    expect(levels.swing).toBeCloseTo(0.5, 4);
    expect(levels.clipped).toBe(0);
  });

  test('takes peak, offset and swing of the channel where they are largest, and the RMS of all', () => {
    const levels = measure([[sine(0.1, 0.2), sine(0.4, -0.3)]]);
    expect(levels.peak).toBeCloseTo(0.7, 4);
    expect(levels.offset).toBeCloseTo(-0.3, 6);
    expect(levels.swing).toBeCloseTo(0.4, 4);
    expect(levels.rms).toBeCloseTo(Math.sqrt((0.04 + 0.005 + 0.09 + 0.08) / 2), 5);
  });

  test('says the same however the clip is cut into blocks', () => {
    const value = fc.constantFrom(-1, -0.5, 0, 0.25, fullScale, 1);
    fc.assert(
      fc.property(fc.array(value, { minLength: 1, maxLength: 40 }), fc.nat(40), fc.nat(40), (left, a, b) => {
        const channels = [Float32Array.from(left), Float32Array.from(left).reverse()];
        const [first, second] = [Math.min(a, b), Math.max(a, b)];
        const blocks = [
          channels.map((channel) => channel.subarray(0, first)),
          channels.map((channel) => channel.subarray(first, second)),
          channels.map((channel) => channel.subarray(second)),
        ];
        const whole = measure([channels]);
        expect(measure(blocks)).toEqual(whole);
        expect(whole.clipped).toBeCloseTo(clippedShare(channels, fullScale), 12);
      }),
    );
  });

  test('gives NaN where a sample is no finite number', () => {
    expect(mono(0, Number.NaN, 0).rms).toBeNaN();
    expect(mono(0, Number.POSITIVE_INFINITY, 0).peak).toBeNaN();
    expect(measure([]).rms).toBeNaN();
  });
});

describe('isClipped()', () => {
  test('wants three samples in a row at full scale, on one side', () => {
    expect(isClipped(mono(0, 1, 1, 0, 1, 1))).toBe(false);
    expect(isClipped(mono(1, 1, -1, -1, 1, 1))).toBe(false);
    expect(isClipped(mono(0, 1, 1, 1))).toBe(true);
    expect(isClipped(mono(-1, -1, -1, 0))).toBe(true);
  });

  test('does not join runs of two channels', () => {
    expect(isClipped(measure([[Float32Array.of(1, 1), Float32Array.of(1, 1)]]))).toBe(false);
  });

  test('knows the full scale of 8-bit files and of what a decoder gives beyond ±1', () => {
    const loud = Float32Array.of(127 / 128, 127 / 128, 127 / 128);
    expect(isClipped(measure([[loud]], 127 / 128))).toBe(true);
    expect(isClipped(measure([[loud]]))).toBe(false);
    expect(isClipped(mono(1.2, 1.3, 1.1))).toBe(true);
  });

  test('leaves a sine that just reaches full scale alone', () => {
    expect(isClipped(measure([[sine(fullScale)]]))).toBe(false);
  });
});

describe('isSilent()', () => {
  test('is what stays within −60 dB of its mean, whatever the offset', () => {
    expect(isSilent(mono(0, 0, 0))).toBe(true);
    expect(isSilent(measure([[sine(0.0009, 0.3)]]))).toBe(true);
    expect(isSilent(measure([[sine(0.0011)]]))).toBe(false);
  });

  test('needs silence on every channel', () => {
    expect(isSilent(measure([[new Float32Array(16000), sine(0.1)]]))).toBe(false);
  });
});

test('hasOffset() begins at a hundredth of full scale, on either side', () => {
  expect([0.009, 0.011, -0.011].map((offset) => hasOffset(measure([[sine(0.1, offset)]])))).toEqual([
    false,
    true,
    true,
  ]);
});
