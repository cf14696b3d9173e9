import { columnsOf, describeClip, parseDescriptors } from '../../src/features/descriptors.ts';

const sine = (frequency: number, amplitude = 0.5) =>
  Float32Array.from({ length: 16000 }, (_, n) => amplitude * Math.sin((2 * Math.PI * frequency * n) / 16000));

describe('describeClip()', () => {
  test('a sine has the rms, the crossings and the centroid of its amplitude and frequency', () => {
    const found = describeClip(sine(1000), 16000, ['rms', 'zcr', 'spectralCentroid']);
    expect(found.rms).toBeCloseTo(0.5 / Math.SQRT2, 3);
    expect(found.zcr).toBeCloseTo(2000 / 16000, 2);
    expect(Math.abs((found.spectralCentroid ?? 0) - 1000)).toBeLessThan(40);
  });

  test('mfcc and chroma are 13 and 12 columns', () => {
    const found = describeClip(sine(440), 16000, ['mfcc', 'chroma']);
    expect(Object.keys(found)).toEqual(columnsOf(['mfcc', 'chroma']));
    expect(Object.keys(found).length).toBe(25);
    expect(Object.values(found).every(Number.isFinite)).toBe(true);
  });

  test('another sample rate before changes nothing', () => {
    const names = ['mfcc', 'chroma', 'perceptualSharpness'] as const;
    const before = describeClip(sine(440), 16000, names);
    describeClip(sine(440), 44100, names);
    expect(describeClip(sine(440), 16000, names)).toEqual(before);
  });

  test('a clip shorter than a frame is filled up, and silence leaves undefined what is undefined', () => {
    expect(describeClip(new Float32Array(10).fill(0.5), 16000, ['energy']).energy).toBeCloseTo(2.5, 6);
    expect(describeClip(new Float32Array(1000), 16000, ['rms', 'spectralCentroid'])).toEqual({
      rms: 0,
      spectralCentroid: Number.NaN,
    });
  });

  test('a descriptor that is not known is refused by name', () => {
    expect(() => parseDescriptors(['rms', 'loud'])).toThrow(/--descriptors: expected names among rms, .*found "loud"/);
  });
});
