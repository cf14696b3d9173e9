import fc from 'fast-check';
import { areaUnderCurve, type Prediction, scoreTask, softmax, wilsonInterval } from '../../src/train/metrics.ts';

const prediction = (truth: number, ...logits: number[]): Prediction => ({
  id: `${truth}`,
  truth,
  logits: Float64Array.from(logits),
});

describe('scoreTask()', () => {
  test('counts a small example as by hand', () => {
    const score = scoreTask(
      't',
      ['a', 'b', 'c'],
      [prediction(0, 2, 1, 0), prediction(0, 0, 3, 1), prediction(1, 0, 1, 0), prediction(1, 0, 1, 0.5)],
    );
    expect(score).toMatchObject({ clips: 4, correct: 3, accuracy: 0.75, balancedAccuracy: 0.75, auc: null });
    expect(score.confusion).toEqual([
      [1, 1, 0],
      [0, 2, 0],
      [0, 0, 0],
    ]);
    expect(score.perClass).toEqual([
      { label: 'a', clips: 2, precision: 1, recall: 0.5, f1: 2 / 3 },
      { label: 'b', clips: 2, precision: 2 / 3, recall: 1, f1: 0.8 },
      { label: 'c', clips: 0, precision: null, recall: null, f1: null },
    ]);
    const expected = [
      -Math.log(Math.exp(2) / (Math.exp(2) + Math.exp(1) + 1)),
      -Math.log(1 / (1 + Math.exp(3) + Math.exp(1))),
      -Math.log(Math.exp(1) / (2 + Math.exp(1))),
      -Math.log(Math.exp(1) / (1 + Math.exp(1) + Math.exp(0.5))),
    ].reduce((sum, value) => sum + value / 4, 0);
    expect(score.loss).toBeCloseTo(expected, 12);
  });

  test('gives the AUC of two classes', () => {
    const score = scoreTask('t', ['no', 'yes'], [prediction(0, 0, -1), prediction(1, 0, 1), prediction(0, 0, 2)]);
    expect(score.auc).toBe(0.5);
  });

  test('scores nothing as zero clips, with the whole interval open', () => {
    expect(scoreTask('t', ['a', 'b'], [])).toMatchObject({ clips: 0, accuracy: 0, interval: [0, 1], auc: null });
  });
});

describe('areaUnderCurve()', () => {
  test('is the share of pairs in the right order, ties counting half', () => {
    fc.assert(
      fc.property(fc.array(fc.tuple(fc.integer({ min: 0, max: 5 }), fc.boolean()), { maxLength: 30 }), (pairs) => {
        const scores = pairs.map(([score]) => score);
        const positive = pairs.map(([, flag]) => flag);
        let [wins, all] = [0, 0];
        for (const [a, p] of pairs) {
          for (const [b, q] of pairs) {
            if (!p || q) continue;
            all++;
            wins += a > b ? 1 : a === b ? 0.5 : 0;
          }
        }
        const found = areaUnderCurve(scores, positive);
        if (all === 0) expect(found).toBeNull();
        else expect(found).toBeCloseTo(wins / all, 12);
      }),
    );
  });
});

describe('wilsonInterval()', () => {
  test('holds the roots of Wilson’s quadratic', () => {
    fc.assert(
      fc.property(fc.integer({ min: 1, max: 5000 }), fc.double({ min: 0, max: 1, noNaN: true }), (trials, share) => {
        const successes = Math.round(share * trials);
        const [low, high] = wilsonInterval(successes, trials);
        const z = 1.959963984540054;
        const quadratic = (p: number) => (successes / trials - p) ** 2 - (z ** 2 * p * (1 - p)) / trials;
        if (low > 0) expect(Math.abs(quadratic(low))).toBeLessThan(1e-12);
        if (high < 1) expect(Math.abs(quadratic(high))).toBeLessThan(1e-12);
        expect(low).toBeLessThanOrEqual(successes / trials + 1e-12);
        expect(high).toBeGreaterThanOrEqual(successes / trials - 1e-12);
      }),
    );
  });

  test('equals the published interval for 81 of 263', () => {
    const [low, high] = wilsonInterval(81, 263); // Newcombe 1998, table I
    expect(low).toBeCloseTo(0.2553, 4);
    expect(high).toBeCloseTo(0.3662, 4);
  });
});

test('softmax() adds up to 1 and survives large logits', () => {
  const values = softmax(Float64Array.of(1000, 1001, -1000));
  expect(values.reduce((sum, value) => sum + value, 0)).toBeCloseTo(1, 12);
  expect((values[1] ?? 0) / (values[0] ?? 1)).toBeCloseTo(Math.E, 9);
});
