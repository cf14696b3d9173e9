import type { Engine } from '../engine.ts';
import type { ConvolutionShape } from './convolution-shape.ts';
import { cutPositions, headerFloats, lines, panelColumns } from './gather.ts';
import { withWorkspace } from './workspace.ts';

export const planes = 6;
export const tileOutputs = 4;
/** Tiles of a block, and panels whose products wait to be transformed back: both stay in a core's own cache. */
const mostBlockTiles = 48;
const groupPanels = 4;

/** A three-tap convolution of stride 1, from source to target: the forward pass or, with reversed taps, the input gradient. */
export interface LineConvolution {
  batch: number;
  /** Axis of the three taps. */
  axis: 'height' | 'width';
  source: number;
  sourceAlong: number;
  depth: number;
  target: number;
  targetAlong: number;
  columns: number;
  across: number;
  /** Output a reads inputs a − pad to a − pad + 2. */
  pad: number;
  /** Filter [3, depth, columns], or with `adjoint` [3, columns, depth], taps to be reversed. */
  filter: number;
  adjoint: boolean;
  bias?: number;
  epilogue?: { scale: number; offset: number };
}

/** Whether a convolution has three taps along one axis and stride 1, so that F(4, 3) applies. */
export function isLine(shape: ConvolutionShape): boolean {
  const { kernelHeight, kernelWidth, strideHeight, strideWidth } = shape;
  const acrossUnchanged =
    kernelHeight === 3
      ? shape.inWidth === shape.outWidth && shape.padLeft === 0
      : shape.inHeight === shape.outHeight && shape.padTop === 0;
  return kernelHeight * kernelWidth === 3 && strideHeight === 1 && strideWidth === 1 && acrossUnchanged;
}

/** From here on the transforms cost less than the products they save (measured; see bench/kernels). */
const fewestChannels = 32;
const fewestTiles = 64;

/** A line without its filter: what the cutting into tiles depends on. */
export type Line = Omit<LineConvolution, 'filter' | 'adjoint' | 'bias' | 'epilogue'>;

/**
 * Whether F(4, 3) beats the direct kernel: the transforms cost something for every channel and for the filter, and tiles may be
 * partly waste.
 */
export function winogradPays(line: Line): boolean {
  const { tiles } = tiling(line);
  const outputs = line.batch * line.across * line.targetAlong;
  return (
    line.depth % 4 === 0 &&
    Math.min(line.depth, line.columns) >= fewestChannels &&
    tiles >= fewestTiles &&
    tiles * planes <= 2.5 * outputs
  );
}

/** How lines are laid end to end and cut into tiles; see `Winograd` in ../assembly/winograd.ts. */
export function tiling({ batch, across, sourceAlong, targetAlong, pad }: Line) {
  const count = batch * across;
  const whole = Math.ceil(targetAlong / tileOutputs);
  const straddling = Math.ceil((count * (targetAlong + 1)) / tileOutputs);
  if (pad === 1 && sourceAlong === targetAlong && straddling < count * whole) {
    return { lines: count, period: targetAlong + 1, wrap: targetAlong + 1, tiles: straddling };
  }
  return { lines: count, period: whole * tileOutputs, wrap: 2 ** 30, tiles: count * whole };
}

/** Runs a three-tap convolution by Winograd's F(4, 3). `depth` is a multiple of 4. */
export function winogradConvolution(engine: Engine, line: LineConvolution): void {
  const { depth, columns } = line;
  const panelCount = Math.ceil(columns / panelColumns);
  const weights = planes * depth * panelColumns;
  const { tiles } = tiling(line);
  if (tiles === 0) {
    return;
  }
  const { blocks, blockPositions: tilesOfBlock } = cutPositions(tiles, engine.threads, mostBlockTiles);
  withWorkspace(engine, (workspace) => {
    const panels = workspace.floats(panelCount * (headerFloats + weights));
    const { scale = 0, offset = 0 } = line.epilogue ?? {};
    const packing = [line.filter, depth, columns, line.adjoint ? 1 : 0, line.bias ?? 0, scale, offset, panels];
    engine.parallel('packWinograd', packing, { count: panelCount, scratchBytes: 3 * depth * panelColumns * 4 });
    const descriptor = workspace.words([
      ...lineWords(line),
      panels,
      line.epilogue === undefined ? 0 : 1,
      tilesOfBlock,
      groupPanels,
    ]);
    engine.parallel('winogradConvolution', [descriptor], {
      count: blocks,
      chunks: blocks,
      scratchBytes:
        lines(Math.max(depth, panelColumns) * 4) +
        lines(columns * 4) +
        21 * lines(tilesOfBlock * 4) +
        tilesOfBlock * 256 +
        planes * (tilesOfBlock * (lines(depth * 4) + 64) + 64) +
        planes * tilesOfBlock * groupPanels * 64,
    });
  });
}

/** The words that describe a line and its tiles to the kernels, up to the panels. */
export function lineWords(line: Line): number[] {
  const { period, wrap, lines, tiles } = tiling(line);
  const alongWidth = line.axis === 'width';
  return [
    line.source,
    line.target,
    line.depth,
    line.columns,
    line.sourceAlong,
    line.targetAlong,
    line.across,
    alongWidth ? 1 : line.across,
    alongWidth ? 1 : line.across,
    alongWidth ? line.sourceAlong : 1,
    alongWidth ? line.targetAlong : 1,
    line.pad,
    period,
    wrap,
    lines,
    tiles,
  ];
}

/** The line that a convolution's forward pass is (source x, target y), for a shape that `isLine`. */
export function lineOf(shape: ConvolutionShape, source: number, target: number): Line {
  const alongWidth = shape.kernelWidth === 3;
  return {
    batch: shape.batch,
    axis: alongWidth ? 'width' : 'height',
    source,
    sourceAlong: alongWidth ? shape.inWidth : shape.inHeight,
    depth: shape.inChannels,
    target,
    targetAlong: alongWidth ? shape.outWidth : shape.outHeight,
    columns: shape.outChannels,
    across: alongWidth ? shape.outHeight : shape.outWidth,
    pad: alongWidth ? shape.padLeft : shape.padTop,
  };
}

/** The line of the input gradient: from dy (the target of `line`) to dx (its source), with the taps reversed. */
export function adjointLine(line: Line): Line {
  return {
    ...line,
    source: line.target,
    sourceAlong: line.targetAlong,
    depth: line.columns,
    target: line.source,
    targetAlong: line.sourceAlong,
    columns: line.depth,
    pad: 2 - line.pad,
  };
}
