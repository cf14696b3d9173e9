import type { Engine } from '../engine.ts';
import { lines, panelColumns } from './gather.ts';
import { groupCount, sliceCount, sumSlices } from './slices.ts';
import { type Line, lineWords, planes, tiling } from './winograd.ts';
import { withWorkspace } from './workspace.ts';

/** Tiles that are transformed before they are multiplied: the length of the sums that stay in registers. */
const mostBlockTiles = 96;
/** Input channels of an item start at multiples of this. */
const channelUnit = 12;

/**
 * Filter and bias gradients of a three-tap convolution by the adjoint of F(4, 3), from the line whose source is x and whose target
 * is dy. `depth` and `columns` are multiples of 4. `dBias` may be 0 for none.
 */
export function winogradFilterGradient(
  engine: Engine,
  line: Line,
  { dFilter, dBias }: { dFilter: number; dBias: number },
): void {
  const { depth, columns } = line;
  const { tiles } = tiling(line);
  const blockTiles = Math.min(mostBlockTiles, tiles);
  const panelCount = Math.ceil(columns / panelColumns);
  const resultColumns = panelCount * panelColumns;
  const sliceFloats = (planes * depth + 1) * resultColumns;
  const slices = sliceCount(sliceFloats, tiles / blockTiles);
  const units = Math.ceil(depth / channelUnit);
  const rowGroups = groupCount(slices, engine.threads, 1, units);
  const mostChannels = Math.ceil(units / rowGroups) * channelUnit;
  withWorkspace(engine, (workspace) => {
    const result = workspace.floats(slices * sliceFloats);
    const descriptor = workspace.words([
      ...lineWords(line),
      0,
      0,
      blockTiles,
      0,
      result,
      resultColumns,
      slices,
      rowGroups,
    ]);
    engine.parallel('winogradFilterGradient', [descriptor], {
      count: slices * rowGroups,
      chunks: slices * rowGroups,
      scratchBytes:
        lines(Math.max(depth, columns) * 4) +
        10 * lines(blockTiles * 4) +
        planes * (blockTiles * (lines(mostChannels * 4) + 64) + 64) +
        planes * panelCount * (blockTiles * 64 + 64),
    });
    engine.parallel('winogradFilterSum', [result, resultColumns, slices, depth, columns, dFilter], {
      count: depth,
      grain: Math.max(1, Math.ceil(4096 / columns)),
      scratchBytes: planes * resultColumns * 4,
    });
    if (dBias !== 0) {
      const row = result + planes * depth * resultColumns * 4;
      sumSlices(engine, {
        ...{ result: row, slices, sliceFloats, resultColumns },
        ...{ outChannels: columns, target: dBias, count: 1 },
      });
    }
  });
}
