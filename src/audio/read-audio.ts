import { closeSync, fstatSync, openSync, readFileSync, readSync } from 'node:fs';
import { BadInputError, messageOf } from '../errors.ts';
import { decodeAudio } from './decode.ts';
import { toMono } from './mono.ts';
import { createResampler } from './resample.ts';
import { type ByteReader, isRiff, type WavLayout, walkRiff } from './riff.ts';
import { decodeFrames } from './wav-samples.ts';

export interface ReadAudioOptions {
  /** Samples per second of the result (default 16,000). */
  readonly sampleRate?: number;
  /** Segment in seconds; by default the whole file. The end may lie behind the file's. */
  readonly start?: number;
  readonly end?: number;
}

/** Frames decoded at once: an hour of stereo never lies in memory as a whole before it is mono at the target rate. */
const blockFrames = 1 << 18;

/**
 * A file's samples: decoded, down-mixed to mono and resampled. WAV files are read in blocks, and only the segment asked for.
 * @throws BadInputError naming the file where it is missing, is not audio, holds no samples in the segment, or a sample that is no number.
 */
export async function readAudio(file: string, options: ReadAudioOptions = {}): Promise<Float32Array> {
  const { sampleRate = 16000 } = options;
  const samples = await readSamples(file, sampleRate, options);
  if (samples.length === 0) {
    const { start = 0, end } = options;
    const segment =
      start > 0 || end !== undefined
        ? ` between ${start} s and ${end ?? 'the end'}${end === undefined ? '' : ' s'}`
        : '';
    throw new BadInputError(`${file}: 0 samples${segment}; expected at least one`);
  }
  const bad = samples.findIndex((value) => !Number.isFinite(value));
  if (bad >= 0) {
    const seconds = (bad / sampleRate).toFixed(3);
    throw new BadInputError(`${file}: a sample that is ${samples[bad]} at ${seconds} s; expected finite numbers`);
  }
  return samples;
}

async function readSamples(file: string, sampleRate: number, options: ReadAudioOptions): Promise<Float32Array> {
  let descriptor: number;
  try {
    descriptor = openSync(file, 'r');
  } catch (error) {
    throw new BadInputError(`${file}: cannot be opened (${messageOf(error)}); expected an audio file`);
  }
  try {
    const stats = fstatSync(descriptor);
    if (!stats.isFile()) throw new BadInputError(`${file}: not a file; expected an audio file`);
    const read: ByteReader = (offset, length) => {
      const bytes = new Uint8Array(Math.max(0, Math.min(length, stats.size - offset)));
      return bytes.subarray(0, readSync(descriptor, bytes, 0, bytes.length, offset));
    };
    if (isRiff(read(0, 4))) return await readWav(read, walkRiff(read, stats.size, file), sampleRate, options);
  } finally {
    closeSync(descriptor);
  }
  const { channels, sampleRate: rate } = await decodeAudio(readFileSync(file), file);
  const mono = toMono(channels);
  const [first, last] = segment(mono.length, rate, options);
  return convert([mono.subarray(first, last)], last - first, rate, sampleRate);
}

function readWav(read: ByteReader, layout: WavLayout, sampleRate: number, options: ReadAudioOptions) {
  const [first, last] = segment(layout.frames, layout.sampleRate, options);
  const frameBytes = layout.sampleBytes * layout.channels;
  function* blocks() {
    for (let frame = first; frame < last; frame += blockFrames) {
      const count = Math.min(blockFrames, last - frame);
      yield toMono(decodeFrames(read(layout.dataOffset + frame * frameBytes, count * frameBytes), layout));
    }
  }
  return convert(blocks(), last - first, layout.sampleRate, sampleRate);
}

/** First frame and the one behind the last of the segment asked for. */
function segment(frames: number, rate: number, { start = 0, end }: ReadAudioOptions): [number, number] {
  const last = end === undefined ? frames : Math.min(frames, Math.round(end * rate));
  return [Math.min(last, Math.max(0, Math.round(start * rate))), Math.max(0, last)];
}

/** Blocks of `frames` frames in all at the rate `from`, as one clip at the rate `to`. */
async function convert(
  blocks: Iterable<Float32Array>,
  frames: number,
  from: number,
  to: number,
): Promise<Float32Array> {
  const output = new Float32Array(Math.ceil((frames * to) / from));
  let filled = 0;
  const append = (block: Float32Array) => {
    const fitting = block.subarray(0, output.length - filled);
    output.set(fitting, filled);
    filled += fitting.length;
  };
  if (from === to) {
    for (const block of blocks) append(block);
    return output.subarray(0, filled);
  }
  const resampler = await createResampler(from, to);
  try {
    for (const block of blocks) append(resampler.push(block));
    append(resampler.flush());
  } finally {
    resampler.close();
  }
  return output.subarray(0, filled);
}
