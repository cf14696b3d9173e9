import { BadInputError } from '../errors.ts';

/** Everything that fixes a log-mel spectrogram. Lengths in samples, frequencies in hertz. */
export interface ResolvedLogMelOptions {
  /** Samples per second; the samples must come at this rate. */
  readonly sampleRate: number;
  /** Samples under the periodic Hann window, 1 … fftLength. */
  readonly windowLength: number;
  /** Samples from one frame to the next, at least 1. */
  readonly hopLength: number;
  /** A power of two, at least 4. */
  readonly fftLength: number;
  /** Mel bins, at least 1. */
  readonly bins: number;
  /** Lower edge of the lowest triangle, 0 ≤ lowFrequency < highFrequency. */
  readonly lowFrequency: number;
  /** Upper edge of the highest triangle, at most sampleRate / 2. */
  readonly highFrequency: number;
  readonly melScale: 'htk' | 'slaney';
  /** Slopes linear in mel (TensorFlow, which also zeroes the DC bin) or in hertz (librosa, torchaudio). */
  readonly triangles: 'mel' | 'hertz';
  /** `slaney`: each triangle is divided by half its width in hertz. */
  readonly normalization: 'none' | 'slaney';
  /** 1: mel product of magnitudes; 2: of powers. */
  readonly power: 1 | 2;
  /** A mel value x becomes ln(max(x + offset, floor)); at least one of the two is positive. */
  readonly offset: number;
  readonly floor: number;
  /**
   * `none`: only whole frames; `end`: zeros behind the clip, a frame for every hop begun (`pad_end` in TensorFlow);
   * `center`: zeros around the clip, frame t centred on sample t · hopLength (librosa's `center`, with constant padding).
   */
  readonly padding: 'none' | 'end' | 'center';
  /** `start`: a frame is the window's samples (TensorFlow); `center`: a frame is fftLength samples, the window in their middle (librosa). */
  readonly windowPlacement: 'start' | 'center';
}

/** Settings as a person gives them: a preset (default `tagliasacchi`), and what differs from it. */
export type LogMelOptions = Partial<ResolvedLogMelOptions> & { readonly preset?: FeaturePreset };

export type FeaturePreset = 'tagliasacchi' | 'tensorflow' | 'librosa' | 'torchaudio' | 'leaf';

const tagliasacchi: ResolvedLogMelOptions = {
  sampleRate: 16000,
  windowLength: 400,
  hopLength: 160,
  fftLength: 512,
  bins: 64,
  lowFrequency: 60,
  highFrequency: 7800,
  melScale: 'htk',
  triangles: 'mel',
  normalization: 'none',
  power: 1,
  offset: 1e-5,
  floor: 0,
  padding: 'none',
  windowPlacement: 'start',
};

const librosa: ResolvedLogMelOptions = {
  ...tagliasacchi,
  triangles: 'hertz',
  power: 2,
  offset: 0,
  floor: 1e-10,
  windowPlacement: 'center',
};

/**
 * Named settings. `tagliasacchi`: the paper's front end (Tagliasacchi et al. 2020), TensorFlow's framing and filterbank on magnitudes.
 * `tensorflow`: the same on powers. `librosa` and `torchaudio`: `melspectrogram(n_fft=512, win_length=400, center=False, htk, norm=None)`.
 * `leaf`: leaf-audio's MelFilterbanks, padded at the end.
 */
export const featurePresets: Readonly<Record<FeaturePreset, ResolvedLogMelOptions>> = {
  tagliasacchi,
  tensorflow: { ...tagliasacchi, power: 2 },
  librosa,
  torchaudio: librosa,
  leaf: { ...tagliasacchi, power: 2, padding: 'end' },
};

/**
 * Fills in the preset and checks the domains given at each field of `ResolvedLogMelOptions`. Giving only `offset` or only `floor`
 * sets the other to 0.
 * @throws BadInputError naming the field, the value found and what was expected.
 */
export function resolveFeatures(options: LogMelOptions = {}): ResolvedLogMelOptions {
  const { preset = 'tagliasacchi', ...given } = options;
  const base = featurePresets[preset];
  if (base === undefined) {
    throw new BadInputError(
      `features.preset: expected one of ${Object.keys(featurePresets).join(', ')}, found "${preset}"`,
    );
  }
  const overrides = Object.fromEntries(Object.entries(given).filter(([, value]) => value !== undefined));
  const unknown = Object.keys(overrides).find((key) => !(key in base));
  if (unknown !== undefined) {
    throw new BadInputError(`features.${unknown}: not a setting; expected one of ${Object.keys(base).join(', ')}`);
  }
  if ('offset' in overrides && !('floor' in overrides)) overrides.floor = 0;
  if ('floor' in overrides && !('offset' in overrides)) overrides.offset = 0;
  const resolved: ResolvedLogMelOptions = { ...base, ...overrides };
  check(resolved);
  return resolved;
}

const choices: { readonly [K in keyof ResolvedLogMelOptions]?: readonly ResolvedLogMelOptions[K][] } = {
  melScale: ['htk', 'slaney'],
  triangles: ['mel', 'hertz'],
  normalization: ['none', 'slaney'],
  power: [1, 2],
  padding: ['none', 'end', 'center'],
  windowPlacement: ['start', 'center'],
};

function check(options: ResolvedLogMelOptions): void {
  const { sampleRate, windowLength, hopLength, fftLength, bins, lowFrequency, highFrequency, offset, floor } = options;
  const expect = (holds: boolean, field: keyof ResolvedLogMelOptions, expected: string) => {
    if (!holds) throw new BadInputError(`features.${field}: expected ${expected}, found ${options[field]}`);
  };
  expect(sampleRate > 0 && Number.isFinite(sampleRate), 'sampleRate', 'a positive number of samples per second');
  expect(
    Number.isInteger(fftLength) && fftLength >= 4 && (fftLength & (fftLength - 1)) === 0,
    'fftLength',
    'a power of two of at least 4',
  );
  expect(
    Number.isInteger(windowLength) && windowLength >= 1 && windowLength <= fftLength,
    'windowLength',
    `a whole number of samples from 1 to fftLength (${fftLength})`,
  );
  expect(Number.isInteger(hopLength) && hopLength >= 1, 'hopLength', 'a whole number of samples of at least 1');
  expect(Number.isInteger(bins) && bins >= 1, 'bins', 'a whole number of mel bins of at least 1');
  expect(lowFrequency >= 0, 'lowFrequency', 'a frequency of at least 0 Hz');
  expect(
    highFrequency > lowFrequency && highFrequency <= sampleRate / 2,
    'highFrequency',
    `a frequency above lowFrequency (${lowFrequency} Hz) and at most half the sample rate (${sampleRate / 2} Hz)`,
  );
  expect(offset >= 0 && Number.isFinite(offset), 'offset', 'a number of at least 0');
  expect(
    floor >= 0 && offset + floor > 0 && Number.isFinite(floor),
    'floor',
    'a number of at least 0, positive where offset is 0',
  );
  for (const [field, allowed] of Object.entries(choices)) {
    const key = field as keyof ResolvedLogMelOptions;
    const known: readonly unknown[] = allowed;
    expect(known.includes(options[key]), key, `one of ${allowed.join(', ')}`);
  }
}
