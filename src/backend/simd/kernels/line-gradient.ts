import type { Engine } from '../engine.ts';
import { lines, panelColumns } from './gather.ts';
import { type Line, lineWords, type Tiling } from './line.ts';
import { constantBytes, lineMethod } from './line-method.ts';
import { groupCount, sliceCount, sumSlices } from './slices.ts';
import { withWorkspace } from './workspace.ts';

/**
 * Tiles that are transformed before they are multiplied: the length of the sums that stay in registers. Large filters do not fit a
 * core's own cache, so their sums are fetched as seldom as possible; blocks are equal, as a short one costs as much fetching.
 */
function blockTilesOf({ depth, columns }: Line, { tiles, together }: Tiling): number {
  const most = depth * columns < 2 ** 17 ? 96 : 320;
  return Math.ceil(tiles / together / Math.ceil(tiles / most)) * together;
}

/** Input channels of an item start at multiples of this. */
const channelUnit = 16;

/**
 * Filter and bias gradients of the line from x to dy by the adjoint of Winograd's method or a relative of it, where that pays.
 * `dBias` may be 0 for none.
 * @returns whether it did; otherwise nothing was written
 */
export function lineFilterGradient(
  engine: Engine,
  line: Line,
  { dFilter, dBias }: { dFilter: number; dBias: number },
): boolean {
  const choice = lineMethod(line, 'filter gradient');
  if (choice === undefined) {
    return false;
  }
  const { method, tiling } = choice;
  const { depth, columns } = line;
  const { tiles } = tiling;
  const blockTiles = blockTilesOf(line, tiling);
  const panelCount = Math.ceil(columns / panelColumns);
  const resultColumns = panelCount * panelColumns;
  const sliceFloats = (method.weights * depth + 1) * resultColumns;
  const slices = sliceCount(sliceFloats, tiles / blockTiles);
  const units = Math.ceil(depth / channelUnit);
  const rowGroups = groupCount(slices, engine.threads, 1, units);
  const mostPanels = Math.ceil(units / rowGroups) + panelCount;
  withWorkspace(engine, (workspace) => {
    const result = workspace.floats(slices * sliceFloats);
    const unused = { panels: 0, epilogue: 0, groupPanels: 0 };
    const descriptor = workspace.words([
      ...lineWords(line, tiling),
      unused.panels,
      unused.epilogue,
      blockTiles,
      unused.groupPanels,
      result,
      resultColumns,
      slices,
      rowGroups,
    ]);
    engine.parallel(method.kernel, [descriptor], {
      count: slices * rowGroups,
      chunks: slices * rowGroups,
      scratchBytes:
        constantBytes +
        lines(Math.max(depth, columns) * 4) +
        (method.sources + method.targets) * lines(blockTiles * 4) +
        mostPanels * (method.products * blockTiles * 64 + 64),
    });
    engine.parallel(method.sum, [result, resultColumns, slices, depth, columns, dFilter], {
      count: depth,
      grain: channelUnit,
      scratchBytes: (method.weights + 3) * 16 * panelColumns * 4 + constantBytes,
    });
    if (dBias !== 0) {
      const row = result + method.weights * depth * resultColumns * 4;
      sumSlices(engine, {
        ...{ result: row, slices, sliceFloats, resultColumns },
        ...{ outChannels: columns, target: dBias, count: 1 },
      });
    }
  });
  return true;
}
