import { extraBin, rampWidth, type Smoothness } from '../nn/pooled-length.ts';

/** A map of values, row by row: `values[t · columns + f]`. */
export interface ValueMap {
  rows: number;
  columns: number;
  values: Float32Array;
}

export interface AxisMask {
  stride: number;
  smoothness: Smoothness;
  role: 'time' | 'frequency';
}

/** mask(m) of Eq. 3 (time) or Eq. 4 (frequency) for m = 0..⌊N/2⌋, the distance from zero frequency in bins. */
export function maskValues(length: number, { stride, smoothness, role }: AxisMask): number[] {
  const ramp = rampWidth(smoothness, length);
  const threshold = length / (2 * Math.min(stride, length)) + extraBin(role, smoothness);
  return Array.from({ length: Math.floor(length / 2) + 1 }, (_, m) =>
    Math.min(1, Math.max(0, (ramp + threshold - m) / ramp)),
  );
}

/** The circulant kernel that a mask is on an axis of `length`: (1/N) Σ_m c_m mask(m) cos(2πmd/N) for d = 0..N−1. */
function kernel(length: number, mask: readonly number[]): Float64Array {
  return Float64Array.from({ length }, (_, distance) =>
    mask.reduce((sum, value, m) => {
      const weight = m === 0 || 2 * m === length ? 1 : 2;
      return sum + (weight * value * Math.cos((2 * Math.PI * ((m * distance) % length)) / length)) / length;
    }, 0),
  );
}

/**
 * What a layer's mask keeps of a map, at the map's own size: DiffStride without its crop (N' = N), rows along time and columns
 * along frequency. Values outside the mask's band are gone, those on its ramp are weakened.
 */
export function lowPass(map: ValueMap, masks: { time: AxisMask; frequency: AxisMask }): ValueMap {
  const { rows, columns, values } = map;
  const timeKernel = kernel(rows, maskValues(rows, masks.time));
  const frequencyKernel = kernel(columns, maskValues(columns, masks.frequency));
  const overTime = new Float64Array(rows * columns);
  for (let t = 0; t < rows; t++) {
    for (let s = 0; s < rows; s++) {
      const weight = timeKernel[(t - s + rows) % rows] ?? 0;
      for (let f = 0; f < columns; f++) {
        overTime[t * columns + f] = (overTime[t * columns + f] ?? 0) + weight * (values[s * columns + f] ?? 0);
      }
    }
  }
  const filtered = new Float32Array(rows * columns);
  for (let t = 0; t < rows; t++) {
    for (let f = 0; f < columns; f++) {
      let sum = 0;
      for (let g = 0; g < columns; g++) {
        sum += (frequencyKernel[(f - g + columns) % columns] ?? 0) * (overTime[t * columns + g] ?? 0);
      }
      filtered[t * columns + f] = sum;
    }
  }
  return { rows, columns, values: filtered };
}
