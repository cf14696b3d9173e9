import fc from 'fast-check';
import { evaluationStarts, paddedSamples, planWindows } from '../../src/datasets/windows.ts';
import { frameCount, resolveFeatures } from '../../src/features/index.ts';

const features = resolveFeatures();
const plan = planWindows(1, features, (samples) => frameCount(samples, features));

describe('windows of one second', () => {
  test('hold 98 frames', () => {
    expect(plan).toEqual({ samples: 16000, frames: 98, hopLength: 160 });
  });

  test('are exactly 1, 4 and 10 for clips of 1, 4 and 10 s', () => {
    for (const seconds of [1, 4, 10]) {
      const starts = Array.from({ length: seconds }, (_, i) => i * 100);
      expect(evaluationStarts(seconds * 16000, plan)).toEqual(starts);
      expect(paddedSamples(seconds * 16000, plan)).toBe(seconds * 16000);
    }
  });

  test('drop a remainder below half a second, and fill up a longer one or a short clip with zeros', () => {
    expect(evaluationStarts(23999, plan)).toEqual([0]);
    expect(paddedSamples(23999, plan)).toBe(23999);
    expect(evaluationStarts(24000, plan)).toEqual([0, 100]);
    expect(paddedSamples(24000, plan)).toBe(32000);
    expect(evaluationStarts(1, plan)).toEqual([0]);
    expect(paddedSamples(1, plan)).toBe(16000);
  });
});

test('evaluation windows lie within the filled-up clip, for any length, window, hop and padding', () => {
  fc.assert(
    fc.property(
      fc.integer({ min: 1, max: 100_000 }),
      fc.double({ min: 0.05, max: 3, noNaN: true }),
      fc.integer({ min: 50, max: 800 }),
      fc.constantFrom('none' as const, 'end' as const, 'center' as const),
      (samples, seconds, hopLength, padding) => {
        const own = resolveFeatures({ hopLength, padding });
        const any = planWindows(seconds, own, (count) => frameCount(count, own));
        const stored = frameCount(paddedSamples(samples, any), own);
        for (const start of evaluationStarts(samples, any)) expect(start + any.frames).toBeLessThanOrEqual(stored);
        expect(stored).toBeGreaterThanOrEqual(Math.max(any.frames, frameCount(samples, own)));
      },
    ),
  );
});

test('planWindows() refuses a window without a frame', () => {
  expect(() => planWindows(0.01, features, (samples) => frameCount(samples, features))).toThrow(
    'train.window: expected a length that holds at least one frame, found 0.01 s',
  );
});
