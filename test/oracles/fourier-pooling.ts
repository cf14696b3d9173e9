/**
 * DiffStride and spectral pooling by their definition, in float64: discrete Fourier transform, mask, crop, inverse transform.
 * Sums over complex exponentials, sample by sample; nothing is shared with src/.
 */

export interface OracleSettings {
  stride: number;
  /** R; undefined is a hard crop (spectral pooling). */
  ramp?: number;
  /** 1 on frequency axes (Eq. 4). */
  extra?: 0 | 1;
  norm?: 'ortho' | 'backward' | 'forward';
  /** N', where it is not the definition's (finite differences must not jump over a crop's edge). */
  pooled?: number;
}

/** Algorithm 1, from the stride as given. */
export function oracleLength(length: number, { stride, ramp }: OracleSettings): number {
  if (ramp === undefined) return Math.max(1, Math.floor(length / stride));
  return Math.min(length, Math.floor(length / stride + 2 * ramp));
}

function pool(signal: number[], settings: OracleSettings): number[] {
  const { stride, ramp, extra = 0, norm = 'ortho' } = settings;
  const length = signal.length;
  const pooled = settings.pooled ?? oracleLength(length, settings);
  const kept = Math.floor(pooled / 2) + 1;
  const spectrum = Array.from({ length: kept }, (_, m) => {
    const mask = ramp === undefined ? 1 : Math.min(1, Math.max(0, (ramp + length / (2 * stride) + extra - m) / ramp));
    let [real, imaginary] = [0, 0];
    for (const [i, value] of signal.entries()) {
      real += value * Math.cos((-2 * Math.PI * m * i) / length);
      imaginary += value * Math.sin((-2 * Math.PI * m * i) / length);
    }
    return [mask * real, mask * imaginary] as const;
  });
  const scale = { ortho: 1 / Math.sqrt(length * pooled), backward: 1 / pooled, forward: 1 / length }[norm];
  return Array.from({ length: pooled }, (_, j) => {
    let sum = 0;
    // Every bin of the full spectrum of N' samples: m and its mirror image N' − m, whose value is the conjugate.
    for (let m = 0; m < pooled; m++) {
      const [real, imaginary] = (m < kept ? spectrum[m] : spectrum[pooled - m]) as readonly [number, number];
      const angle = (2 * Math.PI * m * j) / pooled;
      sum += real * Math.cos(angle) - (m < kept ? imaginary : -imaginary) * Math.sin(angle);
    }
    return scale * sum;
  });
}

export interface Plain {
  shape: number[];
  values: number[];
}

/** The layer along one axis of an array of any rank (row-major). */
export function poolAxis({ shape, values }: Plain, axis: number, settings: OracleSettings): Plain {
  const length = shape[axis] as number;
  const after = shape.slice(axis + 1).reduce((product, size) => product * size, 1);
  const before = shape.slice(0, axis).reduce((product, size) => product * size, 1);
  const columns: number[][][] = [];
  for (let b = 0; b < before; b++) {
    columns.push(
      Array.from({ length: after }, (_, a) =>
        pool(
          Array.from({ length }, (_, i) => values[(b * length + i) * after + a] as number),
          settings,
        ),
      ),
    );
  }
  const pooled = columns[0]?.[0]?.length ?? 0;
  const result: number[] = [];
  for (let b = 0; b < before; b++) {
    for (let j = 0; j < pooled; j++) {
      for (let a = 0; a < after; a++) result.push(columns[b]?.[a]?.[j] as number);
    }
  }
  return { shape: shape.map((size, i) => (i === axis ? pooled : size)), values: result };
}
