import type { Batch } from '../datasets/types.ts';
import type { ResolvedLogMelOptions } from '../features/index.ts';
import type { AugmentationSettings } from '../pipeline/schema.ts';
import { type RandomStream, stream } from '../random.ts';

export interface AugmentOptions {
  readonly settings: AugmentationSettings;
  readonly features: ResolvedLogMelOptions;
  readonly seed: number;
}

/**
 * Varies the examples of a training batch. What is drawn depends on the seed and the step alone, so that a run that goes on draws the same.
 *
 * - `timeShift`: the window is moved by up to so many seconds either way, and silence fills the gap.
 * - `gain`: every example is made louder or softer by up to so many dB, as if its samples had been: exact in the log-mel domain, but for
 *   what a floor has cut off.
 * - `specAugment` (Park et al. 2019, section 2): bands of frames and of bins, each of uniform width, take the example's mean.
 * - `mixup` (Zhang et al. 2018): each example is added to another of the batch, both weighted, the weight from Beta(α, α).
 *
 * @param batch features [batch, frames, bins], natural log; changed in place.
 * @returns the batch, with second labels and weights under mixup.
 */
export function augment(batch: Batch, step: number, { settings, features, seed }: AugmentOptions): Batch {
  const { timeShift, gain, specAugment, mixup } = settings;
  if (timeShift === 0 && gain === 0 && mixup === 0 && specAugment === undefined) return batch;
  const random = stream(seed, `augmentation/${step}`);
  const width = batch.features.length / batch.size;
  const largestShift = Math.round((timeShift * features.sampleRate) / features.hopLength);
  for (let row = 0; row < batch.size; row++) {
    const example = batch.features.subarray(row * width, (row + 1) * width); // [frames, bins]
    if (largestShift > 0) {
      shiftInTime(example, (random.integer(2 * largestShift + 1) - largestShift) * features.bins, silence(features));
    }
    if (gain > 0) amplify(example, (2 * random.uniform() - 1) * gain, features);
    if (specAugment !== undefined) maskBands(example, features.bins, specAugment, random);
  }
  return mixup > 0 ? mixExamples(batch, mixup, random) : batch;
}

/** Log-mel value of zero samples. */
function silence({ offset, floor }: ResolvedLogMelOptions): number {
  return Math.log(Math.max(offset, floor));
}

/** Moves values to the right by `by` places (to the left where it is negative) and fills up with `filling`. */
function shiftInTime(example: Float32Array, by: number, filling: number): void {
  const places = Math.max(-example.length, Math.min(example.length, by));
  example.copyWithin(Math.max(0, places), Math.max(0, -places), example.length - Math.max(0, places));
  if (places > 0) example.fill(filling, 0, places);
  else if (places < 0) example.fill(filling, example.length + places);
}

/** What the log-mel values would be of samples louder by `decibels`. */
function amplify(example: Float32Array, decibels: number, { offset, floor, power }: ResolvedLogMelOptions): void {
  const factor = 10 ** ((decibels * power) / 20);
  for (const [i, value] of example.entries()) {
    const melValue = Math.max(0, Math.exp(value) - offset); // values are ln(max(x + offset, floor))
    example[i] = Math.log(Math.max(melValue * factor + offset, floor));
  }
}

function maskBands(
  example: Float32Array,
  bins: number,
  { timeMasks, timeWidth, frequencyMasks, frequencyWidth }: NonNullable<AugmentationSettings['specAugment']>,
  random: RandomStream,
): void {
  const frames = example.length / bins;
  const mean = example.reduce((sum, value) => sum + value, 0) / example.length;
  const band = (length: number, widest: number): [number, number] => {
    const width = random.integer(Math.min(widest, length) + 1);
    const start = random.integer(length - width + 1);
    return [start, start + width];
  };
  for (let mask = 0; mask < timeMasks; mask++) {
    const [start, end] = band(frames, timeWidth);
    example.fill(mean, start * bins, end * bins);
  }
  for (let mask = 0; mask < frequencyMasks; mask++) {
    const [start, end] = band(bins, frequencyWidth);
    for (let frame = 0; frame < frames; frame++) example.fill(mean, frame * bins + start, frame * bins + end);
  }
}

/** Every example is mixed with the one that a shuffle puts in its place; the labels of both are kept. */
function mixExamples(batch: Batch, alpha: number, random: RandomStream): Batch {
  const partners = random.shuffle(Array.from({ length: batch.size }, (_, row) => row));
  const weight = Float32Array.from({ length: batch.size }, () => symmetricBeta(alpha, random));
  const width = batch.features.length / batch.size;
  const before = batch.features.slice();
  for (const [row, partner] of partners.entries()) {
    const share = weight[row] as number;
    for (let i = 0; i < width; i++) {
      const other = before[partner * width + i] as number;
      batch.features[row * width + i] = share * (before[row * width + i] as number) + (1 - share) * other;
    }
  }
  const labels = Object.fromEntries(
    Object.entries(batch.labels).map(([task, own]) => [
      task,
      Int32Array.from(partners, (partner) => own[partner] ?? -1),
    ]),
  );
  return { ...batch, mixed: { labels, weight } };
}

/** Beta(α, α): the first of two gamma variates over their sum. */
function symmetricBeta(alpha: number, random: RandomStream): number {
  const [first, second] = [gamma(alpha, random), gamma(alpha, random)];
  return first + second > 0 ? first / (first + second) : 0.5;
}

/** A gamma variate of shape `alpha` and scale 1 (Marsaglia and Tsang 2000; below 1 by the boost of its section 6). */
function gamma(alpha: number, random: RandomStream): number {
  if (alpha < 1) return gamma(alpha + 1, random) * random.uniform() ** (1 / alpha);
  const d = alpha - 1 / 3;
  for (;;) {
    const x = random.normal();
    const v = (1 + x / Math.sqrt(9 * d)) ** 3;
    if (v > 0 && Math.log(1 - random.uniform()) < x ** 2 / 2 + d - d * v + d * Math.log(v)) return d * v;
  }
}
