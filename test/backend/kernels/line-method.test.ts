import fc from 'fast-check';
import { networkLayers } from '../../../bench/kernels/layers.ts';
import { adjointLine, lineOf } from '../../../src/backend/simd/kernels/line.ts';
import { lineMethod } from '../../../src/backend/simd/kernels/line-method.ts';

const kernelsOf = (network: 'strided' | 'diffstride') =>
  networkLayers(network, 16).map(({ convolution }) => {
    const line = lineOf(convolution, 0, 0);
    return line === undefined ? undefined : lineMethod(line, 'forward')?.method.kernel;
  });

test('a DiffStride network of paper width runs on F(6, 3), except its one-channel first layer', () => {
  expect(kernelsOf('diffstride')).toEqual([undefined, ...Array(11).fill('winogradConvolution')]);
});

test('a strided network runs on F(6, 3) where the stride is 1, on 13 products of 18 over its frames and on nine of twelve over its bins', () => {
  const [one, time, frequency] = ['winogradConvolution', 'overlapAddConvolution', 'strideTwoConvolution'];
  const [first, second, third] = [
    [undefined, frequency, time, frequency],
    [one, one, time, frequency],
    [one, one, time, frequency],
  ];
  expect(kernelsOf('strided')).toEqual([...first, ...second, ...third]);
});

test('lineOf() refuses what is not three taps along one axis with stride 1 or 2', () => {
  const shape = {
    ...{ batch: 1, inHeight: 9, inWidth: 9, inChannels: 32, outHeight: 9, outWidth: 9, outChannels: 32 },
    ...{ kernelHeight: 3, kernelWidth: 1, strideHeight: 1, strideWidth: 1, padTop: 1, padLeft: 0 },
  };
  expect(lineOf(shape, 0, 0)).toBeDefined();
  expect(lineOf({ ...shape, kernelWidth: 3, padLeft: 1 }, 0, 0)).toBeUndefined();
  expect(lineOf({ ...shape, kernelHeight: 1, padTop: 0 }, 0, 0)).toBeUndefined();
  expect(lineOf({ ...shape, strideHeight: 3, outHeight: 3, padTop: 0 }, 0, 0)).toBeUndefined();
  expect(lineOf({ ...shape, strideWidth: 2, outWidth: 5 }, 0, 0)).toBeUndefined();
  expect(lineOf({ ...shape, outWidth: 10, padLeft: 1 }, 0, 0)).toBeUndefined();
});

test('the tiles of a line cover every output once, in as few tiles as whole lines would take or fewer', () => {
  const lines = fc.record({
    along: fc.integer({ min: 1, max: 40 }),
    across: fc.integer({ min: 100, max: 300 }),
    pad: fc.constantFrom(0, 1),
    stride: fc.constantFrom(1 as const, 2 as const),
  });
  fc.assert(
    fc.property(lines, ({ along, across, pad, stride }) => {
      const outHeight = Math.floor((along + 2 * pad - 3) / stride) + 1;
      fc.pre(outHeight > 0);
      const line = lineOf(
        {
          ...{ batch: 1, inHeight: along, inWidth: across, inChannels: 64, outHeight, outWidth: across },
          ...{ outChannels: 64, kernelHeight: 3, kernelWidth: 1, strideHeight: stride, strideWidth: 1 },
          ...{ padTop: pad, padLeft: 0 },
        },
        0,
        0,
      );
      const backwards = line && adjointLine(line);
      for (const [way, pass, outputs] of [
        [line, 'forward', outHeight],
        [backwards, 'input gradient', stride === 1 ? along : Math.ceil((along + pad) / 2)],
      ] as const) {
        const { method, tiling } = (way && lineMethod(way, pass)) ?? {};
        if (method?.kernel.startsWith('overlapAdd')) {
          expect([pad, along]).toEqual([1, 2 * outHeight - 1]);
          expect(tiling).toMatchObject({ period: Math.ceil((outHeight - 1) / 6), lines: across });
          expect(tiling?.tiles).toBe(across * (tiling?.period ?? 0));
        } else if (tiling !== undefined) {
          const slots = stride === 1 ? 6 : 4;
          expect(tiling.period).toBeGreaterThanOrEqual(outputs);
          expect(tiling.tiles * slots).toBeGreaterThanOrEqual((across - 1) * tiling.period + outputs);
          expect(tiling.tiles).toBeLessThanOrEqual(across * Math.ceil(Math.max(outputs, tiling.period) / slots));
        }
      }
    }),
    { numRuns: 300, seed: 1 },
  );
});
