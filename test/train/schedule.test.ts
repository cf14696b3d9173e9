import { learningRateSchedule } from '../../src/train/schedule.ts';

describe('learningRateSchedule()', () => {
  test('constant is 1 throughout', () => {
    const rate = learningRateSchedule('constant', 10);
    expect([0, 5, 9].map(rate)).toEqual([1, 1, 1]);
  });

  test('cosine falls from 1 to 0 along half a cosine, as PyTorch’s CosineAnnealingLR', () => {
    const rate = learningRateSchedule('cosine', 8);
    [0, 1, 2, 3, 4, 5, 6, 7].forEach((done) => {
      expect(rate(done)).toBeCloseTo((1 + Math.cos((Math.PI * done) / 8)) / 2, 12);
    });
  });

  test('cosine ends at the final share behind its warm-up', () => {
    const rate = learningRateSchedule({ kind: 'cosine', warmup: 4, final: 0.1 }, 104);
    expect([0, 1, 2, 3].map(rate)).toEqual([0.2, 0.4, 0.6, 0.8]);
    expect(rate(4)).toBe(1);
    expect(rate(54)).toBeCloseTo(0.55, 12);
    expect(rate(104)).toBeCloseTo(0.1, 12);
  });

  test('step multiplies by the factor every so many steps', () => {
    const rate = learningRateSchedule({ kind: 'step', warmup: 0, final: 0, every: 10, factor: 0.5 }, 100);
    expect([0, 9, 10, 19, 20, 35].map(rate)).toEqual([1, 1, 0.5, 0.5, 0.25, 0.125]);
  });

  test('refuses a step schedule without its settings and a warm-up beyond the run', () => {
    expect(() => learningRateSchedule({ kind: 'step', warmup: 0, final: 0 }, 9)).toThrow(/expected every and factor/);
    expect(() => learningRateSchedule({ kind: 'constant', warmup: 9, final: 0 }, 9)).toThrow(
      /train\.schedule\.warmup: expected fewer steps than the run's 9, found 9/,
    );
  });
});
