import type { Engine } from '../engine.ts';
import type { ConvolutionShape } from './convolution-shape.ts';
import { outputLattice, panelColumns, panelFloats, runGather } from './gather.ts';
import { adjointLine, lineOf } from './line.ts';
import { lineConvolution } from './line-convolution.ts';
import { type KeptFilter, obtainPanels } from './packed-filters.ts';
import { withWorkspace } from './workspace.ts';

export interface ConvolutionArguments extends ConvolutionShape {
  /** Addresses: x [batch, inHeight, inWidth, inChannels], filter, bias [outChannels] (0: none), y. */
  x: number;
  filter: number;
  bias: number;
  y: number;
  /** Addresses of [outChannels] each: with them y becomes relu(convolution + bias) · scale + offset. */
  epilogue?: { scale: number; offset: number };
  /** The filter, of one tap, is given as [outChannels, inChannels]. */
  transposedFilter?: boolean;
  /** Keeps the packed filter for the next call with the same key. */
  kept?: KeptFilter;
}

/** y = x ∗ filter + bias: cross-correlation, as TensorFlow's conv2d. Every element of y is written. */
export function convolution(engine: Engine, options: ConvolutionArguments): void {
  const { kernelHeight, kernelWidth, inChannels, outChannels } = options;
  const rows = kernelHeight * kernelWidth * inChannels;
  const line = lineOf(options, options.x, options.y);
  if (line !== undefined && lineConvolution(engine, line, 'forward', options)) {
    return;
  }
  withWorkspace(engine, (workspace) => {
    const { bias, filter, kept, transposedFilter = false } = options;
    const { scale = 0, offset = 0 } = options.epilogue ?? {};
    const panels = obtainPanels(engine, workspace, {
      pack: 'packPanels',
      filter,
      values: [rows, outChannels, transposedFilter ? 1 : 0],
      columns: outChannels,
      panelBytes: panelFloats(rows, panelColumns) * 4,
      scratchBytes: 0,
      header: { bias, scale, offset },
      kept,
    });
    runGather(engine, {
      ...outputLattice(options, options.x, options.y),
      panels,
      epilogue: options.epilogue !== undefined,
    });
  });
}

export interface InputGradientArguments extends ConvolutionShape {
  /** Addresses: dy [batch, outHeight, outWidth, outChannels], filter, dx [batch, inHeight, inWidth, inChannels]. */
  dy: number;
  filter: number;
  dx: number;
}

/**
 * Gradient of `convolution` with respect to x. Every element of dx is written.
 *
 * dx[h] = Σ over taps k with (h + pad − k) divisible by the stride of dy[(h + pad − k) / stride] · filter[k]ᵀ: input rows with
 * the same remainder by the stride (a phase) meet the same taps, so each pair of phases is one dense convolution of dy.
 */
export function convolutionInputGradient(engine: Engine, options: InputGradientArguments): void {
  const { inChannels, outChannels } = options;
  const line = lineOf(options, options.dx, options.dy);
  if (line !== undefined && lineConvolution(engine, adjointLine(line), 'input gradient', options)) {
    return;
  }
  const rowPhases = phases(options.inHeight, options.kernelHeight, options.strideHeight, options.padTop);
  const columnPhases = phases(options.inWidth, options.kernelWidth, options.strideWidth, options.padLeft);
  for (const row of rowPhases) {
    for (const column of columnPhases) {
      withWorkspace(engine, (workspace) => {
        const panels = workspace.floats(panelFloats(row.taps * column.taps * outChannels, inChannels));
        engine.parallel(
          'packTransposedPanels',
          [
            options.filter,
            options.kernelWidth,
            inChannels,
            outChannels,
            row.firstTap,
            options.strideHeight,
            row.taps,
            column.firstTap,
            options.strideWidth,
            column.taps,
            panels,
          ],
          { count: Math.ceil(inChannels / panelColumns) },
        );
        runGather(engine, {
          source: options.dy,
          sourceHeight: options.outHeight,
          sourceWidth: options.outWidth,
          depth: outChannels,
          target: options.dx,
          targetHeight: options.inHeight,
          targetWidth: options.inWidth,
          targetChannels: inChannels,
          latticeHeight: row.count,
          latticeWidth: column.count,
          targetRowStart: row.start,
          targetRowStep: options.strideHeight,
          targetColumnStart: column.start,
          targetColumnStep: options.strideWidth,
          sourceRowStep: 1,
          sourceRowOffset: row.sourceOffset,
          tapRowStep: -1,
          sourceColumnStep: 1,
          sourceColumnOffset: column.sourceOffset,
          tapColumnStep: -1,
          tapRows: row.taps,
          tapColumns: column.taps,
          positions: options.batch * row.count * column.count,
          panels,
          epilogue: false,
        });
      });
    }
  }
}

/** The phases of one axis: inputs start + i · stride (i < count) meet taps firstTap + m · stride at output i + sourceOffset − m. */
function phases(size: number, kernel: number, stride: number, pad: number) {
  return Array.from({ length: Math.min(stride, size) }, (_, start) => {
    const firstTap = (start + pad) % stride;
    return {
      start,
      count: Math.ceil((size - start) / stride),
      firstTap,
      taps: Math.max(0, Math.ceil((kernel - firstTap) / stride)),
      sourceOffset: (start + pad - firstTap) / stride,
    };
  });
}
