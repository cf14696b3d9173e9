import { lines } from './arithmetic';
import { packHeader, packPanel, packTransposedTap } from './convolution';
import { sumColumns } from './filter-gradient';
import { clearRow, headerBytes } from './gather';
import { gatherTile } from './tiles';
import {
  constantBytes,
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
  copyRows,
  transformEvens,
  transformEvensAdjoint,
  transformOverlap,
  transformOverlapFilter,
  transformOverlapFilterAdjoint,
  transformOverlapGradient,
  writeConstants,
} from './winograd-transforms';

/**
 * Three taps and stride 2 along one axis whose lines are padded at both ends: 2L − 1 inputs, L outputs. Even inputs are padding at
 * both ends and e[1] … e[L − 1] between, so y[n] = g0 e[n] + g1 o[n] + g2 e[n + 1] is the whole product of two polynomials, e and
 * (g2, g0), plus one product for each odd input. Six even inputs meet the two taps in seven products instead of twelve and
 * contribute to seven outputs; neighbouring tiles of a line share an output, to which both add. Where L − 1 is a multiple
 * of six (the paper's 49, 25, 13 and 7 frames), nothing is computed in vain: 13 products of 18, in all three passes.
 *
 * Items are blocks of whole lines. The job's `period` is the number of tiles of a line; columns are a multiple of 16
 * (but for the filter gradient).
 */

/** Even inputs of a tile, its products, and outputs that they contribute to. */
const evens: usize = 6;
const overlap: usize = 7;
/** Planes of weights and of summed gradients: seven for the even inputs, and g1. */
const planes: usize = 8;

/**
 * Pointers for the tiles of `lineCount` lines to places `step` · (6 · tile + k) + `start` of each line, k below `count`: `pointers`
 * [count][stride / 4]. With `target` on that side, otherwise on the source's.
 */
function writeTilePointers(
  job: Winograd,
  firstLine: i32,
  lineCount: i32,
  target: bool,
  count: usize,
  step: i32,
  start: i32,
  pointers: usize,
  stride: usize,
  outside: usize,
): void {
  for (let line = firstLine; line < firstLine + lineCount; line++) {
    for (let tile = 0; tile < job.period; tile++) {
      for (let k: usize = 0; k < count; k++) {
        const along = step * (tile * <i32>evens + <i32>k) + start;
        const pointer = target ? targetPointer(job, line, along, outside) : sourcePointer(job, line, along, outside);
        store<u32>(pointers + k * stride, <u32>pointer);
      }
      pointers += 4;
    }
  }
}

/** Pointers of every `step`-th place of `lineCount` lines, `length` of them a line, one after the other. */
function writePlainPointers(
  job: Winograd,
  firstLine: i32,
  lineCount: i32,
  target: bool,
  step: i32,
  length: i32,
  pointers: usize,
): void {
  for (let line = firstLine; line < firstLine + lineCount; line++) {
    for (let n = 0; n < length; n++) {
      const pointer = target ? targetPointer(job, line, n * step, 0) : sourcePointer(job, line, n * step, 0);
      store<u32>(pointers, <u32>pointer);
      pointers += 4;
    }
  }
}

/** Forward pass: items are blocks of lines. Scratch: see the driver. */
export function overlapAddConvolution(address: usize, begin: i32, end: i32, scratch: usize): void {
  const job = changetype<Winograd>(address);
  const depth = job.depth;
  const columns = job.columns;
  const tilesOfLine = job.period;
  const block = job.blockTiles;
  const blockLines = block / tilesOfLine;
  const length = job.targetAlong;
  const rowsOfLine = tilesOfLine * <i32>evens + 1;
  const group = job.groupPanels;
  const epilogue = job.epilogue != 0;
  const panelCount = columns >> 4;
  const planeWeights = <usize>depth * 64;
  const panelBytes = headerBytes + planes * planeWeights;

  const stride = lines(<usize>block << 2);
  const constants = scratch;
  const zeros = constants + constantBytes;
  const nowhere = zeros + lines(<usize>max(depth, 16) << 2);
  const sources = nowhere + lines(<usize>columns << 2);
  const targets = sources + evens * stride;
  const rowPointers = targets + overlap * stride;
  const productPointers = rowPointers + overlap * stride;
  const plainSources = productPointers + stride;
  const plainPointers = plainSources + overlap * stride;
  const rowBytes = lines(<usize>depth << 2) + 64;
  const rowPlane = <usize>block * rowBytes + 64;
  const rows = plainPointers + overlap * stride;
  const products = rows + overlap * rowPlane;
  const productPlane = <usize>(block * group) * 64;
  const plain = products + overlap * productPlane; // [panel][line][rowsOfLine][16]
  const plainPanel = <usize>(blockLines * rowsOfLine) * 64;
  writeConstants(constants);
  clearRow(zeros, max(depth, 16));
  for (let tile: usize = 0; tile < <usize>block; tile++) {
    for (let f: usize = 0; f < overlap; f++) {
      store<u32>(rowPointers + f * stride + (tile << 2), <u32>(rows + f * rowPlane + tile * rowBytes));
    }
    store<u32>(productPointers + (tile << 2), <u32>(products + (tile << 6)));
  }
  for (let line = 0, at = plainPointers; line < blockLines; line++) {
    for (let n = 0; n < length; n++, at += 4) {
      store<u32>(at, <u32>(plain + (<usize>(line * rowsOfLine + n) << 6)));
    }
  }

  for (let item = begin; item < end; item++) {
    const firstLine = item * blockLines;
    const lineCount = min(blockLines, job.lines - firstLine);
    const count = lineCount * tilesOfLine;
    const plainCount = lineCount * length;
    writeTilePointers(job, firstLine, lineCount, false, evens, 2, 1, sources, stride, zeros);
    writeTilePointers(job, firstLine, lineCount, true, overlap, 1, 0, targets, stride, nowhere);
    writePlainPointers(job, firstLine, lineCount, false, 2, length, plainSources);
    transformEvens(sources, stride, count, 0, depth, rows, rowBytes, rowPlane, 64, constants);
    for (let firstPanel = 0; firstPanel < panelCount; firstPanel += group) {
      const lastPanel = min(panelCount, firstPanel + group);
      for (let f: usize = 0; f < planes; f++) {
        for (let p = firstPanel; p < lastPanel; p++) {
          const weights = <usize>job.panels + <usize>p * panelBytes + headerBytes + f * planeWeights;
          const some = p - firstPanel;
          if (f < overlap) {
            const offset = f * productPlane + <usize>(some * block) * 64;
            gatherRows(rowPointers + f * stride, count, depth, weights, zeros, productPointers, offset);
          } else {
            gatherRows(plainSources, plainCount, depth, weights, zeros, plainPointers, <usize>some * plainPanel);
          }
        }
      }
      for (let p = firstPanel; p < lastPanel; p++) {
        const some = <usize>(p - firstPanel);
        const header = <usize>job.panels + <usize>p * panelBytes;
        const from = products + some * <usize>block * 64;
        const rest = plain + some * plainPanel;
        transformOverlap(
          from,
          productPlane,
          rest,
          lineCount,
          tilesOfLine,
          targets,
          stride,
          <usize>p << 6,
          header,
          epilogue,
          constants,
        );
      }
    }
  }
}

/** Products of `count` rows that `from` points at with one panel of weights, to where `to` points plus `offset`. */
// @ts-ignore: decorator
@inline
function gatherRows(
  from: usize,
  count: i32,
  depth: i32,
  weights: usize,
  zeros: usize,
  to: usize,
  offset: usize,
): void {
  for (let row = 0; row < count; row += 6) {
    const at = <usize>row << 2;
    gatherTile(min(6, count - row), from + at, 0, 1, depth, weights, zeros, to + at, offset, false);
  }
}

/** Input gradient: source dy, target dx. Odd inputs' gradients g1 dy[n] go straight to their places. Scratch: see the driver. */
export function overlapAddInputGradient(address: usize, begin: i32, end: i32, scratch: usize): void {
  const job = changetype<Winograd>(address);
  const depth = job.depth;
  const columns = job.columns;
  const tilesOfLine = job.period;
  const block = job.blockTiles;
  const blockLines = block / tilesOfLine;
  const length = job.sourceAlong;
  const group = job.groupPanels;
  const panelCount = columns >> 4;
  const planeWeights = <usize>depth * 64;
  const panelBytes = headerBytes + planes * planeWeights;

  const stride = lines(<usize>block << 2);
  const constants = scratch;
  const zeros = constants + constantBytes;
  const nowhere = zeros + lines(<usize>max(depth, 16) << 2);
  const sources = nowhere + lines(<usize>columns << 2);
  const targets = sources + overlap * stride;
  const rowPointers = targets + evens * stride;
  const productPointers = rowPointers + overlap * stride;
  const plainSources = productPointers + stride;
  const plainTargets = plainSources + overlap * stride;
  const rowBytes = lines(<usize>depth << 2) + 64;
  const rowPlane = <usize>block * rowBytes + 64;
  const rows = plainTargets + overlap * stride;
  const products = rows + overlap * rowPlane;
  const productPlane = <usize>(block * group) * 64;
  writeConstants(constants);
  clearRow(zeros, max(depth, 16));
  for (let tile: usize = 0; tile < <usize>block; tile++) {
    for (let f: usize = 0; f < overlap; f++) {
      store<u32>(rowPointers + f * stride + (tile << 2), <u32>(rows + f * rowPlane + tile * rowBytes));
    }
    store<u32>(productPointers + (tile << 2), <u32>(products + (tile << 6)));
  }

  for (let item = begin; item < end; item++) {
    const firstLine = item * blockLines;
    const lineCount = min(blockLines, job.lines - firstLine);
    const count = lineCount * tilesOfLine;
    const plainCount = lineCount * length;
    writeTilePointers(job, firstLine, lineCount, false, overlap, 1, 0, sources, stride, zeros);
    writeTilePointers(job, firstLine, lineCount, true, evens, 2, 1, targets, stride, nowhere);
    writePlainPointers(job, firstLine, lineCount, false, 1, length, plainSources);
    writePlainPointers(job, firstLine, lineCount, true, 2, length, plainTargets);
    transformOverlapGradient(sources, stride, count, 0, depth, rows, rowBytes, rowPlane, 64, constants);
    for (let firstPanel = 0; firstPanel < panelCount; firstPanel += group) {
      const lastPanel = min(panelCount, firstPanel + group);
      for (let f: usize = 0; f < planes; f++) {
        for (let p = firstPanel; p < lastPanel; p++) {
          const weights = <usize>job.panels + <usize>p * panelBytes + headerBytes + f * planeWeights;
          if (f < overlap) {
            const offset = f * productPlane + <usize>((p - firstPanel) * block) * 64;
            gatherRows(rowPointers + f * stride, count, depth, weights, zeros, productPointers, offset);
          } else {
            gatherRows(plainSources, plainCount, depth, weights, zeros, plainTargets, <usize>p << 6);
          }
        }
      }
      for (let p = firstPanel; p < lastPanel; p++) {
        const header = <usize>job.panels + <usize>p * panelBytes;
        const from = products + <usize>((p - firstPanel) * block) * 64;
        transformEvensAdjoint(from, productPlane, count, targets, stride, <usize>p << 6, header, false, constants);
      }
    }
  }
}

/**
 * Filter gradient: source x, target dy. Products of transformed even inputs and transformed gradients, and of odd inputs and plain
 * gradients, summed over lines: result [slices][8 · depth + 1][resultColumns], the last row the bias gradient. An item is a slice of
 * the lines and a group of input channels. Scratch: see the driver.
 */
export function overlapAddFilterGradient(address: usize, begin: i32, end: i32, scratch: usize): void {
  const job = changetype<WinogradGradient>(address);
  const depth = job.depth;
  const columns = job.columns;
  const tilesOfLine = job.period;
  const block = job.blockTiles;
  const blockLines = block / tilesOfLine;
  const length = job.targetAlong;
  const panelCount = (columns + 15) >> 4;
  const resultStride = <usize>job.resultColumns << 2;
  const resultPlane = <usize>depth * resultStride;
  const units = (depth + 15) >> 4;

  const stride = lines(<usize>block << 2);
  const constants = scratch;
  const zeros = constants + constantBytes;
  const sources = zeros + lines(<usize>max(depth, columns) << 2);
  const targets = sources + evens * stride;
  const plainSources = targets + overlap * stride;
  const plainTargets = plainSources + overlap * stride;
  const rows = plainTargets + overlap * stride;
  const panelBytes = 2 * overlap * <usize>block * 64 + 64;
  const right = rows + <usize>((units + job.rowGroups - 1) / job.rowGroups) * panelBytes;
  writeConstants(constants);
  clearRow(zeros, max(depth, columns));

  for (let item = begin; item < end; item++) {
    const group = item % job.rowGroups;
    const slice = item / job.rowGroups;
    const firstChannel = ((units * group) / job.rowGroups) * 16;
    const lastChannel = min(depth, ((units * (group + 1)) / job.rowGroups) * 16);
    const channels = lastChannel - firstChannel;
    const firstLine = <i32>((<i64>job.lines * slice) / job.slices);
    const lastLine = <i32>((<i64>job.lines * (slice + 1)) / job.slices);
    const result = <usize>job.result + <usize>slice * (planes * resultPlane + resultStride);
    for (let line = firstLine; line < lastLine; line += blockLines) {
      const lineCount = min(blockLines, lastLine - line);
      const count = lineCount * tilesOfLine;
      const plainCount = lineCount * length;
      const plane = <usize>count * 64;
      const accumulate = line > firstLine;
      writeTilePointers(job, line, lineCount, false, evens, 2, 1, sources, stride, zeros);
      writeTilePointers(job, line, lineCount, true, overlap, 1, 0, targets, stride, zeros);
      writePlainPointers(job, line, lineCount, false, 2, length, plainSources);
      writePlainPointers(job, line, lineCount, true, 1, length, plainTargets);
      const plain = overlap * plane;
      transformEvens(sources, stride, count, firstChannel, channels, rows, 64, plane, panelBytes, constants);
      copyRows(plainSources, 0, plainCount, firstChannel, channels, rows + plain, 64, 0, panelBytes, constants);
      transformOverlapGradient(targets, stride, count, 0, columns, right, 64, plane, panelBytes, constants);
      copyRows(plainTargets, 0, plainCount, 0, columns, right + plain, 64, 0, panelBytes, constants);
      for (let f: usize = 0; f < planes; f++) {
        const summed = f < overlap ? count : plainCount;
        const to = result + f * resultPlane + (<usize>firstChannel << 6);
        const at = f * plane;
        multiplyPanels(rows + at, channels, right + at, panelCount, panelBytes, summed, to, depth, accumulate);
      }
      if (group == 0) {
        for (let p: usize = 0; p < <usize>panelCount; p++) {
          const to = result + planes * resultPlane + (p << 6);
          sumColumns(right + plain + p * panelBytes, plainCount, to, accumulate);
        }
      }
    }
  }
}

/**
 * Input channels [begin, end) of dFilter [3][depth][columns] from the sums that `overlapAddFilterGradient` left, slices added in
 * their order. Scratch: [8 + 2][16][16] floats and the constants.
 */
export function overlapAddFilterSum(
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
      transformOverlapFilterAdjoint(sums, bytes, taps, bytes, bytes, constants);
      unpackRows(taps, count, p, columns, to);
      unpackRows(sums + overlap * bytes, count, p, columns, to + tap);
      unpackRows(taps + bytes, count, p, columns, to + 2 * tap);
    }
  }
}

/**
 * Packs and transforms panels [begin, end) of a filter of three taps for the above: seven planes of g0 and g2, then g1. Forward:
 * [3, depth, columns]; `adjoint`: the filter is [3, columns, depth]. Scratch: [2][depth][16] floats and the constants.
 */
export function packOverlapAdd(
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
      packTransposedTap(filter, p, columns, depth, scratch);
      packTransposedTap(filter + 2 * tapBytes, p, columns, depth, scratch + plane);
      packTransposedTap(filter + tapBytes, p, columns, depth, weights + overlap * plane);
    } else {
      packPanel(filter, p, depth, columns, scratch);
      packPanel(filter + 2 * tapBytes, p, depth, columns, scratch + plane);
      packPanel(filter + tapBytes, p, depth, columns, weights + overlap * plane);
    }
    transformOverlapFilter(scratch, plane, weights, plane, plane, constants);
  }
}
