/** Level below which a clip counts as silent: no sample is farther than −60 dB of full scale from the clip's mean. */
export const silentLevel = 10 ** (-60 / 20);
/** Samples in a row at full scale, of one sign, that count as clipped: Audacity's "Find Clipping" starts at three, too. */
export const clippedRun = 3;
/** Mean of a channel, as a share of full scale, from which on a clip has a DC offset (−40 dB). */
export const offsetLevel = 0.01;

/** What the samples of a clip show. Levels are shares of full scale. */
export interface Levels {
  /** Largest magnitude of a sample. */
  readonly peak: number;
  /** Root of the mean square over all channels. */
  readonly rms: number;
  /** The channels' mean that is farthest from 0. */
  readonly offset: number;
  /** Largest distance of a sample from the mean of its channel: what is left of the peak without the offset. */
  readonly swing: number;
  /** Share of samples in runs of at least `clippedRun` at full scale. */
  readonly clipped: number;
}

interface ChannelSums {
  low: number;
  high: number;
  sum: number;
  squares: number;
  samples: number;
  /** Samples in runs that are long enough. */
  clipped: number;
  /** Length of the run at full scale that the last block ended in, and its sign. */
  run: number;
  sign: number;
}

/** The levels of a clip that comes in blocks. */
export interface LevelMeter {
  /** The next block: one array a channel. */
  push(channels: readonly Float32Array[]): void;
  /** The levels of everything pushed; NaN where a sample was no finite number, or nothing was pushed. */
  levels(): Levels;
}

/** @param fullScale the least magnitude of a sample that is at full scale. */
export function levelMeter(fullScale: number): LevelMeter {
  const sums: ChannelSums[] = [];
  return {
    push(channels) {
      for (const [index, samples] of channels.entries()) {
        sums[index] ??= { low: Infinity, high: -Infinity, sum: 0, squares: 0, samples: 0, clipped: 0, run: 0, sign: 0 };
        addSamples(sums[index], samples, fullScale);
      }
    },
    levels() {
      const means = sums.map(({ sum, samples }) => sum / samples);
      const total = sums.reduce((all, { samples }) => all + samples, 0);
      const offset = means.reduce((far, mean) => (Math.abs(mean) > Math.abs(far) ? mean : far), 0);
      const level = {
        peak: Math.max(...sums.map(({ low, high }) => Math.max(-low, high))),
        rms: Math.sqrt(sums.reduce((all, { squares }) => all + squares, 0) / total),
        offset,
        swing: Math.max(
          ...sums.map(({ low, high }, index) => Math.max((means[index] ?? 0) - low, high - (means[index] ?? 0))),
        ),
        clipped: sums.reduce((all, { clipped }) => all + clipped, 0) / total,
      };
      return Number.isFinite(level.rms) ? level : { peak: NaN, rms: NaN, offset: NaN, swing: NaN, clipped: NaN };
    },
  };
}

function addSamples(sums: ChannelSums, samples: Float32Array, fullScale: number): void {
  let low = Number.POSITIVE_INFINITY;
  let high = Number.NEGATIVE_INFINITY;
  let sum = 0;
  let squares = 0;
  for (let i = 0; i < samples.length; i++) {
    const value = samples[i] as number;
    if (value < low) low = value;
    if (value > high) high = value;
    sum += value;
    squares += value * value;
  }
  sums.low = Math.min(sums.low, low);
  sums.high = Math.max(sums.high, high);
  sums.sum += sum;
  sums.squares += squares;
  sums.samples += samples.length;
  if (high >= fullScale || low <= -fullScale) addRuns(sums, samples, fullScale);
  else if (samples.length > 0) Object.assign(sums, { run: 0, sign: 0 });
}

function addRuns(sums: ChannelSums, samples: Float32Array, fullScale: number): void {
  let { run, sign, clipped } = sums;
  for (let i = 0; i < samples.length; i++) {
    const value = samples[i] as number;
    const side = value >= fullScale ? 1 : value <= -fullScale ? -1 : 0;
    if (side === 0) run = 0;
    else {
      run = side === sign ? run + 1 : 1;
      if (run === clippedRun) clipped += clippedRun;
      else if (run > clippedRun) clipped++;
    }
    sign = side;
  }
  Object.assign(sums, { run, sign, clipped });
}

/** `level`, a share of full scale, in dB of it; −∞ for 0. */
export function decibels(level: number): number {
  return 20 * Math.log10(level);
}

export function isSilent({ swing }: Levels): boolean {
  return swing < silentLevel;
}

export function isClipped({ clipped }: Levels): boolean {
  return clipped > 0;
}

export function hasOffset({ offset }: Levels): boolean {
  return Math.abs(offset) >= offsetLevel;
}
