import type { ConvolutionShape } from './convolution-shape.ts';

/**
 * A convolution with three taps along one axis and one across it, from source to target: the maps seen as lines along that axis.
 */
export interface Line {
  axis: 'height' | 'width';
  /** Of the convolution from x to y, also where the line leads back from dy to dx. */
  stride: 1 | 2;
  source: number;
  target: number;
  depth: number;
  columns: number;
  sourceAlong: number;
  targetAlong: number;
  batch: number;
  across: number;
  /** Output a reads inputs stride · a − pad to stride · a − pad + 2. With reversed taps (stride 1) the same holds of dx and dy. */
  pad: number;
}

/** Lines laid end to end and cut into tiles; see `Winograd` in ../assembly/winograd.ts. */
export interface Tiling {
  period: number;
  wrap: number;
  lines: number;
  tiles: number;
  /** Tiles that stay in one block: 1, or all tiles of a line. */
  together: number;
}

/** The line of a forward pass (source x, target y), or undefined for other kernels, strides and paddings. */
export function lineOf(shape: ConvolutionShape, source: number, target: number): Line | undefined {
  const alongWidth = shape.kernelWidth === 3;
  const stride = alongWidth ? shape.strideWidth : shape.strideHeight;
  const acrossUnchanged = alongWidth
    ? shape.inHeight === shape.outHeight && shape.padTop === 0 && shape.strideHeight === 1
    : shape.inWidth === shape.outWidth && shape.padLeft === 0 && shape.strideWidth === 1;
  if (shape.kernelHeight * shape.kernelWidth !== 3 || !acrossUnchanged || (stride !== 1 && stride !== 2)) {
    return undefined;
  }
  return {
    axis: alongWidth ? 'width' : 'height',
    stride,
    source,
    target,
    depth: shape.inChannels,
    columns: shape.outChannels,
    sourceAlong: alongWidth ? shape.inWidth : shape.inHeight,
    targetAlong: alongWidth ? shape.outWidth : shape.outHeight,
    batch: shape.batch,
    across: alongWidth ? shape.outHeight : shape.outWidth,
    pad: alongWidth ? shape.padLeft : shape.padTop,
  };
}

/** The line back: from dy (the target of `line`) to dx (its source). */
export function adjointLine(line: Line): Line {
  return {
    ...line,
    source: line.target,
    target: line.source,
    depth: line.columns,
    columns: line.depth,
    sourceAlong: line.targetAlong,
    targetAlong: line.sourceAlong,
    pad: line.stride === 1 ? 2 - line.pad : line.pad,
  };
}

/** The words that describe a line and its tiles to the kernels, up to the panels. */
export function lineWords(line: Line, { period, wrap, lines, tiles }: Tiling): number[] {
  const alongWidth = line.axis === 'width';
  const alongStep = alongWidth ? 1 : line.across;
  return [
    line.source,
    line.target,
    line.depth,
    line.columns,
    line.sourceAlong,
    line.targetAlong,
    line.across,
    alongStep,
    alongStep,
    alongWidth ? line.sourceAlong : 1,
    alongWidth ? line.targetAlong : 1,
    line.pad,
    period,
    wrap,
    lines,
    tiles,
  ];
}
