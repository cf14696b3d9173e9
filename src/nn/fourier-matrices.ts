import * as tf from '@tensorflow/tfjs';

/** Where the discrete Fourier transform's 1/N goes; `forward` keeps the mean of a map, `ortho` is the paper's Eq. 1. */
export type Norm = 'ortho' | 'backward' | 'forward';

/** Real matrices of a crop in frequency, for K kept frequencies: cosine rows first, then sine rows. */
export interface FourierMatrices {
  /** [2K, N]: x's real spectrum. */
  analysis: tf.Tensor2D;
  /** [N', 2K]: back to N' samples. */
  synthesis: tf.Tensor2D;
}

function scaleOf(norm: Norm, length: number, pooled: number): number {
  if (norm === 'ortho') return 1 / Math.sqrt(length * pooled);
  return norm === 'backward' ? 1 / pooled : 1 / length;
}

/** cos and sin of 2π·m·i/N; m·i is reduced modulo N first, which keeps every digit. */
function wave(m: number, i: number, length: number): [number, number] {
  const angle = (2 * Math.PI * ((m * i) % length)) / length;
  return [Math.cos(angle), Math.sin(angle)];
}

interface FourierTables {
  analysis: Float32Array;
  synthesis: Float32Array;
}

function computeTables(length: number, pooled: number, norm: Norm): FourierTables {
  const kept = Math.floor(pooled / 2) + 1;
  const analysis = new Float32Array(2 * kept * length);
  const synthesis = new Float32Array(pooled * 2 * kept);
  const scale = scaleOf(norm, length, pooled);
  for (let m = 0; m < kept; m++) {
    for (let i = 0; i < length; i++) {
      const [cosine, sine] = wave(m, i, length);
      analysis[m * length + i] = cosine;
      analysis[(kept + m) * length + i] = sine;
    }
    // A real signal holds every frequency twice (m and −m), but zero and N'/2 once.
    const weight = m === 0 || 2 * m === pooled ? scale : 2 * scale;
    for (let j = 0; j < pooled; j++) {
      const [cosine, sine] = wave(m, j, pooled);
      synthesis[j * 2 * kept + m] = weight * cosine;
      synthesis[j * 2 * kept + kept + m] = weight * sine;
    }
  }
  return { analysis, synthesis };
}

/** Tables of the (N, N', norm) met so far; a moving stride meets few. Plain arrays, so that no tensor outlives its scope. */
const tables = new Map<string, FourierTables>();
const mostTables = 256;

/** The bins m = first..last of a crop. */
export interface BinRange {
  first: number;
  last: number;
}

/**
 * The DFT of length N and the inverse DFT of length N' over the frequencies m = 0..⌊N'/2⌋ that both have: without a mask,
 * synthesis · analysis = rfft → crop → irfft(N'). With `bins`, over those frequencies alone.
 */
export function fourierMatrices(length: number, pooled: number, norm: Norm, bins?: BinRange): FourierMatrices {
  const key = `${length} ${pooled} ${norm}`;
  let entry = tables.get(key);
  if (entry === undefined) {
    if (tables.size >= mostTables) tables.clear();
    entry = computeTables(length, pooled, norm);
    tables.set(key, entry);
  }
  const { analysis, synthesis } = bins === undefined ? entry : tablesOfBins(entry, length, pooled, bins);
  const rows = analysis.length / length;
  return {
    analysis: tf.tensor2d(analysis, [rows, length]),
    synthesis: tf.tensor2d(synthesis, [pooled, rows]),
  };
}

/** Rows of `analysis` and columns of `synthesis` of some bins, cosines first. Copied here, as tfjs slices a matrix number by number. */
function tablesOfBins(entry: FourierTables, length: number, pooled: number, { first, last }: BinRange): FourierTables {
  const kept = entry.analysis.length / length / 2;
  const count = last - first + 1;
  const analysis = new Float32Array(2 * count * length);
  const synthesis = new Float32Array(pooled * 2 * count);
  for (const half of [0, 1]) {
    const start = half * kept + first;
    analysis.set(entry.analysis.subarray(start * length, (start + count) * length), half * count * length);
    for (let j = 0; j < pooled; j++) {
      const row = j * 2 * kept + start;
      synthesis.set(entry.synthesis.subarray(row, row + count), (2 * j + half) * count);
    }
  }
  return { analysis, synthesis };
}
