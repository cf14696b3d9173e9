import { type AudioSource, type AudioStream, createResampler, readClip, withAudioStream } from '../audio/index.ts';
import { BadInputError, messageOf } from '../errors.ts';
import { type DescriptorName, describeClip, type LogMel, logMel, resolveFeatures } from '../features/index.ts';
import { type Levels, levelMeter } from './clip-examination.ts';
import { sampleFingerprint } from './sample-fingerprint.ts';

/** What is known of a clip once it was read: statistics only, never its samples. */
export interface ClipFacts {
  readonly container: string;
  readonly sampleRate: number;
  readonly channels: number;
  readonly seconds: number;
  readonly levels: Levels;
  /** Share of the frames that the file's header promises and that are not there. */
  readonly missing: number;
  /** Equal for clips of one rate whose samples are equal: see `sampleFingerprint`. */
  readonly fingerprint: string;
  readonly descriptors?: Readonly<Record<string, number>>;
  /** A log-mel spectrogram of the first seconds, where it was asked for. */
  readonly example?: LogMel;
}

export type ExaminedClip = ClipFacts | { readonly reason: string };

export interface ClipRequest extends AudioSource {
  /** Whether a spectrogram is wanted. */
  readonly example?: boolean;
  /** Descriptors that are wanted of the first `describedSeconds`. */
  readonly descriptors?: readonly DescriptorName[];
}

/** What of a clip an example shows, and what descriptors are taken of. */
export const exampleSeconds = 4;
export const describedSeconds = 30;

/**
 * Reads a clip and says what is in it. A clip that cannot be read, holds no samples or one that is no finite number gives its reason.
 */
export async function examineClip(request: ClipRequest): Promise<ExaminedClip> {
  const { path, descriptors, example } = request;
  try {
    const facts = await withAudioStream(request, (stream) => readFacts(stream, request));
    await checkRate(facts.sampleRate, path);
    return {
      ...facts,
      ...(descriptors ? { descriptors: await describe(request, descriptors) } : {}),
      ...(example ? { example: logMel(await firstSeconds(request, exampleSeconds), resolveFeatures()) } : {}),
    };
  } catch (error) {
    return { reason: messageOf(error) };
  }
}

/** Refuses a rate from which no features can be taken, as training would. */
async function checkRate(from: number, path: string): Promise<void> {
  const { sampleRate } = resolveFeatures();
  if (from === sampleRate) return;
  try {
    (await createResampler(from, sampleRate)).close();
  } catch (error) {
    throw new BadInputError(`${path}: ${messageOf(error)}`);
  }
}

function readFacts(stream: AudioStream, { path, start, end }: AudioSource): ClipFacts {
  const { container, sampleRate, channels, length, missing, finite, fullScale } = stream;
  if (length === 0) {
    const limit = end === undefined ? 'the end' : `${end} s`;
    const where = start === undefined && end === undefined ? '' : ` between ${start ?? 0} s and ${limit}`;
    throw new BadInputError(`${path}: 0 samples${where}; expected at least one`);
  }
  const meter = levelMeter(fullScale);
  const fingerprint = sampleFingerprint(sampleRate, finite ? 32768 : undefined);
  let taken = 0;
  for (const block of stream.blocks) {
    meter.push(block);
    fingerprint.push(block);
    taken += block[0]?.length ?? 0;
  }
  if (taken < length) {
    throw new BadInputError(`${path}: ended after ${taken} samples while it was read; expected ${length}`);
  }
  const levels = meter.levels();
  if (Number.isNaN(levels.rms)) {
    throw new BadInputError(`${path}: a sample that is NaN or infinite; expected finite numbers`);
  }
  return {
    container,
    sampleRate,
    channels,
    seconds: length / sampleRate,
    levels,
    missing,
    fingerprint: fingerprint.digest(),
  };
}

async function describe(source: AudioSource, names: readonly DescriptorName[]): Promise<Record<string, number>> {
  const { sampleRate } = resolveFeatures();
  return describeClip(await firstSeconds(source, describedSeconds), sampleRate, names);
}

/** The first `seconds` of a clip at the features' rate. */
function firstSeconds({ path, bytes, start = 0, end }: AudioSource, seconds: number): Promise<Float32Array> {
  const { sampleRate } = resolveFeatures();
  const source = { path, start, end: Math.min(end ?? Number.POSITIVE_INFINITY, start + seconds) };
  return readClip(bytes === undefined ? source : { ...source, bytes }, sampleRate);
}
