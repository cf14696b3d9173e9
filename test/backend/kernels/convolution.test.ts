import fc from 'fast-check';
import { convolution, convolutionInputGradient } from '../../../src/backend/simd/kernels/convolution.ts';
import type { ConvolutionShape } from '../../../src/backend/simd/kernels/convolution-shape.ts';
import { convolutionFilterGradient } from '../../../src/backend/simd/kernels/filter-gradient.ts';
import { naiveConvolution, naiveFilterGradient, naiveInputGradient } from '../../oracles/convolution.ts';
import { randomValues, relativeError } from './comparison.ts';
import { kernelModule, TestEngine } from './test-engine.ts';

/** One axis: sizes, stride and padding, SAME as TensorFlow's, none, or uneven. */
const axis = fc
  .record({
    size: fc.integer({ min: 1, max: 13 }),
    kernel: fc.constantFrom(1, 2, 3, 3, 3, 4),
    stride: fc.constantFrom(1, 1, 2, 2, 3, 15),
    same: fc.boolean(),
  })
  .map(({ size, kernel, stride, same }) => {
    const valid = size >= kernel && !same;
    const out = valid ? Math.floor((size - kernel) / stride) + 1 : Math.ceil(size / stride);
    return { size, kernel, stride, out, pad: valid ? 0 : Math.max(0, (out - 1) * stride + kernel - size) >> 1 };
  });
const channels = fc.constantFrom(1, 2, 3, 5, 7, 12, 16, 17, 24, 31, 32, 40);

const shapes: fc.Arbitrary<ConvolutionShape> = fc
  .record({
    batch: fc.integer({ min: 1, max: 3 }),
    rows: axis,
    columns: axis,
    inChannels: channels,
    outChannels: channels,
  })
  .map(({ batch, rows, columns, inChannels, outChannels }) => ({
    batch,
    inHeight: rows.size,
    inWidth: columns.size,
    inChannels,
    outHeight: rows.out,
    outWidth: columns.out,
    outChannels,
    kernelHeight: rows.kernel,
    kernelWidth: columns.kernel,
    strideHeight: rows.stride,
    strideWidth: columns.stride,
    padTop: rows.pad,
    padLeft: columns.pad,
  }));

/** Three taps and stride 1 or 2 along one axis, large enough for Winograd's method. */
const lines: fc.Arbitrary<ConvolutionShape> = fc
  .record({
    batch: fc.integer({ min: 1, max: 2 }),
    along: fc.integer({ min: 2, max: 22 }),
    across: fc.integer({ min: 19, max: 25 }),
    inChannels: fc.constantFrom(32, 36, 44, 48, 52),
    outChannels: fc.constantFrom(32, 33, 36, 48, 60),
    pad: fc.constantFrom(0, 1, 1, 1, 2),
    columns: fc.boolean(),
    stride: fc.constantFrom(1, 2),
  })
  .map(({ batch, along, across, inChannels, outChannels, pad, columns, stride }) => {
    const out = stride === 1 ? Math.max(1, along + 2 * pad - 2) : Math.ceil((along + (pad === 2 ? 1 : 0)) / 2);
    const [inHeight, inWidth] = columns ? [across, along] : [along, across];
    const [outHeight, outWidth] = columns ? [across, out] : [out, across];
    const [kernelHeight, kernelWidth] = columns ? [1, 3] : [3, 1];
    const [padTop, padLeft] = columns ? [0, pad] : [pad, 0];
    const [strideHeight, strideWidth] = columns ? [1, stride] : [stride, 1];
    const strides = { strideHeight, strideWidth };
    const sizes = { batch, inHeight, inWidth, inChannels, outHeight, outWidth, outChannels };
    return { ...sizes, kernelHeight, kernelWidth, padTop, padLeft, ...strides };
  });

/** Three taps and stride 2 along one axis of 2L − 1 inputs and L outputs: padded at both ends. */
const paddedLines: fc.Arbitrary<ConvolutionShape> = fc
  .record({
    batch: fc.constant(2),
    out: fc.constantFrom(2, 6, 7, 7, 12, 13, 20),
    across: fc.integer({ min: 32, max: 34 }),
    channels: fc.constantFrom([32, 48], [36, 32]),
    columns: fc.boolean(),
  })
  .map(({ batch, out, across, channels: [inChannels = 0, outChannels = 0], columns }) => {
    const along = 2 * out - 1;
    const shape = {
      batch,
      inHeight: along,
      inWidth: across,
      inChannels,
      outHeight: out,
      outWidth: across,
      outChannels,
    };
    const turned = { ...shape, inHeight: across, inWidth: along, outHeight: across, outWidth: out };
    return columns
      ? { ...turned, kernelHeight: 1, kernelWidth: 3, strideHeight: 1, strideWidth: 2, padTop: 0, padLeft: 1 }
      : { ...shape, kernelHeight: 3, kernelWidth: 1, strideHeight: 2, strideWidth: 1, padTop: 1, padLeft: 0 };
  });

/** The same with channels enough for the filter gradient to go that way too. */
const widePaddedLines: ConvolutionShape = {
  ...{ batch: 1, inHeight: 25, inWidth: 34, inChannels: 128, outHeight: 13, outWidth: 34, outChannels: 144 },
  ...{ kernelHeight: 3, kernelWidth: 1, strideHeight: 2, strideWidth: 1, padTop: 1, padLeft: 0 },
};

interface Values {
  x: Float32Array;
  filter: Float32Array;
  bias: Float32Array;
  dy: Float32Array;
}

function valuesOf(shape: ConvolutionShape): Values {
  const taps = shape.kernelHeight * shape.kernelWidth;
  return {
    x: randomValues(shape.batch * shape.inHeight * shape.inWidth * shape.inChannels, 1),
    filter: randomValues(taps * shape.inChannels * shape.outChannels, 2),
    bias: randomValues(shape.outChannels, 3),
    dy: randomValues(shape.batch * shape.outHeight * shape.outWidth * shape.outChannels, 4),
  };
}

/** All three passes of one shape; memory must be back where it was. */
function passes(engine: TestEngine, shape: ConvolutionShape, values: Values) {
  const before = engine.used;
  const placed = {
    x: engine.place(values.x),
    filter: engine.place(values.filter),
    bias: engine.place(values.bias),
    dy: engine.place(values.dy),
  };
  const y = engine.allocate(values.dy.length * 4);
  const dx = engine.allocate(values.x.length * 4);
  const dFilter = engine.allocate(values.filter.length * 4);
  const dBias = engine.allocate(values.bias.length * 4);
  convolution(engine, { ...shape, ...placed, y });
  convolutionInputGradient(engine, { ...shape, dy: placed.dy, filter: placed.filter, dx });
  convolutionFilterGradient(engine, { ...shape, x: placed.x, dy: placed.dy, dFilter, dBias });
  const results = {
    y: engine.read(y, values.dy.length),
    dx: engine.read(dx, values.x.length),
    dFilter: engine.read(dFilter, values.filter.length),
    dBias: engine.read(dBias, values.bias.length),
  };
  for (const address of [...Object.values(placed), y, dx, dFilter, dBias]) {
    engine.release(address);
  }
  expect(engine.used).toBe(before);
  return results;
}

function expectNaiveValues(engine: TestEngine, shape: ConvolutionShape): void {
  const values = valuesOf(shape);
  const found = passes(engine, shape, values);
  expect(relativeError(found.y, naiveConvolution(shape, values.x, values.filter, values.bias))).toBeLessThan(5e-6);
  expect(relativeError(found.dx, naiveInputGradient(shape, values.dy, values.filter))).toBeLessThan(5e-6);
  const expected = naiveFilterGradient(shape, values.x, values.dy);
  expect(relativeError(found.dFilter, expected.dFilter)).toBeLessThan(5e-6);
  expect(relativeError(found.dBias, expected.dBias)).toBeLessThan(5e-6);
}

describe.each(['kernels.wasm', 'kernels-simd128.wasm'])('convolution drivers on %s', (name) => {
  const engine = new TestEngine({ module: kernelModule(name) });

  test('all three passes agree with float64 loops over random shapes, strides and paddings', () => {
    fc.assert(
      fc.property(shapes, (shape) => expectNaiveValues(engine, shape)),
      { numRuns: 150, seed: 1 },
    );
  });

  test('all three passes agree with float64 loops where Winograd serves them', () => {
    fc.assert(
      fc.property(lines, (shape) => expectNaiveValues(engine, shape)),
      { numRuns: 25, seed: 4 },
    );
  });

  test('all three passes agree with float64 loops where lines of stride 2 are padded at both ends', () => {
    fc.assert(
      fc.property(paddedLines, (shape) => expectNaiveValues(engine, shape)),
      { numRuns: 8, seed: 5 },
    );
    expectNaiveValues(engine, widePaddedLines);
  });

  test.each([
    [
      'one-channel maps, as the first layer',
      { inHeight: 31, inWidth: 17, inChannels: 1, outChannels: 64, strideHeight: 2 },
    ],
    [
      'many positions, whose sums are cut into slices',
      { batch: 2, inHeight: 40, inWidth: 32, inChannels: 16, outChannels: 16 },
    ],
    [
      'more rows of the filter than are packed at a time',
      { inHeight: 6, inWidth: 5, inChannels: 130, outChannels: 48 },
    ],
  ])('all three passes agree with float64 loops: %s', (_, given) => {
    const shape = {
      batch: 1,
      kernelHeight: 3,
      kernelWidth: 1,
      strideHeight: 1,
      strideWidth: 1,
      padTop: 1,
      padLeft: 0,
      ...given,
    };
    expectNaiveValues(engine, {
      ...shape,
      outHeight: Math.ceil(shape.inHeight / shape.strideHeight),
      outWidth: shape.inWidth,
      padTop: shape.strideHeight === 2 && shape.inHeight % 2 === 0 ? 0 : 1,
    });
  });
});

test('results are bit-identical for 1, 2, 3 and 7 threads, however the work is cut', () => {
  fc.assert(
    fc.property(fc.oneof(shapes, lines, paddedLines), (shape) => {
      const values = valuesOf(shape);
      const expected = passes(new TestEngine(), shape, values);
      for (const threads of [2, 3, 7]) {
        expect(passes(new TestEngine({ threads, chunks: 2 * threads - 1 }), shape, values)).toEqual(expected);
      }
    }),
    { numRuns: 20, seed: 2, examples: [[widePaddedLines]] },
  );
});

test('convolution() with an epilogue is relu(convolution + bias) · scale + offset', () => {
  fc.assert(
    fc.property(fc.oneof(shapes, lines, paddedLines), (shape) => {
      const engine = new TestEngine();
      const values = valuesOf(shape);
      const scale = randomValues(shape.outChannels, 5);
      const offset = randomValues(shape.outChannels, 6);
      const y = engine.allocate(values.dy.length * 4);
      convolution(engine, {
        ...shape,
        x: engine.place(values.x),
        filter: engine.place(values.filter),
        bias: engine.place(values.bias),
        epilogue: { scale: engine.place(scale), offset: engine.place(offset) },
        y,
      });
      const expected = naiveConvolution(shape, values.x, values.filter, values.bias).map((value, index) => {
        const channel = index % shape.outChannels;
        return Math.max(value, 0) * (scale[channel] ?? 0) + (offset[channel] ?? 0);
      });
      expect(relativeError(engine.read(y, values.dy.length), expected)).toBeLessThan(5e-6);
    }),
    { numRuns: 30, seed: 3 },
  );
});

test('convolution() without a bias adds none', () => {
  const engine = new TestEngine();
  const shape = {
    ...{ batch: 1, inHeight: 3, inWidth: 3, inChannels: 2, outHeight: 3, outWidth: 3, outChannels: 20 },
    ...{ kernelHeight: 1, kernelWidth: 1, strideHeight: 1, strideWidth: 1, padTop: 0, padLeft: 0 },
  };
  const values = valuesOf(shape);
  const y = engine.allocate(values.dy.length * 4);
  convolution(engine, { ...shape, x: engine.place(values.x), filter: engine.place(values.filter), bias: 0, y });
  const expected = naiveConvolution(shape, values.x, values.filter, new Float32Array(shape.outChannels));
  expect(relativeError(engine.read(y, values.dy.length), expected)).toBeLessThan(5e-6);
});
