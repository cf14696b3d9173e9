import type { Engine } from '../engine.ts';
import { cutPositions, headerFloats, lines, panelColumns } from './gather.ts';
import { type Line, lineWords } from './line.ts';
import { constantBytes, lineMethod } from './line-method.ts';
import { type KeptFilter, obtainPanels } from './packed-filters.ts';
import { withWorkspace } from './workspace.ts';

export interface LineWeights {
  /** Address of the filter [3, depth, columns], or for the input gradient [3, columns, depth]. */
  filter: number;
  bias?: number;
  epilogue?: { scale: number; offset: number };
  kept?: KeptFilter;
}

/**
 * Runs the forward pass or the input gradient of a line by Winograd's method or a relative of it, where that pays.
 * @returns whether it did; otherwise nothing was written
 */
export function lineConvolution(
  engine: Engine,
  line: Line,
  pass: 'forward' | 'input gradient',
  { filter, bias = 0, epilogue, kept }: LineWeights,
): boolean {
  const choice = lineMethod(line, pass);
  if (choice === undefined) {
    return false;
  }
  const { method, tiling } = choice;
  const { depth, columns } = line;
  const { mostBlockTiles, groupPanels } = blocking(depth, columns);
  const { together } = tiling;
  const most = Math.max(1, Math.floor(mostBlockTiles / together));
  const { blocks, blockPositions } = cutPositions(tiling.tiles / together, engine.threads, most);
  const blockTiles = blockPositions * together;
  withWorkspace(engine, (workspace) => {
    const { scale = 0, offset = 0 } = epilogue ?? {};
    const panels = obtainPanels(engine, workspace, {
      pack: method.pack,
      filter,
      values: [depth, columns, pass === 'input gradient' ? 1 : 0],
      columns,
      panelBytes: (headerFloats + method.weights * depth * panelColumns) * 4,
      scratchBytes: 3 * depth * panelColumns * 4 + constantBytes,
      header: { bias, scale, offset },
      kept,
    });
    const descriptor = workspace.words([
      ...lineWords(line, tiling),
      panels,
      epilogue === undefined ? 0 : 1,
      blockTiles,
      groupPanels,
    ]);
    const pointers = method.sources + 2 * method.targets + method.transformed + 1;
    engine.parallel(method.kernel, [descriptor], {
      count: blocks,
      chunks: blocks,
      scratchBytes:
        constantBytes +
        lines(Math.max(depth, panelColumns) * 4) +
        lines(columns * 4) +
        pointers * lines(blockTiles * 4) +
        method.targets * blockTiles * 64 +
        method.transformed * (blockTiles * (lines(depth * 4) + 64) + 64) +
        method.products * blockTiles * groupPanels * 64,
    });
  });
  return true;
}

/**
 * Tiles of a block, and panels whose products wait to be transformed back. Small filters: all of it stays in a core's own
 * cache. Large ones pass through it for every block, so blocks are larger and transformed inputs pass once.
 */
function blocking(depth: number, columns: number): { mostBlockTiles: number; groupPanels: number } {
  const panelCount = Math.ceil(columns / panelColumns);
  const weights = depth * columns;
  return weights < 2 ** 17
    ? { mostBlockTiles: weights <= 2 ** 14 ? 24 : 48, groupPanels: Math.min(4, panelCount) }
    : { mostBlockTiles: 96, groupPanels: panelCount };
}
