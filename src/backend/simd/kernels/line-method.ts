import type { Line, Tiling } from './line.ts';

/** A way to compute one pass of a line with fewer products than the direct kernel, and the sizes of its workspaces. */
export interface LineMethod {
  kernel: string;
  /** Pointers of a tile to source and target. */
  sources: number;
  targets: number;
  /** Planes of transformed inputs, of weights (or summed filter gradients), and of products. */
  transformed: number;
  weights: number;
  products: number;
}

/** Room for the constants of the transforms in every scratch. */
export const constantBytes = 64;

export type Pass = 'forward' | 'input gradient' | 'filter gradient';

/** Winograd's F(6, 3), for stride 1: ../assembly/winograd.ts. */
const winograd: Record<Pass, LineMethod> = {
  forward: { kernel: 'winogradConvolution', sources: 8, targets: 6, transformed: 8, weights: 8, products: 8 },
  'input gradient': { kernel: 'winogradConvolution', sources: 8, targets: 6, transformed: 8, weights: 8, products: 8 },
  'filter gradient': {
    kernel: 'winogradFilterGradient',
    ...{ sources: 8, targets: 6, transformed: 8, weights: 8, products: 8 },
  },
};

/** F(4, 2) for the even inputs, for stride 2: ../assembly/stride-two.ts. */
const strideTwo: Record<Pass, LineMethod> = {
  forward: { kernel: 'strideTwoConvolution', sources: 9, targets: 4, transformed: 5, weights: 6, products: 9 },
  'input gradient': {
    kernel: 'strideTwoInputGradient',
    ...{ sources: 5, targets: 8, transformed: 5, weights: 6, products: 5 },
  },
  'filter gradient': {
    kernel: 'strideTwoFilterGradient',
    ...{ sources: 9, targets: 4, transformed: 9, weights: 6, products: 9 },
  },
};

/** Slots of a tile, and products that it takes where the direct kernel takes three for each output (measured break-even below). */
const tileSizes = { 1: { slots: 6, products: 8 }, 2: { slots: 4, products: 9 } } as const;
const never = 2 ** 30;

/** From here on the transforms cost less than the products they save (measured: bench/kernels). */
const fewestChannels = 32;
/** For the filter gradient of stride 2, which copies its odd inputs. */
const fewestGradientChannels = 128;
const fewestTiles = 64;
const mostProductsOfDirect = { 1: 0.84, 2: 0.86 } as const;

/**
 * The method for a pass of `line` (for the input gradient: the line back), with its tiling, or undefined where the direct kernel is
 * as good. Depends on the shape alone.
 */
export function lineMethod(line: Line, pass: Pass): { method: LineMethod; tiling: Tiling } | undefined {
  const { depth, columns, stride, batch, across } = line;
  const outputs = batch * across * (stride === 2 && pass === 'input gradient' ? line.sourceAlong : line.targetAlong);
  const tiling = stride === 1 ? tilingOf(line) : strideTwoTiling(line, pass);
  const products = tiling.tiles * tileSizes[stride].products;
  const pays =
    depth % 4 === 0 &&
    (pass !== 'filter gradient' || columns % 4 === 0) &&
    Math.min(depth, columns) >=
      (stride === 2 && pass === 'filter gradient' ? fewestGradientChannels : fewestChannels) &&
    tiling.tiles >= fewestTiles &&
    products <= mostProductsOfDirect[stride] * 3 * outputs;
  return pays ? { method: (stride === 1 ? winograd : strideTwo)[pass], tiling } : undefined;
}

/** Stride 1: a slot is an output. Under SAME padding one empty slot between lines pads both. */
function tilingOf({ batch, across, sourceAlong, targetAlong, pad }: Line): Tiling {
  const canStraddle = pad === 1 && sourceAlong === targetAlong;
  return cheaper(batch * across, targetAlong, canStraddle ? targetAlong + 1 : never, tileSizes[1].slots);
}

/** Stride 2: a slot is an output and the two inputs at its place; the input after the last output's place needs a slot of its own. */
function strideTwoTiling(line: Line, pass: Pass): Tiling {
  const back = pass === 'input gradient';
  const outputs = back ? line.sourceAlong : line.targetAlong;
  const slots = back ? Math.max(outputs, Math.ceil((line.targetAlong + line.pad) / 2)) : outputs;
  return cheaper(line.batch * line.across, slots, Math.max(slots, outputs + 1), tileSizes[2].slots);
}

/** Whole tiles for every line of `slots` slots, or lines end to end `period` slots apart, whichever makes fewer tiles. */
function cheaper(lines: number, slots: number, period: number, tileSlots: number): Tiling {
  const whole = Math.ceil(slots / tileSlots);
  const straddling = Math.ceil((lines * period) / tileSlots);
  return straddling < lines * whole
    ? { period, wrap: period, lines, tiles: straddling }
    : { period: whole * tileSlots, wrap: never, lines, tiles: lines * whole };
}
