import type { Engine } from '../engine.ts';
import { convolutionFilterGradient } from './filter-gradient.ts';
import { lines, panelColumns } from './gather.ts';
import { matrixProduct, pointwise } from './matrix-product.ts';
import { withWorkspace } from './workspace.ts';

export interface AxisShape {
  /** Elements before the axis, along it, along it in the result, and after it. */
  outer: number;
  size: number;
  newSize: number;
  inner: number;
}

export interface AxisProductArguments extends AxisShape {
  /** Addresses: x [outer, size, inner], matrix [newSize, size] ([size, newSize] with transpose), y [outer, newSize, inner]. */
  x: number;
  matrix: number;
  y: number;
  /** Apply matrixᵀ: y[j] = Σ_n matrix[n, j] x[n]. */
  transpose?: boolean;
  /**
   * Addresses of vectors [channels], channels dividing inner: y becomes relu(y) · scale + offset, the channel of an element being
   * its index modulo `channels`. An axis that is the last one (inner = 1) takes channels = newSize.
   */
  epilogue?: { scale: number; offset: number; channels: number };
}

/** Columns of x [size, inner] that are packed together: wide enough to read long runs, few enough to stay in the cache. */
function columnsTogether(size: number, inner: number): number {
  const most = Math.max(panelColumns, Math.floor(cachedFloats / size / panelColumns) * panelColumns);
  return Math.min(most, Math.ceil(inner / panelColumns) * panelColumns);
}

const cachedFloats = 2 ** 14;

/** y[o, j, i] = Σ_n M[j, n] x[o, n, i] for a small matrix M. Every element of y is written. */
export function axisProduct(engine: Engine, options: AxisProductArguments): void {
  const { outer, size, newSize, inner, x, y, transpose = false, epilogue } = options;
  if (inner === 1 && epilogue === undefined) {
    // Along the last axis this is x · Mᵀ.
    matrixProduct(engine, {
      batch: 1,
      rows: outer,
      columns: newSize,
      depth: size,
      a: x,
      b: options.matrix,
      y,
      transposeB: !transpose,
    });
    return;
  }
  withWorkspace(engine, (workspace) => {
    const matrix = workspace.floats(Math.ceil(newSize / 6) * 6 * size);
    packMatrix(engine.float32, options.matrix / 4, matrix / 4, { size, newSize, transpose });
    let scale = 0;
    let offset = 0;
    if (epilogue !== undefined) {
      scale = workspace.floats(inner);
      offset = workspace.floats(inner);
      repeat(engine.float32, epilogue.scale / 4, epilogue.channels, scale / 4, inner);
      repeat(engine.float32, epilogue.offset / 4, epilogue.channels, offset / 4, inner);
    }
    const groupColumns = columnsTogether(size, inner);
    const count = outer * Math.ceil(inner / groupColumns);
    engine.parallel('axisProduct', [matrix, x, y, size, newSize, inner, groupColumns, scale, offset], {
      count,
      chunks: Math.min(count, 16 * engine.threads),
      scratchBytes: size * groupColumns * 4 + 6 * 64,
    });
  });
}

/** packed [ceil(newSize / 6)][size][6] of the matrix; missing rows stay undefined, as no tile stores them. */
function packMatrix(
  memory: Float32Array,
  from: number,
  to: number,
  { size, newSize, transpose }: { size: number; newSize: number; transpose: boolean },
): void {
  for (let j = 0; j < newSize; j++) {
    const panel = to + Math.floor(j / 6) * size * 6 + (j % 6);
    for (let n = 0; n < size; n++) {
      memory[panel + n * 6] = memory[transpose ? from + n * newSize + j : from + j * size + n] ?? 0;
    }
  }
}

function repeat(memory: Float32Array, from: number, period: number, to: number, count: number): void {
  for (let at = 0; at < count; at += period) {
    memory.copyWithin(to + at, from, from + Math.min(period, count - at));
  }
}

export interface AxisMatrixGradientArguments extends AxisShape {
  /** Addresses: x [outer, size, inner], dy [outer, newSize, inner], dMatrix [newSize, size]. */
  x: number;
  dy: number;
  dMatrix: number;
}

/** Pairs (o, i) that meet at a time. */
const chunk = 256;
const mostSlices = 16;

/** dMatrix[j, n] = Σ over o and i of dy[o, j, i] · x[o, n, i]. Every element is written. */
export function axisProductMatrixGradient(engine: Engine, options: AxisMatrixGradientArguments): void {
  const { outer, size, newSize, inner, x, dy, dMatrix } = options;
  if (inner === 1) {
    convolutionFilterGradient(engine, {
      ...pointwise(outer, newSize, size),
      x: dy,
      dy: x,
      dFilter: dMatrix,
      dBias: 0,
    });
    return;
  }
  const slices = Math.max(1, Math.min(mostSlices, Math.floor((outer * inner) / (4 * chunk))));
  // One operand is transposed into panels of 16 columns: the one that leaves the fewer columns empty.
  const whole = (count: number) => Math.ceil(count / panelColumns) * panelColumns;
  const transposed = size * whole(newSize) < newSize * whole(size);
  const [left, right, rows, columns] = transposed ? [x, dy, size, newSize] : [dy, x, newSize, size];
  withWorkspace(engine, (workspace) => {
    const partial = workspace.floats(slices * whole(columns) * rows);
    engine.parallel('axisProductMatrixGradient', [left, right, rows, columns, outer, inner, slices, chunk, partial], {
      count: slices,
      chunks: slices,
      scratchBytes: lines(rows * (chunk + panelColumns) * 4) + (chunk + 8) * panelColumns * 4 + lines((rows + 6) * 4),
    });
    engine.parallel('sumMatrixGradient', [partial, slices, rows, columns, transposed ? 1 : 0, dMatrix], {
      count: rows,
    });
  });
}
