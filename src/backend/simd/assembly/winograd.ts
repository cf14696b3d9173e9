import { copy16, lines } from './arithmetic';
import { packHeader, packPanel, packTransposedTap } from './convolution';
import { clearRow, headerBytes } from './gather';
import { gatherTile, planeTile } from './tiles';
import { sumColumns } from './filter-gradient';
import {
  transformFilter,
  transformFilterAdjoint,
  transformGradient,
  transformInput,
  transformOutput,
  writeConstants,
} from './winograd-transforms';

/** F(6, 3): products of a tile, as many as inputs that it reads, and its outputs. */
const planes: usize = 8;
const outputs: usize = 6;
/** Room for the transforms' constants. */
export const constantBytes: usize = 64;

/**
 * A three-tap convolution of stride 1 along one axis of maps [image, along, across]. All its lines are laid end to end, `period`
 * places each, and cut into tiles of six outputs that read eight inputs; places without an output are computed in vain. With
 * SAME padding one place between two lines serves both as their padding, so tiles may straddle lines. All fields are 32-bit
 * words in this order; src/backend/simd/kernels/line.ts writes them.
 */
@unmanaged
export class Winograd {
  source: u32;
  target: u32;
  /** Channels of source and target. */
  depth: i32;
  columns: i32;
  /** Positions along the axis in source and target, and across it in both. */
  sourceAlong: i32;
  targetAlong: i32;
  across: i32;
  /** Positions from one neighbour along the axis to the next, and across: one of them is 1. */
  sourceAlongStep: i32;
  targetAlongStep: i32;
  sourceAcrossStep: i32;
  targetAcrossStep: i32;
  /** Output a reads inputs a − pad, a − pad + 1 and a − pad + 2. */
  pad: i32;
  period: i32;
  /** Place of a line at which sources belong to the next line: `period`, or never where tiles do not straddle. */
  wrap: i32;
  /** batch · across */
  lines: i32;
  tiles: i32;
  /** 16 columns at a time: header and [8][depth][16]. */
  panels: u32;
  epilogue: i32;
  /** Tiles of an item, and panels that are multiplied before their outputs are transformed back. */
  blockTiles: i32;
  groupPanels: i32;
}

/** Address of place `along` of a line in the source map, or `outside` where there is none. */
// @ts-ignore: decorator
@inline
export function sourcePointer(job: Winograd, line: i32, along: i32, outside: usize): usize {
  if (<u32>along >= <u32>job.sourceAlong || line >= job.lines) {
    return outside;
  }
  const image = line / job.across;
  const place =
    image * job.sourceAlong * job.across +
    (line - image * job.across) * job.sourceAcrossStep +
    along * job.sourceAlongStep;
  return <usize>job.source + <usize>place * (<usize>job.depth << 2);
}

/** The same in the target map. */
// @ts-ignore: decorator
@inline
export function targetPointer(job: Winograd, line: i32, along: i32, outside: usize): usize {
  if (<u32>along >= <u32>job.targetAlong || line >= job.lines) {
    return outside;
  }
  const image = line / job.across;
  const place =
    image * job.targetAlong * job.across +
    (line - image * job.across) * job.targetAcrossStep +
    along * job.targetAlongStep;
  return <usize>job.target + <usize>place * (<usize>job.columns << 2);
}

/**
 * Writes the pointers of `count` tiles from `first` on: `sources` [8][stride / 4], `targets` [6][stride / 4]; positions outside are
 * `noSource` and `noTarget`.
 */
function writeTilePointers(
  job: Winograd,
  first: i32,
  count: i32,
  sources: usize,
  targets: usize,
  stride: usize,
  noSource: usize,
  noTarget: usize,
): void {
  for (let index = 0; index < count; index++) {
    const place = (first + index) * <i32>outputs;
    const line = place / job.period;
    const start = place - line * job.period;
    const at = <usize>index << 2;
    for (let k: usize = 0; k < planes; k++) {
      let along = start - job.pad + <i32>k;
      let here = line;
      while (along >= job.wrap) {
        along -= job.wrap;
        here++;
      }
      store<u32>(sources + k * stride + at, <u32>sourcePointer(job, here, along, noSource));
    }
    for (let k: usize = 0; k < outputs; k++) {
      let along = start + <i32>k;
      let here = line;
      while (along >= job.period) {
        along -= job.period;
        here++;
      }
      store<u32>(targets + k * stride + at, <u32>targetPointer(job, here, along, noTarget));
    }
  }
}

/**
 * Convolution by F(6, 3): items are blocks of tiles. Eight planes of transformed inputs meet as many of weights, panel by panel.
 * Scratch: see `winogradScratch` of the driver.
 */
export function winogradConvolution(address: usize, begin: i32, end: i32, scratch: usize): void {
  const job = changetype<Winograd>(address);
  const depth = job.depth;
  const columns = job.columns;
  const block = job.blockTiles;
  const group = job.groupPanels;
  const epilogue = job.epilogue != 0;
  const panelCount = (columns + 15) >> 4;
  const planeWeights = <usize>depth * 64;
  const panelBytes = headerBytes + planes * planeWeights;

  const stride = lines(<usize>block << 2);
  const constants = scratch;
  const zeros = constants + constantBytes;
  const nowhere = zeros + lines(<usize>depth << 2);
  const sources = nowhere + lines(<usize>columns << 2);
  const targets = sources + planes * stride;
  const edgeTargets = targets + outputs * stride;
  const rowPointers = edgeTargets + outputs * stride;
  const productPointers = rowPointers + planes * stride;
  const edge = productPointers + stride; // [6][tile][16]: the panel of which only some columns exist
  const rowBytes = lines(<usize>depth << 2) + 64;
  const rowPlane = <usize>block * rowBytes + 64;
  const rows = edge + <usize>block * outputs * 64;
  const productPlane = <usize>(block * group) * 64;
  const products = rows + planes * rowPlane;

  writeConstants(constants);
  clearRow(zeros, max(depth, 16));
  for (let tile: usize = 0; tile < <usize>block; tile++) {
    const at = tile << 2;
    for (let f: usize = 0; f < planes; f++) {
      store<u32>(rowPointers + f * stride + at, <u32>(rows + f * rowPlane + tile * rowBytes));
    }
    for (let k: usize = 0; k < outputs; k++) {
      store<u32>(edgeTargets + k * stride + at, <u32>(edge + (k * <usize>block + tile) * 64));
    }
    store<u32>(productPointers + at, <u32>(products + (tile << 6)));
  }

  for (let item = begin; item < end; item++) {
    const first = item * block;
    const count = min(block, job.tiles - first);
    writeTilePointers(job, first, count, sources, targets, stride, zeros, nowhere);
    transformInput(sources, stride, count, 0, depth, rows, rowBytes, rowPlane, 64, constants);
    for (let firstPanel = 0; firstPanel < panelCount; firstPanel += group) {
      const lastPanel = min(panelCount, firstPanel + group);
      for (let f: usize = 0; f < planes; f++) {
        for (let p = firstPanel; p < lastPanel; p++) {
          const weights = <usize>job.panels + <usize>p * panelBytes + headerBytes + f * planeWeights;
          const offset = f * productPlane + <usize>((p - firstPanel) * block) * 64;
          for (let tile = 0; tile < count; tile += 6) {
            const at = <usize>tile << 2;
            const from = rowPointers + f * stride + at;
            gatherTile(min(6, count - tile), from, 0, 1, depth, weights, zeros, productPointers + at, offset, false);
          }
        }
      }
      for (let p = firstPanel; p < lastPanel; p++) {
        const header = <usize>job.panels + <usize>p * panelBytes;
        const from = products + <usize>((p - firstPanel) * block) * 64;
        const offset = <usize>p << 6;
        const left = columns - (p << 4);
        if (left >= 16) {
          transformOutput(from, productPlane, count, targets, stride, offset, header, epilogue, constants);
        } else {
          transformOutput(from, productPlane, count, edgeTargets, stride, 0, header, epilogue, constants);
          copyEdge(edgeTargets, targets, outputs, stride, count, offset, <usize>left << 2);
        }
      }
    }
  }
}

/** Copies the first `bytes` bytes of what `from` points at to where `to` points plus `offset`, for `rows` rows of pointers. */
export function copyEdge(
  from: usize,
  to: usize,
  rows: usize,
  stride: usize,
  count: i32,
  offset: usize,
  bytes: usize,
): void {
  for (let k: usize = 0; k < rows; k++) {
    for (let tile: usize = 0; tile < <usize>count; tile++) {
      const at = k * stride + (tile << 2);
      const target = <usize>load<u32>(to + at) + offset;
      const source = <usize>load<u32>(from + at);
      for (let i: usize = 0; i < bytes; i += 4) {
        f32.store(target + i, f32.load(source + i));
      }
    }
  }
}

/**
 * Packs and transforms panels [begin, end) of a filter of three taps: forward [3, depth, columns]; `adjoint`: the filter is
 * [3, columns, depth], and its taps are reversed and transposed, as the input gradient needs them.
 * Scratch: [3][depth][16] floats and the constants.
 */
export function packWinograd(
  filter: usize,
  depth: i32,
  columns: i32,
  adjoint: bool,
  bias: usize,
  scale: usize,
  offset: usize,
  panels: usize,
  begin: i32,
  end: i32,
  scratch: usize,
): void {
  const plane = <usize>depth * 64;
  const tapBytes = <usize>depth * <usize>columns * 4;
  const constants = scratch + 3 * plane;
  writeConstants(constants);
  for (let p = begin; p < end; p++) {
    const header = panels + <usize>p * (headerBytes + planes * plane);
    packHeader(p, columns, bias, scale, offset, header);
    for (let tap: usize = 0; tap < 3; tap++) {
      const to = scratch + tap * plane;
      if (adjoint) {
        packTransposedTap(filter + (2 - tap) * tapBytes, p, columns, depth, to);
      } else {
        packPanel(filter + tap * tapBytes, p, depth, columns, to);
      }
    }
    transformFilter(scratch, plane, header + headerBytes, plane, plane, constants);
  }
}

/**
 * The filter gradient of the same convolution; the target is dy. The words follow those of Winograd (`panels`, `epilogue` and
 * `groupPanels` are not read).
 */
@unmanaged
export class WinogradGradient extends Winograd {
  /** Of each slice: eight planes [resultColumns / 16][depth][16] of summed products, then the bias gradient [resultColumns]. */
  result: u32;
  resultColumns: i32;
  /** Tiles are cut into this many slices, summed apart; fixed by the shape, never by the number of threads. */
  slices: i32;
  /** An item is one slice and one group of input channels (groups start at multiples of 16). */
  rowGroups: i32;
}

/**
 * Products of the transformed inputs and the transformed output gradients, summed over tiles: Σ (Bᵀ d) ⊙ (A dy).
 * Scratch: see the driver.
 */
export function winogradFilterGradient(address: usize, begin: i32, end: i32, scratch: usize): void {
  const job = changetype<WinogradGradient>(address);
  const depth = job.depth;
  const columns = job.columns;
  const block = job.blockTiles;
  const panelCount = (columns + 15) >> 4;
  const resultStride = <usize>job.resultColumns << 2;
  const resultPlane = <usize>depth * resultStride;
  const units = (depth + 15) >> 4;

  const stride = lines(<usize>block << 2);
  const constants = scratch;
  const zeros = constants + constantBytes;
  const sources = zeros + lines(<usize>max(depth, columns) << 2);
  const targets = sources + planes * stride;
  const rows = targets + outputs * stride;
  const panelBytes = planes * <usize>block * 64 + 64;
  const right = rows + <usize>((units + job.rowGroups - 1) / job.rowGroups) * panelBytes;
  writeConstants(constants);
  clearRow(zeros, max(depth, columns));

  for (let item = begin; item < end; item++) {
    const group = item % job.rowGroups;
    const slice = item / job.rowGroups;
    const firstChannel = ((units * group) / job.rowGroups) * 16;
    const lastChannel = min(depth, ((units * (group + 1)) / job.rowGroups) * 16);
    const firstTile = <i32>((<i64>job.tiles * slice) / job.slices);
    const lastTile = <i32>((<i64>job.tiles * (slice + 1)) / job.slices);
    const result = <usize>job.result + <usize>slice * (planes * resultPlane + resultStride);
    for (let tile = firstTile; tile < lastTile; tile += block) {
      const count = min(block, lastTile - tile);
      const plane = <usize>count * 64;
      const accumulate = tile > firstTile;
      writeTilePointers(job, tile, count, sources, targets, stride, zeros, zeros);
      const channels = lastChannel - firstChannel;
      transformInput(sources, stride, count, firstChannel, channels, rows, 64, plane, panelBytes, constants);
      transformGradient(targets, stride, count, 0, columns, right, 64, plane, panelBytes, constants);
      for (let f: usize = 0; f < planes; f++) {
        const to = result + f * resultPlane + (<usize>firstChannel << 6);
        const at = f * plane;
        multiplyPanels(rows + at, channels, right + at, panelCount, panelBytes, count, to, depth, accumulate);
      }
      if (group == 0) {
        // Plane 1 of A dy is the sum of a tile's six gradients.
        for (let p: usize = 0; p < <usize>panelCount; p++) {
          sumColumns(right + plane + p * panelBytes, count, result + planes * resultPlane + (p << 6), accumulate);
        }
      }
    }
  }
}

/** Of `left`, as many rows at a time as stay in a core's second-level cache while all panels of `right` pass. */
const groupBytes: i32 = 196608 >> 2;

/**
 * target [panels][targetRows][16] (+)= Σ over `depth` of left [depth][rows] · right [depth][16 · panels], both in panels of 16,
 * `panelBytes` apart. A panel of `right` stays in the cache nearest to the core while those of `left` pass, and the target is
 * written from end to end, as the hardware fetches ahead.
 */
export function multiplyPanels(
  left: usize,
  rows: i32,
  right: usize,
  panels: i32,
  panelBytes: usize,
  depth: i32,
  target: usize,
  targetRows: i32,
  accumulate: bool,
): void {
  const group = max(16, (groupBytes / depth) & ~15);
  for (let first = 0; first < rows; first += group) {
    const last = min(rows, first + group);
    let panel = right;
    for (let p = 0; p < panels; p++) {
      let from = left;
      let to = target + <usize>(p * targetRows + first) * 64;
      for (let row = first; row < last; row += 16) {
        const some = min(16, last - row);
        planeTile(min(6, some), 64, from, panel, depth, to, 64, accumulate);
        if (some > 6) {
          planeTile(min(6, some - 6), 64, from + 24, panel, depth, to + 384, 64, accumulate);
        }
        if (some > 12) {
          planeTile(some - 12, 64, from + 48, panel, depth, to + 768, 64, accumulate);
        }
        from += panelBytes;
        to += 1024;
      }
      panel += panelBytes;
    }
    left += <usize>(group >> 4) * panelBytes;
  }
}

/** Input channels that are summed at a time. */
export const sumChannels: i32 = 16;

/**
 * target [planes][bytes] = `count` sums of slices, added in their order: source [slices][planes][…], `sliceBytes` and `planeBytes` apart.
 */
export function sumPlanes(
  source: usize,
  sliceBytes: usize,
  slices: i32,
  planeBytes: usize,
  planes: usize,
  bytes: usize,
  target: usize,
): void {
  for (let f: usize = 0; f < planes; f++) {
    for (let o: usize = 0; o < bytes; o += 16) {
      const at = source + f * planeBytes + o;
      let sum = v128.load(at);
      for (let slice = 1; slice < slices; slice++) {
        sum = f32x4.add(sum, v128.load(at + <usize>slice * sliceBytes));
      }
      v128.store(target + f * bytes + o, sum);
    }
  }
}

/** Rows of 16 columns from panel `p` on, packed in `source`, go to their places in rows of `columns`. */
export function unpackRows(source: usize, rows: i32, p: i32, columns: i32, target: usize): void {
  const left = columns - (p << 4);
  const step = <usize>columns << 2;
  let to = target + (<usize>p << 6);
  for (let row = 0; row < rows; row++) {
    if (left >= 16) {
      copy16(source, to);
    } else {
      memory.copy(to, source, <usize>left << 2);
    }
    source += 64;
    to += step;
  }
}

/**
 * Input channels [begin, end) of dFilter [3][depth][columns] = Gᵀ of the sums that `winogradFilterGradient` left, slices added in
 * their order. Scratch: [8 + 3][16][16] floats and the constants.
 */
export function winogradFilterSum(
  result: usize,
  resultColumns: i32,
  slices: i32,
  depth: i32,
  columns: i32,
  filter: usize,
  begin: i32,
  end: i32,
  scratch: usize,
): void {
  const plane = <usize>(depth * resultColumns) << 2;
  const sliceBytes = planes * plane + (<usize>resultColumns << 2);
  const tap = <usize>(depth * columns) << 2;
  const constants = scratch;
  const sums = constants + constantBytes;
  const taps = sums + planes * (sumChannels << 6);
  writeConstants(constants);
  for (let channel = begin; channel < end; channel += sumChannels) {
    const count = min(sumChannels, end - channel);
    const bytes = <usize>count << 6;
    const to = filter + <usize>(channel * columns << 2);
    for (let p = 0; p < resultColumns >> 4; p++) {
      const from = result + (<usize>(p * depth + channel) << 6);
      if (slices == 1) {
        transformFilterAdjoint(from, plane, taps, bytes, bytes, constants);
      } else {
        sumPlanes(from, sliceBytes, slices, plane, planes, bytes, sums);
        transformFilterAdjoint(sums, bytes, taps, bytes, bytes, constants);
      }
      for (let k: usize = 0; k < 3; k++) {
        unpackRows(taps + k * bytes, count, p, columns, to + k * tap);
      }
    }
  }
}
