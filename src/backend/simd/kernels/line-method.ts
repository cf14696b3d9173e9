import type { Line, Tiling } from './line.ts';

/** A way to compute one pass of a line with fewer products than the direct kernel, and the sizes of its workspaces. */
export interface LineMethod {
  kernel: string;
  /** Kernels that pack and transform its filter, and that transform the summed products back to the filter's gradient. */
  pack: 'packWinograd' | 'packStrideTwo' | 'packOverlapAdd';
  sum: 'winogradFilterSum' | 'strideTwoFilterSum' | 'overlapAddFilterSum';
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
const winograd = methods(
  { pack: 'packWinograd', sum: 'winogradFilterSum', weights: 8 },
  {
    forward: { kernel: 'winogradConvolution', sources: 8, targets: 6, transformed: 8, products: 8 },
    'input gradient': { kernel: 'winogradConvolution', sources: 8, targets: 6, transformed: 8, products: 8 },
    'filter gradient': { kernel: 'winogradFilterGradient', sources: 8, targets: 6, transformed: 8, products: 8 },
  },
);

/** F(4, 2) for the even inputs, for stride 2: ../assembly/stride-two.ts. */
const strideTwo = methods(
  { pack: 'packStrideTwo', sum: 'strideTwoFilterSum', weights: 6 },
  {
    forward: { kernel: 'strideTwoConvolution', sources: 9, targets: 4, transformed: 5, products: 9 },
    'input gradient': { kernel: 'strideTwoInputGradient', sources: 5, targets: 8, transformed: 5, products: 5 },
    'filter gradient': { kernel: 'strideTwoFilterGradient', sources: 9, targets: 4, transformed: 9, products: 9 },
  },
);

/** Seven products for six even inputs, for stride 2 and padding at both ends: ../assembly/overlap-add.ts. */
const overlapAdd = methods(
  { pack: 'packOverlapAdd', sum: 'overlapAddFilterSum', weights: 8 },
  {
    forward: { kernel: 'overlapAddConvolution', sources: 13, targets: 7, transformed: 7, products: 14 },
    'input gradient': { kernel: 'overlapAddInputGradient', sources: 14, targets: 13, transformed: 7, products: 7 },
    'filter gradient': { kernel: 'overlapAddFilterGradient', sources: 13, targets: 14, transformed: 14, products: 14 },
  },
);

type Common = Pick<LineMethod, 'pack' | 'sum' | 'weights'>;

function methods(common: Common, passes: Record<Pass, Omit<LineMethod, keyof Common>>): Record<Pass, LineMethod> {
  return {
    forward: { ...common, ...passes.forward },
    'input gradient': { ...common, ...passes['input gradient'] },
    'filter gradient': { ...common, ...passes['filter gradient'] },
  };
}

/** Slots of a tile, and products that it takes where the direct kernel takes three for each output (measured break-even below). */
const tileSizes = { 1: { slots: 6, products: 8 }, 2: { slots: 4, products: 9 } } as const;
/** Even inputs of a tile of `overlapAdd`, and products for them. */
const overlapSizes = { evens: 6, products: 7 } as const;
const never = 2 ** 30;

/** From here on the transforms cost less than the products they save (measured: bench/kernels). */
const fewestChannels = 32;
/** For the filter gradient of stride 2, which copies its odd inputs. */
const fewestGradientChannels = 128;
const fewestTiles = 64;
const mostProductsOfDirect = { 1: 0.84, 2: 0.86 } as const;

/** A method, its tiles, and the products that all of them take. */
interface Choice {
  method: LineMethod;
  tiling: Tiling;
  products: number;
}

/**
 * The method for a pass of `line` (for the input gradient: the line back), with its tiling, or undefined where the direct kernel is
 * as good. Depends on the shape alone.
 */
export function lineMethod(line: Line, pass: Pass): { method: LineMethod; tiling: Tiling } | undefined {
  const { depth, columns, stride, batch, across } = line;
  const outputs = batch * across * (stride === 2 && pass === 'input gradient' ? line.sourceAlong : line.targetAlong);
  const { method, tiling, products } = fewestProducts(line, pass);
  const pays =
    depth % 4 === 0 &&
    (pass !== 'filter gradient' || columns % 4 === 0) &&
    Math.min(depth, columns) >=
      (stride === 2 && pass === 'filter gradient' ? fewestGradientChannels : fewestChannels) &&
    tiling.tiles >= fewestTiles &&
    products <= mostProductsOfDirect[stride] * 3 * outputs;
  return pays ? { method, tiling } : undefined;
}

function fewestProducts(line: Line, pass: Pass): Choice {
  const tiling = line.stride === 1 ? tilingOf(line) : strideTwoTiling(line, pass);
  const products = tiling.tiles * tileSizes[line.stride].products;
  const split = { method: (line.stride === 1 ? winograd : strideTwo)[pass], tiling, products };
  const overlapping = overlapChoice(line, pass);
  return overlapping !== undefined && overlapping.products < split.products ? overlapping : split;
}

/** `overlapAdd`, if the line is padded at both ends and its panels are whole. A tiling's period is the number of tiles of a line. */
function overlapChoice(line: Line, pass: Pass): Choice | undefined {
  const { sourceAlong, targetAlong } = line;
  const [inputs, outputs] = pass === 'input gradient' ? [targetAlong, sourceAlong] : [sourceAlong, targetAlong];
  const serves = line.stride === 2 && line.pad === 1 && inputs === 2 * outputs - 1 && outputs > 1;
  if (!serves || (pass !== 'filter gradient' && line.columns % 16 !== 0)) {
    return undefined;
  }
  const lines = line.batch * line.across;
  const period = Math.ceil((outputs - 1) / overlapSizes.evens);
  const tiles = lines * period;
  return {
    method: overlapAdd[pass],
    tiling: { period, wrap: never, lines, tiles, together: period },
    products: tiles * overlapSizes.products + lines * outputs,
  };
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
    ? { period, wrap: period, lines, tiles: straddling, together: 1 }
    : { period: whole * tileSlots, wrap: never, lines, tiles: lines * whole, together: 1 };
}
