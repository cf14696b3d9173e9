import type { Engine } from '../engine.ts';
import { convolution } from './convolution.ts';
import type { ConvolutionShape } from './convolution-shape.ts';
import { convolutionFilterGradient } from './filter-gradient.ts';
import { withWorkspace } from './workspace.ts';

export interface MatrixProductArguments {
  /** y[i] = op(a[i]) · op(b[i]) for i < batch; op transposes where asked. */
  batch: number;
  rows: number;
  columns: number;
  /** Length of the sums. */
  depth: number;
  /** Addresses: a [batch, rows, depth], or [batch, depth, rows] with transposeA; b [batch, depth, columns], or transposed. */
  a: number;
  b: number;
  y: number;
  transposeA?: boolean;
  transposeB?: boolean;
  /** Matrices from one batch item to the next in a and b: 1, or 0 where one matrix serves all. */
  stepA?: 0 | 1;
  stepB?: 0 | 1;
  /** Address of a vector [columns] added to every row; 0 or absent: none. */
  bias?: number;
}

/** Batched matrix product. y [batch, rows, columns]; every element is written (zeros or the bias where depth is 0). */
export function matrixProduct(engine: Engine, options: MatrixProductArguments): void {
  const { rows, columns, depth, batch, transposeA = false, transposeB = false, stepA = 1, stepB = 1 } = options;
  if (batch * rows * columns === 0) {
    return;
  }
  for (let item = 0; item < batch; item++) {
    const a = options.a + stepA * item * rows * depth * 4;
    const b = options.b + stepB * item * depth * columns * 4;
    const y = options.y + item * rows * columns * 4;
    if (!transposeA) {
      product(engine, { rows, columns, depth, a, b, y, transposeB, bias: options.bias ?? 0 });
    } else if (!transposeB && options.bias === undefined) {
      // aᵀ b sums over the rows of both, as a filter gradient sums over positions.
      convolutionFilterGradient(engine, { ...pointwise(depth, rows, columns), x: a, dy: b, dFilter: y, dBias: 0 });
    } else {
      withWorkspace(engine, (workspace) => {
        const transposed = workspace.floats(rows * depth);
        transpose(engine, a, depth, rows, transposed);
        product(engine, { rows, columns, depth, a: transposed, b, y, transposeB, bias: options.bias ?? 0 });
      });
    }
  }
}

/** y [rows, columns] = a [rows, depth] · op(b) + bias. */
function product(
  engine: Engine,
  {
    rows,
    columns,
    depth,
    a,
    b,
    y,
    transposeB,
    bias,
  }: {
    rows: number;
    columns: number;
    depth: number;
    a: number;
    b: number;
    y: number;
    transposeB: boolean;
    bias: number;
  },
): void {
  convolution(engine, { ...pointwise(rows, depth, columns), x: a, filter: b, bias, y, transposedFilter: transposeB });
}

/** target [columns, rows] = source [rows, columns] transposed. */
export function transpose(engine: Engine, source: number, rows: number, columns: number, target: number): void {
  engine.parallel('transposeMatrix', [source, rows, columns, target], {
    count: columns,
    grain: Math.max(1, Math.ceil(16384 / rows)),
  });
}

/** A matrix [positions, inChannels] seen as a map of height 1, under a filter of one tap. */
export function pointwise(positions: number, inChannels: number, outChannels: number): ConvolutionShape {
  return {
    batch: 1,
    inHeight: 1,
    inWidth: positions,
    inChannels,
    outHeight: 1,
    outWidth: positions,
    outChannels,
    kernelHeight: 1,
    kernelWidth: 1,
    strideHeight: 1,
    strideWidth: 1,
    padTop: 0,
    padLeft: 0,
  };
}
