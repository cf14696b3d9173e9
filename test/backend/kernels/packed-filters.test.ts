import fc from 'fast-check';
import { convolution } from '../../../src/backend/simd/kernels/convolution.ts';
import { PackedFilters } from '../../../src/backend/simd/kernels/packed-filters.ts';
import { randomValues } from './comparison.ts';
import { TestEngine } from './test-engine.ts';

const shapes = fc
  .record({
    batch: fc.integer({ min: 1, max: 3 }),
    channels: fc.constantFrom(5, 32, 40),
    stride: fc.constantFrom(1, 2),
    kernel: fc.constantFrom(1, 3),
  })
  .map(({ batch, channels, stride, kernel }) => ({
    ...{ batch, inHeight: 12, inWidth: 12, inChannels: channels, outHeight: Math.ceil(12 / stride), outWidth: 12 },
    ...{ outChannels: channels, kernelHeight: kernel, kernelWidth: 1, strideHeight: stride, strideWidth: 1 },
    ...{ padTop: kernel === 3 && stride === 1 ? 1 : 0, padLeft: 0 },
  }));

test('convolution() with a kept filter gives the values of one without, whatever bias, scale and offset come with it', () => {
  fc.assert(
    fc.property(shapes, (shape) => {
      const engine = new TestEngine();
      const filters = new PackedFilters(engine, 2 ** 20);
      const taps = shape.kernelHeight * shape.kernelWidth;
      const x = engine.place(randomValues(shape.batch * 144 * shape.inChannels, 1));
      const filter = engine.place(randomValues(taps * shape.inChannels * shape.outChannels, 2));
      const count = shape.batch * shape.outHeight * shape.outWidth * shape.outChannels;
      const y = engine.allocate(count * 4);
      const key = {};
      for (const seed of [3, 6, 9]) {
        const [bias = 0, scale = 0, offset = 0] = [0, 1, 2].map((index) =>
          engine.place(randomValues(shape.outChannels, seed + index)),
        );
        const options = { ...shape, x, filter, bias, y, epilogue: { scale, offset } };
        convolution(engine, options);
        const expected = engine.read(y, count);
        convolution(engine, { ...options, kept: { filters, filter: key } });
        expect(engine.read(y, count)).toEqual(expected);
      }
      expect(filters.bytes).toBeGreaterThan(0);
    }),
    { numRuns: 40, seed: 1 },
  );
});

describe('PackedFilters', () => {
  test('packs a filter once for each layout', () => {
    const engine = new TestEngine();
    const filters = new PackedFilters(engine, 1024);
    const packed: number[] = [];
    const key = {};
    const first = filters.panels(key, 'a', 64, (address) => packed.push(address));
    expect(filters.panels(key, 'a', 64, (address) => packed.push(address))).toBe(first);
    const other = filters.panels(key, 'b', 64, (address) => packed.push(address));
    expect(packed).toEqual([first, other]);
    expect(filters.bytes).toBe(128);
  });

  test('gives memory back when a filter is forgotten, all of it when cleared, and none when packing fails', () => {
    const engine = new TestEngine();
    const filters = new PackedFilters(engine, 1024);
    const before = engine.used;
    const keys = [{}, {}];
    for (const key of keys) {
      filters.panels(key, 'a', 64, () => undefined);
    }
    filters.forget(keys[0] ?? {});
    filters.forget({});
    expect(engine.used).toBe(before + 64);
    filters.clear();
    expect([engine.used, filters.bytes]).toEqual([before, 0]);
    const failing = () => {
      throw new Error('no');
    };
    expect(() => filters.panels({}, 'a', 64, failing)).toThrow('no');
    expect([engine.used, filters.bytes]).toEqual([before, 0]);
  });

  test('keeps nothing beyond its limit', () => {
    const filters = new PackedFilters(new TestEngine(), 100);
    expect(filters.panels({}, 'a', 64, () => undefined)).toBeDefined();
    expect(filters.panels({}, 'a', 64, () => undefined)).toBeUndefined();
    expect(filters.bytes).toBe(64);
  });
});
