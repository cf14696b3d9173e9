import { hertzToMel, melToHertz } from './mel-scale.ts';
import { type LogMelOptions, type ResolvedLogMelOptions, resolveFeatures } from './options.ts';

/** A mel filterbank: row-major weights [bins, frequencies], frequencies = fftLength / 2 + 1 from 0 Hz up. */
export interface MelFilterbank {
  readonly bins: number;
  readonly frequencies: number;
  readonly values: Float32Array;
}

/** One triangle without its zeros: weights of the FFT bins `first`, `first` + 1, … (always at least one, which may be 0). */
export interface MelRow {
  readonly first: number;
  readonly weights: Float64Array;
}

/**
 * Triangular mel filters as `tf.signal.linear_to_mel_weight_matrix` (`triangles: 'mel'`), `librosa.filters.mel` and
 * `torchaudio.functional.melscale_fbanks` (`triangles: 'hertz'`) define them.
 * @throws BadInputError as `resolveFeatures`.
 */
export function melFilterbank(options: LogMelOptions = {}): MelFilterbank {
  const resolved = resolveFeatures(options);
  const frequencies = resolved.fftLength / 2 + 1;
  const values = new Float32Array(resolved.bins * frequencies);
  melRows(resolved).forEach((row, bin) => {
    values.set(row.weights, bin * frequencies + row.first);
  });
  return { bins: resolved.bins, frequencies, values };
}

/** The same filters in double precision, row by row, from the first non-zero weight to the last. */
export function melRows(options: ResolvedLogMelOptions): MelRow[] {
  const { sampleRate, fftLength, bins, lowFrequency, highFrequency, melScale, triangles, normalization } = options;
  const low = hertzToMel(lowFrequency, melScale);
  const high = hertzToMel(highFrequency, melScale);
  const melEdges = Float64Array.from({ length: bins + 2 }, (_, edge) => low + ((high - low) * edge) / (bins + 1));
  const hertzEdges = melEdges.map((mel) => melToHertz(mel, melScale));
  const edges = triangles === 'mel' ? melEdges : hertzEdges;
  const positions = Float64Array.from({ length: fftLength / 2 + 1 }, (_, k) => {
    const hertz = (k * sampleRate) / fftLength;
    return triangles === 'mel' ? hertzToMel(hertz, melScale) : hertz;
  });

  return Array.from({ length: bins }, (_, bin) => {
    const [lower = 0, centre = 0, upper = 0] = edges.subarray(bin, bin + 3);
    const [left = 0, , right = 0] = hertzEdges.subarray(bin, bin + 3);
    const gain = normalization === 'slaney' ? 2 / (right - left) : 1;
    const row = positions.map((position, k) => {
      if (triangles === 'mel' && k === 0) return 0; // TensorFlow leaves the DC bin out
      const rising = (position - lower) / (centre - lower);
      const falling = (upper - position) / (upper - centre);
      return gain * Math.max(0, Math.min(rising, falling));
    });
    const first = Math.max(
      0,
      row.findIndex((weight) => weight > 0),
    );
    const last = row.findLastIndex((weight) => weight > 0);
    return { first, weights: row.slice(first, Math.max(first, last) + 1) };
  });
}
