import { BadInputError } from '../errors.ts';
import { type AxisRole, extraBin, rampWidth, type Smoothness } from '../nn/pooled-length.ts';

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
 * The frequency from which the mask of a stride is zero: f · (N/(2S) + R) / N, and a bin further along frequency where R is
 * fixed (Eq. 4), at most half the rate. Without `smoothness` (a hard crop) it is the continuous cut-off.
 */
export function bandEnd(
  stride: number,
  { bins, rate, smoothness, role }: { bins: number; rate: number; smoothness?: Smoothness; role: AxisRole },
): number {
  const ramp = smoothness === undefined ? 0 : rampWidth(smoothness, bins) + extraBin(role, smoothness);
  return Math.min(rate / 2, (rate * (bins / (2 * Math.min(stride, bins)) + ramp)) / bins);
}
