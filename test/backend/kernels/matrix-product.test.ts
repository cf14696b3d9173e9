import fc from 'fast-check';
import { matrixProduct } from '../../../src/backend/simd/kernels/matrix-product.ts';
import { randomValues, relativeError } from './comparison.ts';
import { TestEngine } from './test-engine.ts';

const cases = fc.record({
  batch: fc.integer({ min: 1, max: 3 }),
  rows: fc.integer({ min: 1, max: 40 }),
  columns: fc.integer({ min: 1, max: 40 }),
  depth: fc.integer({ min: 1, max: 40 }),
  transposeA: fc.boolean(),
  transposeB: fc.boolean(),
  stepA: fc.constantFrom(0 as const, 1 as const),
  stepB: fc.constantFrom(0 as const, 1 as const),
  withBias: fc.boolean(),
});

test('matrixProduct() agrees with float64 loops for all transpositions, batches and broadcasts', () => {
  fc.assert(
    fc.property(cases, ({ withBias, ...shape }) => {
      const { batch, rows, columns, depth, transposeA, transposeB, stepA, stepB } = shape;
      const a = randomValues(batch * rows * depth, 1);
      const b = randomValues(batch * depth * columns, 2);
      const bias = randomValues(columns, 3);
      const expected = Float64Array.from({ length: batch * rows * columns }, (_, index) => {
        const [item, i, j] = [Math.floor(index / columns / rows), Math.floor(index / columns) % rows, index % columns];
        let sum = withBias ? (bias[j] ?? 0) : 0;
        for (let k = 0; k < depth; k++) {
          const left = a[stepA * item * rows * depth + (transposeA ? k * rows + i : i * depth + k)] ?? 0;
          sum += left * (b[stepB * item * depth * columns + (transposeB ? j * depth + k : k * columns + j)] ?? 0);
        }
        return sum;
      });
      const results = [1, 3].map((threads) => {
        const engine = new TestEngine({ threads, chunks: threads });
        const y = engine.allocate(expected.length * 4);
        matrixProduct(engine, {
          ...shape,
          a: engine.place(a),
          b: engine.place(b),
          bias: withBias ? engine.place(bias) : undefined,
          y,
        });
        return engine.read(y, expected.length);
      });
      expect(relativeError(results[0] ?? [], expected)).toBeLessThan(5e-6);
      expect(results[1]).toEqual(results[0]);
    }),
    { numRuns: 100, seed: 1 },
  );
});
