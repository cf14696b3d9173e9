import type { Engine } from '../engine.ts';
import type { ConvolutionShape } from './convolution-shape.ts';
import { gatherWords, lines, outputLattice, panelColumns } from './gather.ts';
import { lineOf } from './line.ts';
import { lineFilterGradient } from './line-gradient.ts';
import { groupCount, sliceCount, sumSlices } from './slices.ts';
import { withWorkspace } from './workspace.ts';

export interface FilterGradientArguments extends ConvolutionShape {
  /** Addresses: x [batch, inHeight, inWidth, inChannels], dy [batch, outHeight, outWidth, outChannels]. */
  x: number;
  dy: number;
  /** dFilter [kernelHeight, kernelWidth, inChannels, outChannels]; dBias [outChannels], 0 for none. */
  dFilter: number;
  dBias: number;
}

const blockPositions = 240;
/** Rows (tap, input channel) that are packed at a time; with the block they fill about half of a core's own cache. */
const mostRows = 288;

/** Gradients of `convolution` with respect to filter and bias. Every element of both is written. */
export function convolutionFilterGradient(engine: Engine, options: FilterGradientArguments): void {
  const { inChannels, outChannels, dFilter, dBias } = options;
  const line = lineOf(options, options.x, options.dy);
  if (line !== undefined && lineFilterGradient(engine, line, options)) {
    return;
  }
  const taps = options.kernelHeight * options.kernelWidth;
  const rows = taps * inChannels;
  const positions = options.batch * options.outHeight * options.outWidth;
  const resultColumns = Math.ceil(outChannels / panelColumns) * panelColumns;
  const sliceFloats = (rows + 1) * resultColumns;
  const slices = sliceCount(sliceFloats, positions / blockPositions);
  const rowPanels = Math.ceil(rows / 6);
  const rowGroups = groupCount(slices, engine.threads, Math.ceil((rowPanels * 6) / mostRows), rowPanels);
  withWorkspace(engine, (workspace) => {
    const result = workspace.floats(slices * sliceFloats);
    const gather = { ...outputLattice(options, options.x, options.dy), panels: 0, epilogue: false };
    const descriptor = workspace.words([
      ...gatherWords(gather, blockPositions, 1),
      result,
      resultColumns,
      slices,
      rowGroups,
    ]);
    const mostRowPanels = Math.ceil(rowPanels / rowGroups) + 1;
    engine.parallel('filterGradient', [descriptor], {
      count: slices * rowGroups,
      chunks: slices * rowGroups,
      scratchBytes:
        lines(inChannels * 4) +
        (taps + 1) * lines(blockPositions * 4) +
        lines(mostRowPanels * (blockPositions * 24 + 64)) +
        (resultColumns / panelColumns) * (blockPositions * 64 + 64),
    });
    const sum = (row: number, count: number, target: number) =>
      sumSlices(engine, {
        result: result + row * resultColumns * 4,
        slices,
        sliceFloats,
        resultColumns,
        outChannels,
        target,
        count,
      });
    sum(0, rows, dFilter);
    if (dBias !== 0) {
      sum(rows, 1, dBias);
    }
  });
}
