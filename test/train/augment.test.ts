import fc from 'fast-check';
import type { Batch } from '../../src/datasets/types.ts';
import { logMel, resolveFeatures } from '../../src/features/index.ts';
import type { AugmentationSettings } from '../../src/pipeline/schema.ts';
import { augment } from '../../src/train/augment.ts';
import { tone } from './tiny-data.ts';

const features = resolveFeatures({ preset: 'tagliasacchi', bins: 8 });
const off: AugmentationSettings = { timeShift: 0, gain: 0, mixup: 0 };
const run = (settings: Partial<AugmentationSettings>, batch: Batch, step = 1, of = features) =>
  augment(batch, step, { settings: { ...off, ...settings }, features: of, seed: 5 });

const frames = 20;
/** Rows whose values are all different; labels are the rows' numbers. */
function batchOf(size: number, at = (i: number) => Math.sin(i)): Batch {
  return {
    features: Float32Array.from({ length: size * frames * 8 }, (_, i) => at(i)),
    size,
    labels: { t: Int32Array.from({ length: size }, (_, row) => row) },
  };
}
const rowOf = (batch: Batch, row: number) => batch.features.slice(row * frames * 8, (row + 1) * frames * 8);

test('without settings a batch stays what it was', () => {
  const batch = batchOf(3);
  expect(run({}, batch)).toBe(batch);
  expect(batch.features).toEqual(batchOf(3).features);
});

test('what is drawn depends on the seed and the step alone', () => {
  const all = {
    timeShift: 0.05,
    gain: 6,
    mixup: 0.4,
    specAugment: { timeMasks: 1, timeWidth: 4, frequencyMasks: 1, frequencyWidth: 2 },
  };
  expect(run(all, batchOf(4), 7)).toEqual(run(all, batchOf(4), 7));
  expect(run(all, batchOf(4), 7)).not.toEqual(run(all, batchOf(4), 8));
});

describe('gain', () => {
  test.each([
    ['magnitudes with an offset', features],
    ['powers above a floor', resolveFeatures({ preset: 'librosa', bins: 8 })],
  ])('gives the log-mel of samples made louder or softer: %s', (_, of) => {
    const samples = Float32Array.from(tone(900, 0.3));
    const plain = logMel(samples, of);
    const batch: Batch = { features: plain.values.slice(), size: 1, labels: {} };
    run({ gain: 6 }, batch, 3, of);
    // The gain that was drawn shows at the loudest value, where the offset does not matter.
    const top = plain.values.indexOf(Math.max(...plain.values));
    const factor = Math.exp(((batch.features[top] ?? 0) - (plain.values[top] ?? 0)) / of.power);
    expect(Math.abs(20 * Math.log10(factor))).toBeLessThanOrEqual(6.001);
    const louder = logMel(
      samples.map((value) => value * factor),
      of,
    ).values;
    for (const [i, value] of louder.entries()) expect(batch.features[i]).toBeCloseTo(value, 2);
  });
});

test('a time shift moves frames by at most the setting and fills up with silence', () => {
  const silence = Math.fround(Math.log(1e-5));
  const shifts = new Set<number>();
  const batch = run({ timeShift: 0.03 }, batchOf(200));
  for (let row = 0; row < 200; row++) {
    const [before, after] = [rowOf(batchOf(200), row), rowOf(batch, row)];
    const shift = [-3, -2, -1, 0, 1, 2, 3].find((by) =>
      after.every((value, i) => value === (before[i - by * 8] ?? silence)),
    );
    expect(shift).toBeDefined();
    shifts.add(shift ?? 99);
  }
  expect(shifts.size).toBe(7);
});

test('SpecAugment gives whole bands of frames and bins the example’s mean and leaves the rest', () => {
  const settings = { timeMasks: 1, timeWidth: 5, frequencyMasks: 1, frequencyWidth: 3 };
  const batch = run({ specAugment: settings }, batchOf(100));
  for (let row = 0; row < 100; row++) {
    const [before, after] = [rowOf(batchOf(100), row), rowOf(batch, row)];
    const changed = (frame: number, bin: number) => after[frame * 8 + bin] !== before[frame * 8 + bin];
    const wholeFrames = [...Array(frames).keys()].filter((f) => [...Array(8).keys()].every((b) => changed(f, b)));
    const wholeBins = [...Array(8).keys()].filter((b) => [...Array(frames).keys()].every((f) => changed(f, b)));
    expect(wholeFrames.length).toBeLessThanOrEqual(5);
    expect(wholeBins.length).toBeLessThanOrEqual(3);
    for (let f = 0; f < frames; f++) {
      for (let b = 0; b < 8; b++) expect(changed(f, b)).toBe(wholeFrames.includes(f) || wholeBins.includes(b));
    }
    const mean = before.reduce((sum, value) => sum + value, 0) / before.length;
    for (const [i, value] of after.entries()) if (value !== before[i]) expect(value).toBeCloseTo(mean, 5);
  }
});

test('mixup adds to each example another of the batch, by the weight that its labels get', () => {
  fc.assert(
    fc.property(
      fc.integer({ min: 1, max: 9 }),
      fc.double({ min: 0.05, max: 3, noNaN: true }),
      fc.nat(99),
      (size, mixup, step) => {
        const batch = run({ mixup }, batchOf(size), step);
        const plain = batchOf(size);
        const others = [...(batch.mixed?.labels.t ?? [])];
        expect(others.toSorted((a, b) => a - b)).toEqual([...(plain.labels.t ?? [])]);
        for (const [row, other] of others.entries()) {
          const weight = batch.mixed?.weight[row] ?? Number.NaN;
          expect(weight).toBeGreaterThanOrEqual(0);
          expect(weight).toBeLessThanOrEqual(1);
          const [mine, partner] = [rowOf(plain, row), rowOf(plain, other)];
          for (const [i, value] of rowOf(batch, row).entries())
            expect(value).toBeCloseTo(weight * (mine[i] ?? 0) + (1 - weight) * (partner[i] ?? 0), 5);
        }
      },
    ),
    { numRuns: 40 },
  );
});

test.each([0.2, 1, 2])('mixup’s weights have the mean and variance of Beta(α, α), α = %s', (alpha) => {
  const weights = [...Array(400).keys()].flatMap((step) => [
    ...(run({ mixup: alpha }, { features: new Float32Array(20), size: 20, labels: {} }, step).mixed?.weight ?? []),
  ]);
  const mean = weights.reduce((sum, value) => sum + value, 0) / weights.length;
  const variance = weights.reduce((sum, value) => sum + (value - mean) ** 2, 0) / weights.length;
  expect(mean).toBeCloseTo(0.5, 1);
  expect(variance / (1 / (4 * (2 * alpha + 1)))).toBeCloseTo(1, 1);
});
