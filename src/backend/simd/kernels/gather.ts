import type { Engine } from '../engine.ts';
import type { ConvolutionShape } from './convolution-shape.ts';
import { groupCount } from './slices.ts';
import { withWorkspace } from './workspace.ts';

/**
 * A convolution seen from its output; the fields, in the order of `Gather` in ../assembly/gather.ts, which explains them.
 */
export interface Gather {
  source: number;
  sourceHeight: number;
  sourceWidth: number;
  depth: number;
  target: number;
  targetHeight: number;
  targetWidth: number;
  targetChannels: number;
  latticeHeight: number;
  latticeWidth: number;
  targetRowStart: number;
  targetRowStep: number;
  targetColumnStart: number;
  targetColumnStep: number;
  sourceRowStep: number;
  sourceRowOffset: number;
  tapRowStep: number;
  sourceColumnStep: number;
  sourceColumnOffset: number;
  tapColumnStep: number;
  tapRows: number;
  tapColumns: number;
  positions: number;
  panels: number;
  epilogue: boolean;
}

/** Positions that meet a panel of weights while it is in the cache nearest to the core. */
const mostBlockPositions = 96;
export const headerFloats = 48;
const tileRows = 6;
export const panelColumns = 16;

/** Floats that the panels of a matrix [rows, columns] take. */
export function panelFloats(rows: number, columns: number): number {
  return Math.ceil(columns / panelColumns) * (headerFloats + rows * panelColumns);
}

/** Runs the convolution that `gather` describes. */
export function runGather(engine: Engine, gather: Gather): void {
  if (gather.positions === 0 || gather.targetChannels === 0) {
    return;
  }
  // Few positions: every block would read all weights, so the panels are shared out rather than the positions.
  const few = gather.positions < 2 * mostBlockPositions * engine.threads;
  const { blocks, blockPositions } = cutPositions(gather.positions, few ? 1 : engine.threads, mostBlockPositions);
  const columnGroups = groupCount(blocks, engine.threads, 1, Math.ceil(gather.targetChannels / panelColumns));
  const taps = gather.tapRows * gather.tapColumns;
  withWorkspace(engine, (workspace) => {
    const descriptor = workspace.words(gatherWords(gather, blockPositions, columnGroups));
    engine.parallel('gatherConvolution', [descriptor], {
      count: blocks * columnGroups,
      chunks: blocks * columnGroups,
      scratchBytes: lines(gather.depth * 4) + (taps + 1) * lines(blockPositions * 4) + 576,
    });
  });
}

/**
 * Cuts positions into blocks of at most `most` (a multiple of 6), as equal as possible and as many as keep `threads` equally
 * busy. What is computed for a position does not depend on its block.
 */
export function cutPositions(
  positions: number,
  threads: number,
  most: number,
): { blocks: number; blockPositions: number } {
  const rounds = Math.max(1, Math.ceil(positions / (most * threads)));
  const each = Math.ceil(positions / (rounds * threads) / tileRows) * tileRows;
  const blockPositions = Math.min(most, each);
  return { blocks: Math.ceil(positions / blockPositions), blockPositions };
}

/** The lattice of all outputs of a convolution, reading `source` and writing `target`. */
export function outputLattice(
  shape: ConvolutionShape,
  source: number,
  target: number,
): Omit<Gather, 'panels' | 'epilogue'> {
  return {
    source,
    sourceHeight: shape.inHeight,
    sourceWidth: shape.inWidth,
    depth: shape.inChannels,
    target,
    targetHeight: shape.outHeight,
    targetWidth: shape.outWidth,
    targetChannels: shape.outChannels,
    latticeHeight: shape.outHeight,
    latticeWidth: shape.outWidth,
    targetRowStart: 0,
    targetRowStep: 1,
    targetColumnStart: 0,
    targetColumnStep: 1,
    sourceRowStep: shape.strideHeight,
    sourceRowOffset: -shape.padTop,
    tapRowStep: 1,
    sourceColumnStep: shape.strideWidth,
    sourceColumnOffset: -shape.padLeft,
    tapColumnStep: 1,
    tapRows: shape.kernelHeight,
    tapColumns: shape.kernelWidth,
    positions: shape.batch * shape.outHeight * shape.outWidth,
  };
}

/** The words that describe a gather to the kernels. */
export function gatherWords(gather: Gather, blockPositions: number, columnGroups: number): number[] {
  return [
    gather.source,
    gather.sourceHeight,
    gather.sourceWidth,
    gather.depth,
    gather.target,
    gather.targetHeight,
    gather.targetWidth,
    gather.targetChannels,
    gather.latticeHeight,
    gather.latticeWidth,
    gather.targetRowStart,
    gather.targetRowStep,
    gather.targetColumnStart,
    gather.targetColumnStep,
    gather.sourceRowStep,
    gather.sourceRowOffset,
    gather.tapRowStep,
    gather.sourceColumnStep,
    gather.sourceColumnOffset,
    gather.tapColumnStep,
    gather.tapRows,
    gather.tapColumns,
    gather.positions,
    gather.panels,
    gather.epilogue ? 1 : 0,
    blockPositions,
    columnGroups,
  ];
}

/** Rounds bytes up to cache lines. */
export function lines(bytes: number): number {
  return Math.ceil(bytes / 64) * 64;
}
