import { alternate, median, medianRatio, numbers, type Rounds } from '../../src/bench/rounds.ts';
import type { Side } from '../../src/bench/side.ts';

const rounds: Rounds = new Map([
  ['ours', [{ train_ms: 100 }, { train_ms: 400 }, { train_ms: 100 }]],
  ['eager', [{ train_ms: 300 }, { train_ms: 800 }, { train_ms: 500 }]],
  ['compiled', [{ train_ms: 200 }, { train_ms: 900 }, { train_ms: 900 }]],
]);

describe('median()', () => {
  test('is the middle value, or the mean of the two middle ones', () => {
    expect(median([3, 1, 2])).toBe(2);
    expect(median([4, 1, 3, 2])).toBe(2.5);
    expect(median([7])).toBe(7);
    expect(median([])).toBeNaN();
  });
});

describe('medianRatio()', () => {
  test('takes the best peer of each round over ours, then the middle of the rounds', () => {
    expect(medianRatio(rounds, 'ours', ['eager', 'compiled'], 'train_ms')).toBe(2); // 2, 2, 5
  });

  test('is not the ratio of the medians, which a busy round would bend', () => {
    expect(medianRatio(rounds, 'ours', ['eager'], 'train_ms')).toBe(3); // 3, 2, 5
  });

  test('is not a number where a peer did not measure that', () => {
    expect(medianRatio(rounds, 'ours', ['eager'], 'infer_ms')).toBeNaN();
    expect(numbers(rounds, 'ours', 'infer_ms')).toEqual([Number.NaN, Number.NaN, Number.NaN]);
  });
});

describe('alternate()', () => {
  const side = (name: string): Side => ({
    name,
    command: [
      process.execPath,
      '-e',
      `console.log("noise"); console.log(JSON.stringify({ name: "${name}", threads: process.env.SPECTRIDE_THREADS }))`,
    ],
  });

  test('runs the sides in turn, each in a process of its own on the threads asked for', async () => {
    const order: string[] = [];
    const place = { threads: 3, processors: undefined };
    const found = await alternate([side('a'), side('b')], 2, place, ({ name }, round) => order.push(`${name}${round}`));
    expect(order).toEqual(['a0', 'b0', 'a1', 'b1']);
    expect(found.get('b')).toEqual([
      { name: 'b', threads: '3' },
      { name: 'b', threads: '3' },
    ]);
  });
});
