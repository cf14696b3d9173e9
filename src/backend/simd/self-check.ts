import type { Engine } from './engine.ts';
import { axisProduct, axisProductMatrixGradient } from './kernels/axis-product.ts';
import { convolution, convolutionInputGradient } from './kernels/convolution.ts';
import type { ConvolutionShape } from './kernels/convolution-shape.ts';
import { convolutionFilterGradient } from './kernels/filter-gradient.ts';

/** float32 results may differ from a float64 loop by this much, relative to the largest. */
const tolerance = 1e-5;
/** Results of one kernel that are compared: a loop in JavaScript computes each, and start-up should not be felt. */
const samples = 41;

/**
 * Compares kernels with scalar loops in float64, on sizes that use whole groups of lanes as well as what is left over.
 * V8's fusing of instructions is experimental: a wrong result here means that another way of compiling is tried.
 *
 * @throws Error naming the kernel that was wrong
 */
export function selfCheck(engine: Engine): void {
  const check = new Check(engine);
  try {
    checkElementwise(check);
    // Three taps of stride 1 or 2 go through Winograd's transforms, few channels and tiles through the direct kernels.
    checkConvolution(check, { height: 41, width: 7, inputs: 32, outputs: 36, taps: [3, 1], strides: [1, 1] });
    checkConvolution(check, { height: 65, width: 9, inputs: 32, outputs: 36, taps: [3, 1], strides: [2, 1] });
    checkConvolution(check, { height: 25, width: 33, inputs: 32, outputs: 32, taps: [3, 1], strides: [2, 1] });
    checkConvolution(check, { height: 5, width: 21, inputs: 18, outputs: 23, taps: [1, 3], strides: [1, 2] });
    checkAxisProduct(check);
  } finally {
    check.releaseAll();
  }
}

/** Blocks of memory for a check, and the comparison. */
class Check {
  readonly engine: Engine;
  readonly #blocks: number[] = [];

  constructor(engine: Engine) {
    this.engine = engine;
  }

  /** Memory that holds `size` numbers of a sine, and a copy of them. */
  input(size: number, phase: number): { address: number; values: Float32Array } {
    const address = this.output(size);
    const view = this.engine.float32.subarray(address / 4, address / 4 + size);
    for (let index = 0; index < size; index++) {
      view[index] = Math.sin(index * 0.7 + phase) + 0.2;
    }
    return { address, values: view.slice() };
  }

  output(size: number): number {
    const address = this.engine.allocate(size * 4);
    this.#blocks.push(address);
    return address;
  }

  /** Compares evenly spread results with `expected(index)`. */
  compare(name: string, address: number, size: number, expected: (index: number) => number): void {
    let worst = 0;
    let largest = 0;
    const step = Math.max(1, Math.floor(size / samples));
    for (let index = 0; index < size; index += step) {
      const wanted = expected(index);
      worst = Math.max(worst, Math.abs((this.engine.float32[address / 4 + index] ?? Number.NaN) - wanted));
      largest = Math.max(largest, Math.abs(wanted));
    }
    if (!(worst <= tolerance * largest)) {
      throw new Error(`${name} is wrong by ${(worst / largest).toExponential(1)} of its largest result`);
    }
  }

  releaseAll(): void {
    for (const address of this.#blocks) {
      this.engine.release(address);
    }
  }
}

function checkElementwise(check: Check): void {
  const [rows, channels] = [37, 83];
  const size = rows * channels;
  const [x, dy] = [check.input(size, 0), check.input(size, 1)];
  const [slope, intercept] = [check.input(channels, 2), check.input(channels, 3)];
  const y = check.output(size);
  const { engine } = check;
  engine.parallel('multiply', [x.address, -1, dy.address, -1, y], { count: size, grain: 32 });
  check.compare('multiply', y, size, (i) => at(x.values, i) * at(dy.values, i));
  engine.parallel('reluAffine', [x.address, slope.address, intercept.address, channels, y], { count: rows });
  check.compare('reluAffine', y, size, (i) => {
    const channel = i % channels;
    return Math.max(at(x.values, i), 0) * at(slope.values, channel) + at(intercept.values, channel);
  });
  engine.parallel('sumColumnsBlocks', [x.address, rows, channels, rows, y], { count: 1 });
  check.compare('sumColumnsBlocks', y, channels, (channel) =>
    sum(rows, (row) => at(x.values, row * channels + channel)),
  );
}

interface Sizes {
  height: number;
  width: number;
  inputs: number;
  outputs: number;
  taps: [number, number];
  strides: [number, number];
}

function checkConvolution(check: Check, { height, width, inputs, outputs, taps, strides }: Sizes): void {
  const shape: ConvolutionShape = {
    batch: 1,
    inHeight: height,
    inWidth: width,
    inChannels: inputs,
    outHeight: Math.ceil(height / strides[0]),
    outWidth: Math.ceil(width / strides[1]),
    outChannels: outputs,
    kernelHeight: taps[0],
    kernelWidth: taps[1],
    strideHeight: strides[0],
    strideWidth: strides[1],
    padTop: (taps[0] - 1) / 2,
    padLeft: (taps[1] - 1) / 2,
  };
  const { outHeight, outWidth } = shape;
  const tapCount = taps[0] * taps[1];
  const [inSize, outSize, filterSize] = [
    height * width * inputs,
    outHeight * outWidth * outputs,
    tapCount * inputs * outputs,
  ];
  const [x, dy, filter] = [check.input(inSize, 0), check.input(outSize, 1), check.input(filterSize, 2)];
  const bias = check.input(outputs, 3);
  const [y, dx, dFilter] = [check.output(outSize), check.output(inSize), check.output(filterSize)];
  const name = `convolution ${taps.join('×')} of stride ${strides.join(', ')}`;

  /** Input position [row, column] that output [row, column] meets under a tap, or undefined outside the map. */
  const source = (row: number, column: number, tap: number): number | undefined => {
    const inRow = row * strides[0] - shape.padTop + Math.floor(tap / taps[1]);
    const inColumn = column * strides[1] - shape.padLeft + (tap % taps[1]);
    const inside = inRow >= 0 && inRow < height && inColumn >= 0 && inColumn < width;
    return inside ? inRow * width + inColumn : undefined;
  };

  convolution(check.engine, { ...shape, x: x.address, filter: filter.address, bias: bias.address, y });
  check.compare(name, y, outSize, (i) => {
    const [channel, position] = [i % outputs, Math.floor(i / outputs)];
    const total = sum(tapCount, (tap) => {
      const from = source(Math.floor(position / outWidth), position % outWidth, tap);
      return from === undefined
        ? 0
        : sum(
            inputs,
            (c) => at(x.values, from * inputs + c) * at(filter.values, (tap * inputs + c) * outputs + channel),
          );
    });
    return total + at(bias.values, channel);
  });

  convolutionFilterGradient(check.engine, { ...shape, x: x.address, dy: dy.address, dFilter, dBias: 0 });
  check.compare(`filter gradient of ${name}`, dFilter, filterSize, (i) => {
    const [channel, c, tap] = [i % outputs, Math.floor(i / outputs) % inputs, Math.floor(i / outputs / inputs)];
    return sum(outHeight * outWidth, (position) => {
      const from = source(Math.floor(position / outWidth), position % outWidth, tap);
      return from === undefined ? 0 : at(x.values, from * inputs + c) * at(dy.values, position * outputs + channel);
    });
  });

  convolutionInputGradient(check.engine, { ...shape, dy: dy.address, filter: filter.address, dx });
  check.compare(`input gradient of ${name}`, dx, inSize, (i) => {
    const [c, position] = [i % inputs, Math.floor(i / inputs)];
    return sum(tapCount, (tap) => {
      const row = (Math.floor(position / width) + shape.padTop - Math.floor(tap / taps[1])) / strides[0];
      const column = ((position % width) + shape.padLeft - (tap % taps[1])) / strides[1];
      const output = row * outWidth + column;
      const meets = row >= 0 && row < outHeight && column >= 0 && column < outWidth && Number.isInteger(output);
      return meets && Number.isInteger(row)
        ? sum(outputs, (o) => at(dy.values, output * outputs + o) * at(filter.values, (tap * inputs + c) * outputs + o))
        : 0;
    });
  });
}

function checkAxisProduct(check: Check): void {
  const sizes = { outer: 2, size: 13, newSize: 9, inner: 71 };
  const { outer, size, newSize, inner } = sizes;
  const [x, dy] = [check.input(outer * size * inner, 0), check.input(outer * newSize * inner, 1)];
  const matrix = check.input(newSize * size, 2);
  const [y, dMatrix] = [check.output(outer * newSize * inner), check.output(newSize * size)];
  axisProduct(check.engine, { ...sizes, x: x.address, matrix: matrix.address, y });
  check.compare('axis product', y, outer * newSize * inner, (i) => {
    const [after, row, before] = [i % inner, Math.floor(i / inner) % newSize, Math.floor(i / inner / newSize)];
    return sum(size, (n) => at(matrix.values, row * size + n) * at(x.values, (before * size + n) * inner + after));
  });
  axisProductMatrixGradient(check.engine, { ...sizes, x: x.address, dy: dy.address, dMatrix });
  check.compare('matrix gradient of the axis product', dMatrix, newSize * size, (i) => {
    const [n, row] = [i % size, Math.floor(i / size)];
    return sum(outer, (before) =>
      sum(
        inner,
        (after) =>
          at(dy.values, (before * newSize + row) * inner + after) * at(x.values, (before * size + n) * inner + after),
      ),
    );
  });
}

function at(values: Float32Array, index: number): number {
  return values[index] ?? Number.NaN;
}

function sum(count: number, term: (index: number) => number): number {
  let total = 0;
  for (let index = 0; index < count; index++) {
    total += term(index);
  }
  return total;
}
