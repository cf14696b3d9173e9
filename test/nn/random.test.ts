import fc from 'fast-check';
import { BadInputError } from '../../src/errors.ts';
import { stream } from '../../src/random.ts';

describe('stream()', () => {
  test('follows xoshiro128** from a given state', () => {
    const random = stream(0, 'any');
    random.restore([1, 2, 3, 4]);
    // First outputs of the authors' C program from the state 1, 2, 3, 4.
    const outputs = Array.from({ length: 4 }, () => random.integer(2 ** 32));
    expect(outputs).toEqual([11520, 0, 5927040, 70819200]);
  });

  test('is the same for the same seed and name, and another for another', () => {
    const draw = (seed: number, name: string) => Array.from({ length: 5 }, stream(seed, name).uniform);
    expect(draw(3, 'batches')).toEqual(draw(3, 'batches'));
    expect(draw(3, 'batches')).not.toEqual(draw(4, 'batches'));
    expect(draw(3, 'batches')).not.toEqual(draw(3, 'init'));
  });

  test('goes on from a state that went through JSON', () => {
    fc.assert(
      fc.property(fc.nat(), fc.nat(20), (seed, skipped) => {
        const random = stream(seed, 'a');
        for (let i = 0; i < skipped; i++) random.normal();
        const copy = stream(0, 'b');
        copy.restore(JSON.parse(JSON.stringify(random.state())));
        expect(copy.uniform()).toBe(random.uniform());
      }),
    );
  });

  test('draws uniform and normal numbers of the right moments', () => {
    const random = stream(1, 'moments');
    const count = 40_000;
    const moments = (draw: () => number) => {
      const values = Array.from({ length: count }, draw);
      const mean = values.reduce((a, b) => a + b) / count;
      return { mean, variance: values.reduce((sum, value) => sum + (value - mean) ** 2, 0) / count };
    };
    const uniform = moments(random.uniform);
    expect(uniform.mean).toBeCloseTo(0.5, 2);
    expect(uniform.variance).toBeCloseTo(1 / 12, 2);
    const normal = moments(random.normal);
    expect(Math.abs(normal.mean)).toBeLessThan(0.02);
    expect(Math.abs(normal.variance - 1)).toBeLessThan(0.03);
  });

  test('draws every integer below n about equally often, and none above', () => {
    const random = stream(2, 'integers');
    const counts = new Array<number>(6).fill(0);
    for (let i = 0; i < 12_000; i++) {
      const draw = random.integer(6);
      counts[draw] = (counts[draw] ?? 0) + 1;
    }
    expect(counts).toHaveLength(6);
    for (const count of counts) expect(Math.abs(count - 2000)).toBeLessThan(200);
  });

  test('shuffles to a permutation', () => {
    fc.assert(
      fc.property(fc.array(fc.nat()), fc.nat(), (array, seed) => {
        const sorted = (values: number[]) => [...values].sort((a, b) => a - b);
        expect(sorted(stream(seed, 's').shuffle([...array]))).toEqual(sorted(array));
      }),
    );
  });

  test.each([[[]], [[0, 0, 0, 0]], [[1, 2, 3]], [[1, 2, 3, 2 ** 32]], [[1, 2, 3, 0.5]], [[1, 2, 3, Number.NaN]]])(
    'refuses the state %j',
    (state) => {
      expect(() => stream(0, 'epochs').restore(state)).toThrow(BadInputError);
      expect(() => stream(0, 'epochs').restore(state)).toThrow(/random state of "epochs"/);
    },
  );

  test.each([0, -1, 1.5, 2 ** 33, Number.NaN])('refuses integer(%p)', (n) => {
    expect(() => stream(0, 'a').integer(n)).toThrow(RangeError);
  });
});
