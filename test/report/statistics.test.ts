import fc from 'fast-check';
import { differenceOf } from '../../src/report/difference.ts';
import { incompleteBeta, logGamma, studentCdf, studentQuantile } from '../../src/report/distributions.ts';
import { bootstrapDifference, mcnemar } from '../../src/report/paired-test.ts';
import { mean, median, spreadOf, standardDeviation } from '../../src/report/spread.ts';
import { uniforms } from './synthetic-run.ts';

/** Expected figures: scipy 1.x (stats.t, stats.binomtest, special.betainc, special.gammaln). */
describe('distributions', () => {
  test.each([
    [0.5, 0.5723649429247],
    [1, 0],
    [3.7, 1.428072326665388],
    [50, 144.56574394634487],
    [1e4, 82099.71749644238],
  ])('logGamma(%p) is that of scipy', (x, expected) => {
    expect(Math.abs(logGamma(x) - expected)).toBeLessThanOrEqual(1e-12 * Math.max(1, expected));
  });

  test.each([
    [0.2, 0.5, 0.5, 0.2951672353008665],
    [0.7, 3, 2, 0.6517],
    [0.05, 20, 0.5, 1.2251567758630545e-27],
    [0.99, 2, 50, 1],
  ])('incompleteBeta(%p, %p, %p) is that of scipy', (x, a, b, expected) => {
    expect(Math.abs(incompleteBeta(x, a, b) / expected - 1)).toBeLessThan(1e-10);
  });

  test.each([
    [0, 3, 0.5],
    [1.3, 2, 0.8383764840919798],
    [-2.2, 5.5, 0.03709060356990418],
  ])('studentCdf(%p, %p) is that of scipy', (t, freedom, expected) => {
    expect(studentCdf(t, freedom)).toBeCloseTo(expected, 10);
  });

  test.each([
    [1, 12.706204736174694],
    [2, 4.302652729749462],
    [7.5, 2.333039626864974],
    [30, 2.0422724563012378],
    [Number.POSITIVE_INFINITY, 1.959963984540054],
  ])('studentQuantile(0.95, %p) is that of scipy', (freedom, expected) => {
    expect(studentQuantile(0.95, freedom)).toBeCloseTo(expected, 4);
  });
});

describe('mcnemar()', () => {
  test.each([
    [3, 11, 0.057373046875],
    [0, 5, 0.0625],
    [40, 60, 0.05688793364098089],
    [7, 7, 1],
    [1000, 1100, 0.03072070786424249],
    [0, 0, 1],
  ])('of %p against %p is the exact binomial test', (onlyFirst, onlySecond, expected) => {
    expect(mcnemar({ clips: 5000, onlyFirst, onlySecond })).toBeCloseTo(expected, 9);
  });
  test('does not depend on which run is first', () => {
    fc.assert(
      fc.property(fc.nat(300), fc.nat(300), (a, b) => {
        const forward = mcnemar({ clips: 600, onlyFirst: a, onlySecond: b });
        return Math.abs(forward - mcnemar({ clips: 600, onlyFirst: b, onlySecond: a })) < 1e-12 && forward <= 1;
      }),
    );
  });
});

describe('bootstrapDifference()', () => {
  test('agrees with the normal interval where clips are many', () => {
    const counts = { clips: 800, onlyFirst: 40, onlySecond: 64 };
    const [low, high] = bootstrapDifference(counts, { uniform: uniforms(1), resamples: 3000 });
    const difference = 24 / 800;
    const deviation = Math.sqrt((104 / 800 - difference ** 2) / 800);
    expect(low).toBeCloseTo(difference - 1.96 * deviation, 2);
    expect(high).toBeCloseTo(difference + 1.96 * deviation, 2);
  });
  test('has no width where the runs agree on every clip', () => {
    expect(bootstrapDifference({ clips: 50, onlyFirst: 0, onlySecond: 0 }, { uniform: uniforms(1) })).toEqual([0, 0]);
  });
});

describe('differenceOf()', () => {
  test('is Welch’s interval where test clips are without number', () => {
    const { interval, withinNoise } = differenceOf(
      { accuracies: [93, 95, 94], clips: 1e12 },
      { accuracies: [90, 91, 92], clips: 1e12 },
    );
    expect(interval[0]).toBeCloseTo(-5.266957935527519, 3);
    expect(interval[1]).toBeCloseTo(-0.7330420644724809, 3);
    expect(withinNoise).toBe(false);
  });
  test('counts the finite test set also for one run a model', () => {
    const { points, interval, withinNoise } = differenceOf(
      { accuracies: [90], clips: 96 },
      { accuracies: [94], clips: 96 },
    );
    expect(points).toBeCloseTo(4, 10);
    const half = 1.96 * Math.sqrt((9 * 100 + 5.64 * 100) / 96);
    expect(interval[1] - points).toBeCloseTo(half, 1);
    expect(withinNoise).toBe(true);
  });
});

describe('spread of runs', () => {
  test('has a sample deviation over n − 1 and a population one over n', () => {
    expect(standardDeviation([1, 2, 3])).toBe(1);
    expect(standardDeviation([1, 2, 3], 'population')).toBeCloseTo(Math.sqrt(2 / 3), 12);
  });
  test('has no deviation for one run and is nothing for none', () => {
    expect(spreadOf([5])).toEqual({ mean: 5, deviation: undefined, count: 1 });
    expect(spreadOf([])).toBeUndefined();
  });
  test('has the middle value as median', () => {
    expect(median([5, 1, 3])).toBe(3);
    expect(median([4, 1, 3, 2])).toBe(2.5);
    expect(mean([1, 2, 6])).toBe(3);
  });
});
