import fc from 'fast-check';
import { lengthBins } from '../../src/datasets/length-bins.ts';
import { quantile } from '../../src/datasets/quantile.ts';

const lengths = fc.array(fc.double({ min: 0.001, max: 10_000, noNaN: true }), { minLength: 1, maxLength: 60 });
const ascending = (values: readonly number[]) => [...values].sort((a, b) => a - b);

describe('lengthBins()', () => {
  test('counts every clip once, in the bin that its length lies in', () => {
    fc.assert(
      fc.property(lengths, (values) => {
        const bins = lengthBins(ascending(values));
        for (const { from, to, clips } of bins) {
          expect(clips).toBe(values.filter((value) => value >= from && value < to).length);
        }
        expect(bins.reduce((sum, { clips }) => sum + clips, 0)).toBe(values.length);
        expect(bins.slice(1).map(({ from }) => from)).toEqual(bins.slice(0, -1).map(({ to }) => to));
        expect(bins.length).toBeLessThanOrEqual(24);
        expect(bins[0]?.clips).toBeGreaterThan(0);
        expect(bins.at(-1)?.clips).toBeGreaterThan(0);
      }),
      { numRuns: 500 },
    );
  });

  test('are of equal, round widths where lengths are alike', () => {
    expect(lengthBins([0.62, 0.9, 1, 1.55])).toEqual([
      { from: 0.6, to: 0.7, clips: 1 },
      { from: 0.7, to: 0.8, clips: 0 },
      { from: 0.8, to: 0.9, clips: 0 },
      { from: 0.9, to: 1, clips: 1 },
      { from: 1, to: 1.1, clips: 1 },
      { from: 1.1, to: 1.2, clips: 0 },
      { from: 1.2, to: 1.3, clips: 0 },
      { from: 1.3, to: 1.4, clips: 0 },
      { from: 1.4, to: 1.5, clips: 0 },
      { from: 1.5, to: 1.6, clips: 1 },
    ]);
  });

  test('grow with the length where it differs by more than 20 times', () => {
    expect(lengthBins([0.3, 1, 3, 90]).map(({ from }) => from)).toEqual([0.2, 0.5, 1, 2, 5, 10, 20, 50]);
  });

  test('are one for clips of one length, and none for no clip', () => {
    expect(lengthBins([1, 1, 1])).toHaveLength(1);
    expect(lengthBins([])).toEqual([]);
  });
});

test('quantile() interpolates linearly, as numpy.quantile does by default', () => {
  expect([0, 0.25, 0.5, 0.9, 1].map((share) => quantile([1, 2, 4, 8], share))).toEqual([
    1,
    1.75,
    3,
    expect.closeTo(6.8, 12),
    8,
  ]);
  expect(quantile([], 0.5)).toBeNaN();
});
