import { BadInputError, messageOf } from '../errors.ts';
import { type AudioSource, type AudioStream, type Segment, withAudioStream } from './audio-stream.ts';
import { toMono } from './mono.ts';
import { createResampler } from './resample.ts';

export interface ReadAudioOptions extends Segment {
  /** Samples per second of the result, a positive integer (default 16,000). */
  readonly sampleRate?: number;
}

/** 4 GiB of samples, 18 hours at 16 kHz. */
const mostSamples = 2 ** 30;

/**
 * A clip's samples: decoded, down-mixed to mono and resampled. WAV files are read in blocks, and only the segment asked for; other
 * containers are decoded as a whole.
 * @throws BadInputError naming the file where it is missing, is not audio, holds no samples in the segment, more than 2^30 of them, or a
 * sample that is no finite number; or naming the option that is out of its domain.
 */
export async function readAudio(file: string, options: ReadAudioOptions = {}): Promise<Float32Array> {
  return readClip({ path: file, start: options.start, end: options.end }, options.sampleRate);
}

/** `readAudio` of a clip that is a file or the bytes of one. */
export async function readClip(source: AudioSource, sampleRate = 16000): Promise<Float32Array> {
  if (!(Number.isSafeInteger(sampleRate) && sampleRate > 0)) {
    throw new BadInputError(`sampleRate: expected a positive integer, found ${sampleRate}`);
  }
  const { path: file, start = 0, end = Number.POSITIVE_INFINITY } = source;
  return withAudioStream(source, (stream) => convert(stream, sampleRate, { file, start, end }));
}

/** The stream as one clip at the rate `to`; `about` is for messages. */
async function convert(
  { sampleRate: from, length, finite, blocks }: AudioStream,
  to: number,
  about: { file: string; start: number; end: number },
): Promise<Float32Array> {
  const { file, start, end } = about;
  if (length === 0) {
    const limit = Number.isFinite(end) ? `${end} s` : 'the end';
    const where = start > 0 || Number.isFinite(end) ? ` between ${start} s and ${limit}` : '';
    throw new BadInputError(`${file}: 0 samples${where}; expected at least one`);
  }
  const total = Math.ceil((length * to) / from);
  if (total > mostSamples) {
    throw new BadInputError(
      `${file}: ${total} samples at ${to} Hz; expected at most ${mostSamples}: read it in parts (start, end)`,
    );
  }
  const resampler =
    from === to
      ? undefined
      : await createResampler(from, to).catch((error: unknown) => {
          throw new BadInputError(`${file}: ${messageOf(error)}`);
        });
  try {
    let output: Float32Array | undefined;
    let taken = 0;
    let given = 0;
    const append = (block: Float32Array) => {
      if (output === undefined && block.length === total)
        output = block; // a short clip is one block
      else {
        output ??= new Float32Array(total);
        output.set(block, given);
      }
      given += block.length;
    };
    for (const channels of blocks) {
      const block = toMono(channels);
      if (!finite)
        refuseNotFinite(block, (index) => `${file}: a sample that is ${block[index]} at ${seconds(taken + index)} s`);
      taken += block.length;
      append(resampler ? resampler.push(block) : block);
    }
    if (resampler) append(resampler.flush());
    if (given < total || output === undefined) {
      throw new BadInputError(`${file}: ended after ${taken} samples while it was read; expected ${length}`);
    }
    return output;
  } finally {
    resampler?.close();
  }

  function seconds(sample: number): string {
    return (start + sample / from).toFixed(3);
  }
}

function refuseNotFinite(block: Float32Array, describe: (index: number) => string): void {
  // x − x is 0 for every finite x, so the sum is 0 unless there is something to look for.
  let sum = 0;
  for (let i = 0; i < block.length; i++) {
    const value = block[i] as number;
    sum += value - value;
  }
  if (sum === 0) return;
  throw new BadInputError(`${describe(block.findIndex((value) => !Number.isFinite(value)))}; expected finite numbers`);
}
