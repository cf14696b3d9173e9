import { BadInputError } from '../errors.ts';

/** How a stride is read as a frequency: as the paper's Table 2 counts bins, or by the formula without rounding. */
export type CutoffConvention = 'paper' | 'continuous';

export interface CutoffOptions {
  /** N: number of points along the axis; needed by the paper's convention only. */
  bins?: number;
  /** f: sampling rate of the axis: 100 frames/s in time, 1 bin per mel bin in frequency. */
  rate: number;
  /** Default `paper`. */
  convention?: CutoffConvention;
}

function requirePositive(name: string, value: number | undefined): number {
  if (value === undefined || !Number.isFinite(value) || value <= 0) {
    throw new BadInputError(`cutoff: expected ${name} to be a positive number, found ${value}`);
  }
  return value;
}

/**
 * The highest frequency that a stride keeps on an axis of `bins` points sampled at `rate`, in the unit of `rate`
 * (Hz, cycles per mel bin). `paper`: ⌊N/(2S)⌋ · f / N, from which Table 2 of Riad et al. (ICLR 2022) follows;
 * `continuous`: f / (2S), half the rate that remains after a stride of S.
 * Throws a BadInputError unless stride, rate and (for `paper`) bins are positive.
 */
export function cutoff(stride: number, { bins, rate, convention = 'paper' }: CutoffOptions): number {
  const positiveStride = requirePositive('stride', stride);
  const positiveRate = requirePositive('rate', rate);
  if (convention === 'continuous') return positiveRate / (2 * positiveStride);
  if (convention !== 'paper') {
    throw new BadInputError(`cutoff: expected convention to be paper or continuous, found "${String(convention)}"`);
  }
  const length = requirePositive('bins', bins);
  return (Math.floor(length / (2 * positiveStride)) * positiveRate) / length;
}

/**
 * Where the mask of a stride reaches zero: f · (N/(2S) + R) / N, at most half the rate. With R = 0 (a hard crop) it is
 * the continuous cut-off.
 */
export function bandEnd(
  stride: number,
  { bins, rate, smoothness }: { bins: number; rate: number; smoothness: number },
): number {
  return Math.min(rate / 2, (rate * (bins / (2 * stride) + smoothness)) / bins);
}
