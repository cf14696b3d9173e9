import { Patience } from '../../src/backend/simd/runtime/patience.ts';

/** A process of `threads` threads that are put off `rate` times a second each, from some time on. */
function process(threads: number) {
  let times = 1000;
  let now = 0;
  const patience = new Patience(threads, now, () => times);
  return {
    goOn(milliseconds: number, rate: number) {
      for (const end = now + milliseconds; now < end; now += 10) {
        times += (rate * threads) / 100;
        patience.update(now);
      }
      return patience.milliseconds;
    },
  };
}

describe('the time that threads look for a job before they sleep', () => {
  test('is long in a process that has its processors to itself', () => {
    expect(process(2).goOn(600, 20)).toBe(1);
    expect(process(16).goOn(600, 20)).toBe(1);
  });

  test('is short in one that shares them', () => {
    expect(process(2).goOn(600, 150)).toBe(0.08);
    expect(process(16).goOn(600, 150)).toBe(0.08);
  });

  test('is short until that is known', () => {
    expect(process(2).goOn(100, 0)).toBe(0.08);
  });

  test('follows what changes', () => {
    const { goOn } = process(4);
    expect([goOn(1000, 10), goOn(1000, 200), goOn(1000, 10)]).toEqual([1, 0.08, 1]);
  });

  test('is long where the system does not count (Windows)', () => {
    expect(process(2).goOn(600, 0)).toBe(1);
  });
});
