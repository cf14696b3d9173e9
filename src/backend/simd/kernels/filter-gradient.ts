import type { Engine } from '../engine.ts';
import type { ConvolutionShape } from './convolution-shape.ts';
import { gatherWords, lines, outputLattice, panelColumns } from './gather.ts';
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
/** Sums over slices of the positions may take this much memory together. */
const mostSliceBytes = 2 ** 21;
const mostSlices = 16;

/** Gradients of `convolution` with respect to filter and bias. Every element of both is written. */
export function convolutionFilterGradient(engine: Engine, options: FilterGradientArguments): void {
  const { inChannels, outChannels, dFilter, dBias } = options;
  const taps = options.kernelHeight * options.kernelWidth;
  const rows = taps * inChannels;
  const positions = options.batch * options.outHeight * options.outWidth;
  const resultColumns = Math.ceil(outChannels / panelColumns) * panelColumns;
  const sliceFloats = (rows + 1) * resultColumns;
  // Small filters of large maps have too few elements to share out: there the positions are, in a number fixed by the shape.
  const slices = Math.max(
    1,
    Math.min(mostSlices, Math.floor(mostSliceBytes / (sliceFloats * 4)), Math.floor(positions / blockPositions)),
  );
  const rowPanels = Math.ceil(rows / 6);
  const rowGroups = Math.max(
    Math.min(rowPanels, Math.ceil(engine.threads / slices)),
    Math.ceil((rowPanels * 6) / mostRows),
  );
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
      scratchBytes:
        lines(inChannels * 4) +
        (taps + 1) * lines(blockPositions * 4) +
        lines(mostRowPanels * (blockPositions * 24 + 64)) +
        (resultColumns / panelColumns) * (blockPositions * 64 + 64),
    });
    const sum = (row: number, count: number, target: number) =>
      engine.parallel(
        'sumSlices',
        [result + row * resultColumns * 4, slices, sliceFloats * 4, resultColumns, outChannels, target],
        { count, grain: Math.max(1, Math.ceil(16384 / outChannels)) },
      );
    sum(0, rows, dFilter);
    if (dBias !== 0) {
      sum(rows, 1, dBias);
    }
  });
}
