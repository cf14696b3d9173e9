import { closeSync, fstatSync, openSync, readFileSync, readSync } from 'node:fs';
import { BadInputError, messageOf } from '../errors.ts';
import { decodeAudio } from './decode.ts';
import { toMono } from './mono.ts';
import { createResampler } from './resample.ts';
import { type ByteReader, isRiff, type WavLayout, walkRiff } from './riff.ts';
import { decodeFrames } from './wav-samples.ts';

export interface ReadAudioOptions {
  /** Samples per second of the result, a positive integer (default 16,000). */
  readonly sampleRate?: number;
  /** Segment in seconds, 0 ≤ start < end; by default the whole file. The end may lie behind the file's. */
  readonly start?: number;
  readonly end?: number;
}

/** Mono samples at one rate, block by block. */
interface MonoStream {
  readonly sampleRate: number;
  /** Samples in all. */
  readonly length: number;
  /** Integers are finite as they are: there is nothing to look for. */
  readonly finite: boolean;
  readonly blocks: Iterable<Float32Array>;
}

/** Bytes decoded at once: an hour of stereo never lies in memory as a whole before it is mono at the target rate. */
const blockBytes = 1 << 20;
/** Read with the first system call: a whole short clip, or the head of a long file. */
const headBytes = 1 << 16;
/** 4 GiB of samples, 18 hours at 16 kHz. */
const mostSamples = 2 ** 30;

/**
 * A file's samples: decoded, down-mixed to mono and resampled. WAV files are read in blocks, and only the segment asked for; other
 * containers are decoded as a whole.
 * @throws BadInputError naming the file where it is missing, is not audio, holds no samples in the segment, more than 2^30 of them, or a
 * sample that is no finite number; or naming the option that is out of its domain.
 */
export async function readAudio(file: string, options: ReadAudioOptions = {}): Promise<Float32Array> {
  const { sampleRate = 16000, start = 0, end = Number.POSITIVE_INFINITY } = options;
  if (!(Number.isSafeInteger(sampleRate) && sampleRate > 0)) {
    throw new BadInputError(`sampleRate: expected a positive integer, found ${sampleRate}`);
  }
  if (!(start >= 0 && end > start)) {
    throw new BadInputError(`${file}: expected a segment with 0 ≤ start < end, found ${start} s to ${end} s`);
  }
  let descriptor: number;
  try {
    descriptor = openSync(file, 'r');
  } catch (error) {
    throw new BadInputError(`${file}: cannot be opened (${messageOf(error)}); expected an audio file`);
  }
  try {
    const read = fileReader(descriptor, file);
    const stream = isRiff(read.bytes(0, 4))
      ? wavStream(read.bytes, walkRiff(read.bytes, read.size, file), start, end)
      : await containerStream(descriptor, file, start, end);
    return await convert(stream, sampleRate, { file, start, end });
  } finally {
    closeSync(descriptor);
  }
}

function fileReader(descriptor: number, file: string): { size: number; bytes: ByteReader } {
  const stats = fstatSync(descriptor);
  if (!stats.isFile()) throw new BadInputError(`${file}: not a file; expected an audio file`);
  const { size } = stats;
  const load: ByteReader = (offset, length) => {
    const bytes = new Uint8Array(Math.max(0, Math.min(length, size - offset)));
    let filled = 0;
    while (filled < bytes.length) {
      const count = readSync(descriptor, bytes, filled, bytes.length - filled, offset + filled);
      if (count === 0) break; // the file has become shorter
      filled += count;
    }
    return bytes.subarray(0, filled);
  };
  const head = load(0, headBytes);
  const inHead = (end: number) => end <= head.length || head.length === size;
  return {
    size,
    bytes: (offset, length) =>
      inHead(offset + length) ? head.subarray(offset, offset + length) : load(offset, length),
  };
}

/** The segment of a WAV file, decoded as it is asked for. */
function wavStream(read: ByteReader, layout: WavLayout, start: number, end: number): MonoStream {
  const { sampleRate, dataOffset } = layout;
  const [first, last] = segment(layout.frames, sampleRate, start, end);
  const frameBytes = layout.sampleBytes * layout.channels;
  const blockFrames = Math.max(1, Math.floor(blockBytes / frameBytes));
  function* blocks() {
    for (let frame = first; frame < last; frame += blockFrames) {
      const bytes = read(dataOffset + frame * frameBytes, Math.min(blockFrames, last - frame) * frameBytes);
      yield toMono(decodeFrames(bytes, layout));
    }
  }
  return { sampleRate, length: last - first, finite: layout.coding === 'integer', blocks: blocks() };
}

/** The segment of a file in another container. */
async function containerStream(descriptor: number, file: string, start: number, end: number): Promise<MonoStream> {
  const { channels, sampleRate } = await decodeAudio(readFileSync(descriptor), file);
  const mono = toMono(channels);
  const [first, last] = segment(mono.length, sampleRate, start, end);
  return { sampleRate, length: last - first, finite: false, blocks: [mono.subarray(first, last)] };
}

/** First frame and the one behind the last of a segment in seconds. */
function segment(frames: number, rate: number, start: number, end: number): [number, number] {
  const last = Math.min(frames, Math.round(end * rate));
  return [Math.min(last, Math.round(start * rate)), last];
}

/** The stream as one clip at the rate `to`; `about` is for messages. */
async function convert(
  { sampleRate: from, length, finite, blocks }: MonoStream,
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
    for (const block of blocks) {
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
