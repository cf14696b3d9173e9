import fc from 'fast-check';
import { axisProduct, axisProductMatrixGradient } from '../../../src/backend/simd/kernels/axis-product.ts';
import { randomValues, relativeError } from './comparison.ts';
import { TestEngine } from './test-engine.ts';

const cases = fc.record({
  outer: fc.integer({ min: 1, max: 9 }),
  size: fc.integer({ min: 1, max: 25 }),
  newSize: fc.integer({ min: 1, max: 25 }),
  inner: fc.oneof(fc.integer({ min: 1, max: 150 }), fc.constantFrom(16, 32, 64, 256)),
  transpose: fc.boolean(),
});

test('axisProduct() agrees with float64 loops, with either orientation of the matrix and with an epilogue', () => {
  fc.assert(
    fc.property(cases, fc.boolean(), ({ outer, size, newSize, inner, transpose }, withEpilogue) => {
      const x = randomValues(outer * size * inner, 1);
      const matrix = randomValues(size * newSize, 2);
      const channels = inner % 3 === 0 ? inner / 3 : inner;
      const scale = randomValues(channels, 3);
      const offset = randomValues(channels, 4);
      const expected = Float64Array.from({ length: outer * newSize * inner }, (_, index) => {
        const [o, j, i] = [Math.floor(index / inner / newSize), Math.floor(index / inner) % newSize, index % inner];
        let sum = 0;
        for (let n = 0; n < size; n++) {
          sum += (matrix[transpose ? n * newSize + j : j * size + n] ?? 0) * (x[(o * size + n) * inner + i] ?? 0);
        }
        return withEpilogue ? Math.max(sum, 0) * (scale[i % channels] ?? 0) + (offset[i % channels] ?? 0) : sum;
      });
      const results = [1, 2, 3].map((threads) => {
        const engine = new TestEngine({ threads, chunks: threads });
        const y = engine.allocate(expected.length * 4);
        axisProduct(engine, {
          ...{ outer, size, newSize, inner, transpose, y, x: engine.place(x), matrix: engine.place(matrix) },
          epilogue: withEpilogue ? { scale: engine.place(scale), offset: engine.place(offset), channels } : undefined,
        });
        return engine.read(y, expected.length);
      });
      expect(relativeError(results[0] ?? [], expected)).toBeLessThan(5e-6);
      expect(results[1]).toEqual(results[0]);
      expect(results[2]).toEqual(results[0]);
    }),
    { numRuns: 60, seed: 1 },
  );
});

test('axisProductMatrixGradient() agrees with float64 loops', () => {
  const shapes = fc.oneof(
    cases,
    // Long sums, cut into slices, whose chunks span several rows or parts of one.
    fc.constantFrom(
      { outer: 40, size: 7, newSize: 5, inner: 64 },
      { outer: 3, size: 8, newSize: 13, inner: 1000 },
      { outer: 700, size: 6, newSize: 4, inner: 5 },
    ),
  );
  fc.assert(
    fc.property(shapes, ({ outer, size, newSize, inner }) => {
      const x = randomValues(outer * size * inner, 1);
      const dy = randomValues(outer * newSize * inner, 2);
      const expected = Float64Array.from({ length: newSize * size }, (_, index) => {
        const [j, n] = [Math.floor(index / size), index % size];
        let sum = 0;
        for (let o = 0; o < outer; o++) {
          for (let i = 0; i < inner; i++) {
            sum += (dy[(o * newSize + j) * inner + i] ?? 0) * (x[(o * size + n) * inner + i] ?? 0);
          }
        }
        return sum;
      });
      const results = [1, 2, 3].map((threads) => {
        const engine = new TestEngine({ threads, chunks: threads });
        const dMatrix = engine.allocate(expected.length * 4);
        axisProductMatrixGradient(engine, {
          ...{ outer, size, newSize, inner, dMatrix, x: engine.place(x), dy: engine.place(dy) },
        });
        return engine.read(dMatrix, expected.length);
      });
      expect(relativeError(results[0] ?? [], expected)).toBeLessThan(5e-6);
      expect(results[1]).toEqual(results[0]);
      expect(results[2]).toEqual(results[0]);
    }),
    { numRuns: 60, seed: 1 },
  );
});
