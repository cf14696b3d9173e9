import { lines } from './arithmetic';
import { packHeader, packPanel, packTransposedTap } from './convolution';
import { sumColumns } from './filter-gradient';
import { clearRow, headerBytes } from './gather';
import { gatherTile } from './tiles';
import {
  constantBytes,
  copyEdge,
  multiplyPanels,
  sourcePointer,
  sumChannels,
  sumPlanes,
  targetPointer,
  unpackRows,
  Winograd,
  WinogradGradient,
} from './winograd';
import {
  transformEven,
  transformEvenFilter,
  transformEvenFilterAdjoint,
  transformEvenOutput,
  transformSplitGradient,
  transformSplitInput,
  transformSplitOutput,
  writeConstants,
} from './winograd-transforms';

/**
 * Three taps and stride 2 along one axis: y[n] = g0 e[n] + g1 o[n] + g2 e[n + 1], where e[n] and o[n] are inputs 2n − pad and
 * 2n + 1 − pad. The even inputs meet two taps at stride 1: F(4, 2), five products for four outputs instead of eight; the odd ones
 * meet one tap, four products. Twelve become nine, in all three passes.
 *
 * Lines are laid end to end in slots, `period` each; slot n of a line holds e[n], o[n] and y[n].
 */

/** Products of a tile's even part, which is also the number of even inputs, and slots of a tile. */
const evens: usize = 5;
const slots: usize = 4;
const planes: usize = 6; // of weights and of summed gradients: five even ones and g1

/** `sources`: five even and four odd inputs of `count` tiles; `targets`: four outputs. */
function writeSplitPointers(
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
    const place = (first + index) * <i32>slots;
    const line = place / job.period;
    const start = place - line * job.period;
    const at = <usize>index << 2;
    for (let k: usize = 0; k < evens; k++) {
      let slot = start + <i32>k;
      let here = line;
      while (slot >= job.wrap) {
        slot -= job.wrap;
        here++;
      }
      const along = 2 * slot - job.pad;
      store<u32>(sources + k * stride + at, <u32>sourcePointer(job, here, along, noSource));
      if (k < slots) {
        store<u32>(sources + (evens + k) * stride + at, <u32>sourcePointer(job, here, along + 1, noSource));
      }
    }
    for (let k: usize = 0; k < slots; k++) {
      let slot = start + <i32>k;
      let here = line;
      while (slot >= job.period) {
        slot -= job.period;
        here++;
      }
      store<u32>(targets + k * stride + at, <u32>targetPointer(job, here, slot, noTarget));
    }
  }
}

/** Forward pass: items are blocks of tiles. Scratch: see the driver. */
export function strideTwoConvolution(address: usize, begin: i32, end: i32, scratch: usize): void {
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
  const nowhere = zeros + lines(<usize>max(depth, 16) << 2);
  const sources = nowhere + lines(<usize>columns << 2);
  const targets = sources + (evens + slots) * stride;
  const edgeTargets = targets + slots * stride;
  const rowPointers = edgeTargets + slots * stride;
  const productPointers = rowPointers + evens * stride;
  const edge = productPointers + stride; // [4][tile][16]
  const rows = edge + <usize>block * slots * 64;
  const rowBytes = lines(<usize>depth << 2) + 64;
  const rowPlane = <usize>block * rowBytes + 64;
  const products = rows + evens * rowPlane;
  const productPlane = <usize>(block * group) * 64;
  writeConstants(constants);
  clearRow(zeros, max(depth, 16));
  writeFixedPointers(rowPointers, rows, rowPlane, rowBytes, evens, stride, block);
  writeFixedPointers(edgeTargets, edge, <usize>block * 64, 64, slots, stride, block);
  writeFixedPointers(productPointers, products, 0, 64, 1, stride, block);

  for (let item = begin; item < end; item++) {
    const first = item * block;
    const count = min(block, job.tiles - first);
    writeSplitPointers(job, first, count, sources, targets, stride, zeros, nowhere);
    transformEven(sources, stride, count, 0, depth, rows, rowBytes, rowPlane, 64, constants);
    for (let firstPanel = 0; firstPanel < panelCount; firstPanel += group) {
      const lastPanel = min(panelCount, firstPanel + group);
      for (let f: usize = 0; f < evens + slots; f++) {
        const from = f < evens ? rowPointers + f * stride : sources + f * stride;
        const plane = min(f, evens) * planeWeights;
        for (let p = firstPanel; p < lastPanel; p++) {
          const weights = <usize>job.panels + <usize>p * panelBytes + headerBytes + plane;
          const offset = f * productPlane + <usize>((p - firstPanel) * block) * 64;
          for (let tile = 0; tile < count; tile += 6) {
            const at = <usize>tile << 2;
            const left = min(6, count - tile);
            gatherTile(left, from + at, 0, 1, depth, weights, zeros, productPointers + at, offset, false);
          }
        }
      }
      for (let p = firstPanel; p < lastPanel; p++) {
        const header = <usize>job.panels + <usize>p * panelBytes;
        const from = products + <usize>((p - firstPanel) * block) * 64;
        const offset = <usize>p << 6;
        const left = columns - (p << 4);
        if (left >= 16) {
          transformSplitOutput(from, productPlane, count, targets, stride, offset, header, epilogue, constants);
        } else {
          transformSplitOutput(from, productPlane, count, edgeTargets, stride, 0, header, epilogue, constants);
          copyEdge(edgeTargets, targets, slots, stride, count, offset, <usize>left << 2);
        }
      }
    }
  }
}

/** pointers [planes][tile]: base + plane · planeBytes + tile · tileBytes. */
function writeFixedPointers(
  pointers: usize,
  base: usize,
  planeBytes: usize,
  tileBytes: usize,
  planes: usize,
  stride: usize,
  count: i32,
): void {
  for (let plane: usize = 0; plane < planes; plane++) {
    for (let tile: usize = 0; tile < <usize>count; tile++) {
      store<u32>(pointers + plane * stride + (tile << 2), <u32>(base + plane * planeBytes + tile * tileBytes));
    }
  }
}

/**
 * Input gradient: source dy, target dx. Even inputs e[n] get g0 dy[n] + g2 dy[n − 1] by F(4, 2), odd ones g1 dy[n], which goes
 * straight to its place. Items are blocks of tiles. Scratch: see the driver.
 */
export function strideTwoInputGradient(address: usize, begin: i32, end: i32, scratch: usize): void {
  const job = changetype<Winograd>(address);
  const depth = job.depth;
  const columns = job.columns;
  const block = job.blockTiles;
  const group = job.groupPanels;
  const panelCount = (columns + 15) >> 4;
  const planeWeights = <usize>depth * 64;
  const panelBytes = headerBytes + planes * planeWeights;

  const stride = lines(<usize>block << 2);
  const constants = scratch;
  const zeros = constants + constantBytes;
  const nowhere = zeros + lines(<usize>max(depth, 16) << 2);
  const sources = nowhere + lines(<usize>columns << 2);
  const targets = sources + evens * stride; // four even inputs, four odd ones
  const edgeTargets = targets + 2 * slots * stride;
  const rowPointers = edgeTargets + 2 * slots * stride;
  const productPointers = rowPointers + evens * stride;
  const edge = productPointers + stride; // [8][tile][16]
  const rows = edge + <usize>block * 2 * slots * 64;
  const rowBytes = lines(<usize>depth << 2) + 64;
  const rowPlane = <usize>block * rowBytes + 64;
  const products = rows + evens * rowPlane;
  const productPlane = <usize>(block * group) * 64;
  writeConstants(constants);
  clearRow(zeros, max(depth, 16));
  writeFixedPointers(rowPointers, rows, rowPlane, rowBytes, evens, stride, block);
  writeFixedPointers(edgeTargets, edge, <usize>block * 64, 64, 2 * slots, stride, block);
  writeFixedPointers(productPointers, products, 0, 64, 1, stride, block);

  for (let item = begin; item < end; item++) {
    const first = item * block;
    const count = min(block, job.tiles - first);
    writeGradientPointers(job, first, count, sources, targets, stride, zeros, nowhere);
    transformEven(sources, stride, count, 0, depth, rows, rowBytes, rowPlane, 64, constants);
    for (let firstPanel = 0; firstPanel < panelCount; firstPanel += group) {
      const lastPanel = min(panelCount, firstPanel + group);
      for (let f: usize = 0; f < evens + slots; f++) {
        // Odd input n meets dy[n]: source n + 1 of the tile's five.
        const from = f < evens ? rowPointers + f * stride : sources + (f - slots) * stride;
        const plane = min(f, evens) * planeWeights;
        for (let p = firstPanel; p < lastPanel; p++) {
          const weights = <usize>job.panels + <usize>p * panelBytes + headerBytes + plane;
          let to = productPointers;
          let offset = f * productPlane + <usize>((p - firstPanel) * block) * 64;
          if (f >= evens) {
            const whole = columns - (p << 4) >= 16;
            to = (whole ? targets : edgeTargets) + (f - 1) * stride;
            offset = whole ? <usize>p << 6 : 0;
          }
          for (let tile = 0; tile < count; tile += 6) {
            const at = <usize>tile << 2;
            gatherTile(min(6, count - tile), from + at, 0, 1, depth, weights, zeros, to + at, offset, false);
          }
        }
      }
      for (let p = firstPanel; p < lastPanel; p++) {
        const header = <usize>job.panels + <usize>p * panelBytes;
        const from = products + <usize>((p - firstPanel) * block) * 64;
        const left = columns - (p << 4);
        if (left >= 16) {
          transformEvenOutput(from, productPlane, count, targets, stride, <usize>p << 6, header, false, constants);
        } else {
          transformEvenOutput(from, productPlane, count, edgeTargets, stride, 0, header, false, constants);
          copyEdge(edgeTargets, targets, 2 * slots, stride, count, <usize>p << 6, <usize>left << 2);
        }
      }
    }
  }
}

/** `sources`: dy of the slot before a tile and of its four slots; `targets`: its four even and its four odd inputs. */
function writeGradientPointers(
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
    const place = (first + index) * <i32>slots;
    const line = place / job.period;
    const start = place - line * job.period;
    const at = <usize>index << 2;
    for (let k: usize = 0; k < evens; k++) {
      let slot = start + <i32>k - 1;
      let here = line;
      while (slot >= job.wrap) {
        slot -= job.wrap;
        here++;
      }
      store<u32>(sources + k * stride + at, <u32>sourcePointer(job, here, slot, noSource));
    }
    for (let k: usize = 0; k < slots; k++) {
      let slot = start + <i32>k;
      let here = line;
      while (slot >= job.period) {
        slot -= job.period;
        here++;
      }
      const along = 2 * slot - job.pad;
      store<u32>(targets + k * stride + at, <u32>targetPointer(job, here, along, noTarget));
      store<u32>(targets + (slots + k) * stride + at, <u32>targetPointer(job, here, along + 1, noTarget));
    }
  }
}

/**
 * Filter gradient: source x, target dy. Products of transformed even inputs and transformed gradients, and of odd inputs and plain
 * gradients, summed over tiles: result [slices][6 · depth + 1][resultColumns], the last row the bias gradient. Scratch: see the
 * driver.
 */
export function strideTwoFilterGradient(address: usize, begin: i32, end: i32, scratch: usize): void {
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
  const targets = sources + (evens + slots) * stride;
  const rows = targets + slots * stride;
  const panelBytes = (evens + slots) * <usize>block * 64 + 64;
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
      writeSplitPointers(job, tile, count, sources, targets, stride, zeros, zeros);
      const channels = lastChannel - firstChannel;
      transformSplitInput(sources, stride, count, firstChannel, channels, rows, 64, plane, panelBytes, constants);
      transformSplitGradient(targets, stride, count, 0, columns, right, 64, plane, panelBytes, constants);
      for (let f: usize = 0; f < planes; f++) {
        // The odd inputs' four planes lie end to end: one sum.
        const length = f < evens ? count : count * <i32>slots;
        const to = result + f * resultPlane + (<usize>firstChannel << 6);
        const at = f * plane;
        multiplyPanels(rows + at, channels, right + at, panelCount, panelBytes, length, to, depth, accumulate);
      }
      if (group == 0) {
        for (let p: usize = 0; p < <usize>panelCount; p++) {
          sumColumns(right + plane + p * panelBytes, count, result + planes * resultPlane + (p << 6), accumulate);
        }
      }
    }
  }
}

/**
 * Input channels [begin, end) of dFilter [3][depth][columns] from the sums that `strideTwoFilterGradient` left, slices added in
 * their order. Scratch: [6 + 2][16][16] floats and the constants.
 */
export function strideTwoFilterSum(
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
      sumPlanes(from, sliceBytes, slices, plane, planes, bytes, sums);
      transformEvenFilterAdjoint(sums, bytes, taps, bytes, bytes, constants);
      unpackRows(taps, count, p, columns, to);
      unpackRows(sums + evens * bytes, count, p, columns, to + tap);
      unpackRows(taps + bytes, count, p, columns, to + 2 * tap);
    }
  }
}

/**
 * Packs and transforms panels [begin, end) of a filter of three taps for the above: five planes of g0 and g2, then g1. Forward:
 * [3, depth, columns]; `adjoint`: the filter is [3, columns, depth], g0 and g2 change places. Scratch: [2][depth][16] floats and the constants.
 */
export function packStrideTwo(
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
  const constants = scratch + 2 * plane;
  writeConstants(constants);
  for (let p = begin; p < end; p++) {
    const header = panels + <usize>p * (headerBytes + planes * plane);
    packHeader(p, columns, bias, scale, offset, header);
    const weights = header + headerBytes;
    if (adjoint) {
      packTransposedTap(filter + 2 * tapBytes, p, columns, depth, scratch);
      packTransposedTap(filter, p, columns, depth, scratch + plane);
      packTransposedTap(filter + tapBytes, p, columns, depth, weights + evens * plane);
    } else {
      packPanel(filter, p, depth, columns, scratch);
      packPanel(filter + 2 * tapBytes, p, depth, columns, scratch + plane);
      packPanel(filter + tapBytes, p, depth, columns, weights + evens * plane);
    }
    transformEvenFilter(scratch, plane, weights, plane, plane, constants);
  }
}
