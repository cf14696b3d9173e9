import { convolution, convolutionInputGradient } from '../../../src/backend/simd/kernels/convolution.ts';
import type { ConvolutionShape } from '../../../src/backend/simd/kernels/convolution-shape.ts';
import { convolutionFilterGradient } from '../../../src/backend/simd/kernels/filter-gradient.ts';
import { randomValues } from './comparison.ts';
import { TestEngine } from './test-engine.ts';

const strideOne = {
  ...{ batch: 4, inHeight: 13, inWidth: 8, outHeight: 13, outWidth: 8, inChannels: 512, outChannels: 512 },
  ...{ kernelHeight: 1, kernelWidth: 3, strideHeight: 1, strideWidth: 1, padTop: 0, padLeft: 1 },
};
const layers: [string, ConvolutionShape][] = [
  ['5f, stride 1', strideOne],
  [
    '6t, stride 2',
    { ...strideOne, batch: 8, outHeight: 7, kernelHeight: 3, kernelWidth: 1, strideHeight: 2, padTop: 1, padLeft: 0 },
  ],
  [
    '2f, stride 2, many positions',
    {
      ...{ batch: 4, inHeight: 25, inWidth: 32, outHeight: 25, outWidth: 16, inChannels: 128, outChannels: 128 },
      ...{ kernelHeight: 1, kernelWidth: 3, strideHeight: 1, strideWidth: 2, padTop: 0, padLeft: 0 },
    },
  ],
];

/**
 * The widest layers of the network, where sums are longest, on inputs as they meet them: batch-normalised maps (mean 0, variance 1,
 * about) and Glorot-uniform kernels. Every 97th element is compared with a float64 sum.
 */
describe.each(layers)('layer %s is within 1e-5 of float64, relative to the largest value', (_, shape) => {
  const engine = new TestEngine();
  const taps = 3;
  const inputs = shape.batch * shape.inHeight * shape.inWidth;
  const outputs = shape.batch * shape.outHeight * shape.outWidth;
  const limit = Math.sqrt(6 / (taps * (shape.inChannels + shape.outChannels)));
  const x = randomValues(inputs * shape.inChannels, 1).map((value) => value * Math.sqrt(3));
  const dy = randomValues(outputs * shape.outChannels, 2).map((value) => value * Math.sqrt(3));
  const filter = randomValues(taps * shape.inChannels * shape.outChannels, 3).map((value) => value * limit);
  const addresses = { x: engine.place(x), dy: engine.place(dy), filter: engine.place(filter) };

  /** Input position that tap `tap` of output position `output` reads, or −1. */
  const sourceOf = (output: number, tap: number): number => {
    const column = output % shape.outWidth;
    const row = Math.floor(output / shape.outWidth) % shape.outHeight;
    const image = Math.floor(output / shape.outWidth / shape.outHeight);
    const i = row * shape.strideHeight - shape.padTop + (shape.kernelHeight === 3 ? tap : 0);
    const j = column * shape.strideWidth - shape.padLeft + (shape.kernelWidth === 3 ? tap : 0);
    const inside = i >= 0 && i < shape.inHeight && j >= 0 && j < shape.inWidth;
    return inside ? (image * shape.inHeight + i) * shape.inWidth + j : -1;
  };
  const pairs = Array.from({ length: outputs * taps }, (_, index) => {
    const output = Math.floor(index / taps);
    return { output, tap: index % taps, input: sourceOf(output, index % taps) };
  }).filter(({ input }) => input >= 0);

  function expectClose(found: Float32Array, expected: (index: number) => number): void {
    let largest = 0;
    let difference = 0;
    for (let index = 0; index < found.length; index += 97) {
      const wanted = expected(index);
      largest = Math.max(largest, Math.abs(wanted));
      difference = Math.max(difference, Math.abs((found[index] ?? Number.NaN) - wanted));
    }
    expect(difference / largest).toBeLessThan(1e-5);
  }

  test('forward', () => {
    const y = engine.allocate(dy.length * 4);
    convolution(engine, { ...shape, ...addresses, bias: 0, y });
    expectClose(engine.read(y, dy.length), (index) => {
      const output = Math.floor(index / shape.outChannels);
      const d = index % shape.outChannels;
      let sum = 0;
      for (let tap = 0; tap < taps; tap++) {
        const input = sourceOf(output, tap);
        for (let c = 0; input >= 0 && c < shape.inChannels; c++) {
          sum +=
            (x[input * shape.inChannels + c] ?? 0) *
            (filter[(tap * shape.inChannels + c) * shape.outChannels + d] ?? 0);
        }
      }
      return sum;
    });
  });

  test('input gradient', () => {
    const dx = engine.allocate(x.length * 4);
    convolutionInputGradient(engine, { ...shape, ...addresses, dx });
    const byInput = Map.groupBy(pairs, ({ input }) => input);
    expectClose(engine.read(dx, x.length), (index) => {
      const c = index % shape.inChannels;
      let sum = 0;
      for (const { output, tap } of byInput.get(Math.floor(index / shape.inChannels)) ?? []) {
        for (let d = 0; d < shape.outChannels; d++) {
          sum +=
            (dy[output * shape.outChannels + d] ?? 0) *
            (filter[(tap * shape.inChannels + c) * shape.outChannels + d] ?? 0);
        }
      }
      return sum;
    });
  });

  test('filter gradient', () => {
    const dFilter = engine.allocate(filter.length * 4);
    convolutionFilterGradient(engine, { ...shape, ...addresses, dFilter, dBias: 0 });
    const byTap = Map.groupBy(pairs, ({ tap }) => tap);
    expectClose(engine.read(dFilter, filter.length), (index) => {
      const d = index % shape.outChannels;
      const c = Math.floor(index / shape.outChannels) % shape.inChannels;
      let sum = 0;
      for (const { output, input } of byTap.get(Math.floor(index / shape.outChannels / shape.inChannels)) ?? []) {
        sum += (x[input * shape.inChannels + c] ?? 0) * (dy[output * shape.outChannels + d] ?? 0);
      }
      return sum;
    });
  });
});
