import { createRequire } from 'node:module';
import type { MeydaAudioFeature, MeydaFeaturesObject } from 'meyda';
import { BadInputError } from '../errors.ts';
import { hannWindow } from './log-mel-plan.ts';

/** Meyda's features that are one number, or a short list of numbers, a frame. */
export const descriptorNames = [
  'rms',
  'zcr',
  'energy',
  'spectralCentroid',
  'spectralRolloff',
  'spectralFlatness',
  'spectralSpread',
  'spectralSkewness',
  'spectralKurtosis',
  'spectralSlope',
  'spectralCrest',
  'perceptualSharpness',
  'perceptualSpread',
  'mfcc',
  'chroma',
] as const satisfies readonly MeydaAudioFeature[];
export type DescriptorName = (typeof descriptorNames)[number];

/** Names of descriptors, checked. @throws BadInputError naming one that is not known. */
export function parseDescriptors(names: readonly string[]): DescriptorName[] {
  return names.map((name) => {
    const known = descriptorNames.find((one) => one === name);
    if (!known)
      throw new BadInputError(`--descriptors: expected names among ${descriptorNames.join(', ')}, found "${name}"`);
    return known;
  });
}

/** Samples a frame, and from one frame to the next. */
const frame = 512;
const hop = 256;

/** Frequencies that Meyda gives in bins of its spectrum are turned into hertz. */
const inBins = new Set<DescriptorName>(['spectralCentroid', 'spectralSpread']);

/**
 * Descriptors of a clip: Meyda's features of Hann-windowed frames of 512 samples every 256, averaged over the frames. `spectralCentroid`,
 * `spectralSpread` and `spectralRolloff` in hertz, `zcr` in sign changes per sample, `rms` and `energy` of the samples as they are; `mfcc` and
 * `chroma` are 13 and 12 numbers. A clip shorter than a frame is filled up with zeros. Frames in which a descriptor is
 * undefined (silence) do not count; where all are, it is NaN.
 *
 * These describe a data set to people: the model's features are `logMel`'s.
 * @returns column name (`rms`, `mfcc_1`, …) → mean.
 */
export function describeClip(
  samples: Float32Array,
  sampleRate: number,
  names: readonly DescriptorName[],
): Record<string, number> {
  const meyda = loadMeyda();
  // Meyda keeps its filter banks when only the sample rate changes.
  const stale =
    meyda.sampleRate === sampleRate
      ? {}
      : { melFilterBank: undefined, chromaFilterBank: undefined, barkScale: undefined };
  const settings = { bufferSize: frame, sampleRate, windowingFunction: 'rect', numberOfMFCCCoefficients: 13 };
  Object.assign(meyda, settings, stale);
  const window = hannWindow(frame);
  const sums = new Map<string, { sum: number; count: number }>();
  const frames = Math.max(1, 1 + Math.floor((samples.length - frame) / hop));
  for (let t = 0; t < frames; t++) {
    const plain = new Float32Array(frame);
    plain.set(samples.subarray(t * hop, t * hop + frame));
    // rms, zcr and energy are of the samples; what is spectral, of the windowed ones.
    const windowed = plain.map((value, n) => value * (window[n] ?? 0));
    const temporal = new Set<DescriptorName>(['rms', 'zcr', 'energy']);
    for (const [signal, group] of [
      [plain, names.filter((name) => temporal.has(name))],
      [windowed, names.filter((name) => !temporal.has(name))],
    ] as const) {
      if (group.length === 0) continue;
      const found: Partial<MeydaFeaturesObject> = meyda.extract([...group], signal) ?? {};
      for (const name of group) add(name, found[name]);
    }
  }
  return Object.fromEntries(
    columnsOf(names).map((column) => {
      const { sum = Number.NaN, count = 1 } = sums.get(column) ?? {};
      return [column, sum / count];
    }),
  );

  function add(name: DescriptorName, value: unknown): void {
    const list: unknown[] = Array.isArray(value) ? value : [value];
    const scale = inBins.has(name) ? sampleRate / frame : name === 'zcr' ? 1 / frame : 1;
    list.forEach((one, i) => {
      if (typeof one !== 'number' || !Number.isFinite(one)) return;
      const column = Array.isArray(value) ? `${name}_${i + 1}` : name;
      const before = sums.get(column) ?? { sum: 0, count: 0 };
      sums.set(column, { sum: before.sum + one * scale, count: before.count + 1 });
    });
  }
}

/** Columns of a table of descriptors, in order. */
export function columnsOf(names: readonly DescriptorName[]): string[] {
  const lengths: Partial<Record<DescriptorName, number>> = { mfcc: 13, chroma: 12 };
  return names.flatMap((name) => {
    const length = lengths[name];
    return length === undefined ? [name] : Array.from({ length }, (_, i) => `${name}_${i + 1}`);
  });
}

interface MeydaModule {
  sampleRate: number;
  extract(names: MeydaAudioFeature[], signal: Float32Array): Partial<MeydaFeaturesObject> | null;
}

/** Meyda is CommonJS, and heavy: it is loaded when descriptors are asked for. */
function loadMeyda(): MeydaModule {
  return createRequire(import.meta.url)('meyda') as MeydaModule;
}
