import { closeSync, fstatSync, openSync, readFileSync, readSync } from 'node:fs';
import { BadInputError, messageOf } from '../errors.ts';
import { containerOf } from './container.ts';
import { type Audio, decodeAudio } from './decode.ts';
import { type ByteReader, isRiff, type WavLayout, walkRiff } from './riff.ts';
import { decodeFrames } from './wav-samples.ts';

/** Segment in seconds, 0 ≤ start < end; by default the whole file. The end may lie behind the file's. */
export interface Segment {
  readonly start?: number;
  readonly end?: number;
}

/** A file, or the bytes of one; `path` is what it is called in messages. */
export interface AudioSource extends Segment {
  readonly path: string;
  readonly bytes?: Uint8Array;
}

/** A clip as its file has it, block by block. */
export interface AudioStream {
  /** `WAV`, `FLAC`, `MP3`, `Ogg Vorbis` …, by content. */
  readonly container: string;
  /** Frames per second. */
  readonly sampleRate: number;
  readonly channels: number;
  /** Frames (one sample a channel) in all. */
  readonly length: number;
  /** Share of the whole file's frames that its header promises and that are not there: 0 unless it was cut short. */
  readonly missing: number;
  /** Samples are integers in the file, and so finite. */
  readonly finite: boolean;
  /** The largest sample that the file's coding can hold, at most that of 16 bits: 127/128 of 8-bit files, 32767/32768 of others. */
  readonly fullScale: number;
  /** One array a channel, nominally within ±1. To be read once. */
  readonly blocks: Iterable<readonly Float32Array[]>;
}

/** Bytes decoded at once: an hour of stereo never lies in memory as a whole before it is mono at the target rate. */
const blockBytes = 1 << 20;
/** Read with the first system call: a whole short clip, or the head of a long file. */
const headBytes = 1 << 16;

/**
 * Opens a clip and gives its stream to `use`, which must have read it when it resolves. WAV files are read in blocks, and only the segment
 * asked for; other containers are decoded as a whole.
 * @throws BadInputError naming the file where it is missing, is not audio, or its segment is none.
 */
export async function withAudioStream<Result>(
  source: AudioSource,
  use: (stream: AudioStream) => Result | Promise<Result>,
): Promise<Result> {
  const { path: file, bytes, start = 0, end = Number.POSITIVE_INFINITY } = source;
  if (!(start >= 0 && end > start)) {
    throw new BadInputError(`${file}: expected a segment with 0 ≤ start < end, found ${start} s to ${end} s`);
  }
  if (bytes !== undefined) {
    const reader = { size: bytes.length, bytes: (from: number, length: number) => bytes.subarray(from, from + length) };
    return use(await streamOf(reader, () => bytes, { file, start, end }));
  }
  let descriptor: number;
  try {
    descriptor = openSync(file, 'r');
  } catch (error) {
    throw new BadInputError(`${file}: cannot be opened (${messageOf(error)}); expected an audio file`, {
      cause: error,
    });
  }
  try {
    const reader = fileReader(descriptor, file);
    return await use(await streamOf(reader, () => readFileSync(descriptor), { file, start, end, descriptor }));
  } finally {
    closeSync(descriptor);
  }
}

interface SizedReader {
  readonly size: number;
  readonly bytes: ByteReader;
}

interface NamedSegment {
  readonly file: string;
  readonly start: number;
  readonly end: number;
  /** Where it is a file that is open. */
  readonly descriptor?: number;
}

function streamOf(reader: SizedReader, all: () => Uint8Array, about: NamedSegment): AudioStream | Promise<AudioStream> {
  return isRiff(reader.bytes(0, 4))
    ? wavStream(reader.bytes, walkRiff(reader.bytes, reader.size, about.file), about)
    : containerStream(all, about);
}

function fileReader(descriptor: number, file: string): SizedReader {
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
function wavStream(read: ByteReader, layout: WavLayout, { start, end }: NamedSegment): AudioStream {
  const { sampleRate, dataOffset, channels } = layout;
  const [first, last] = framesOf(layout.frames, sampleRate, start, end);
  const frameBytes = layout.sampleBytes * channels;
  const blockFrames = Math.max(1, Math.floor(blockBytes / frameBytes));
  function* blocks() {
    for (let frame = first; frame < last; frame += blockFrames) {
      const bytes = read(dataOffset + frame * frameBytes, Math.min(blockFrames, last - frame) * frameBytes);
      yield decodeFrames(bytes, layout);
    }
  }
  const finite = layout.coding === 'integer';
  const fullScale = largestSample(finite ? layout.sampleBytes : 2);
  const promised = layout.frames + (layout.missingFrames ?? 0);
  const missing = promised > 0 ? (layout.missingFrames ?? 0) / promised : 0;
  return { container: 'WAV', sampleRate, channels, length: last - first, missing, finite, fullScale, blocks: blocks() };
}

/** The file in another container that was decoded last: segments of one follow each other. Weak, so that it costs no memory for long. */
let lastDecoded: { file: string; decoded: WeakRef<DecodedContainer> } | undefined;

interface DecodedContainer extends Audio {
  readonly container: string;
}

async function decodeContainer(all: () => Uint8Array, { file, descriptor }: NamedSegment): Promise<DecodedContainer> {
  const stamp = descriptor === undefined ? undefined : `${file} ${stampOf(descriptor)}`;
  const known = stamp === lastDecoded?.file ? lastDecoded?.decoded.deref() : undefined;
  if (known !== undefined) return known;
  const bytes = all();
  const decoded = { ...(await decodeAudio(bytes, file)), container: containerOf(bytes) };
  lastDecoded = stamp === undefined ? undefined : { file: stamp, decoded: new WeakRef(decoded) };
  return decoded;
}

/** What changes when an open file does. */
function stampOf(descriptor: number): string {
  const { dev, ino, size, mtimeNs, ctimeNs } = fstatSync(descriptor, { bigint: true });
  return [dev, ino, size, mtimeNs, ctimeNs].join();
}

/** The segment of a file in another container. */
async function containerStream(all: () => Uint8Array, segment: NamedSegment): Promise<AudioStream> {
  const { start, end } = segment;
  const { channels, sampleRate, container } = await decodeContainer(all, segment);
  const [first, last] = framesOf(channels[0]?.length ?? 0, sampleRate, start, end);
  return {
    container,
    sampleRate,
    channels: channels.length,
    length: last - first,
    missing: 0,
    finite: false,
    fullScale: largestSample(2),
    blocks: [channels.map((channel) => channel.slice(first, last))], // a copy: callers may write to what they get
  };
}

function largestSample(sampleBytes: number): number {
  return 1 - 2 ** (1 - 8 * Math.min(2, sampleBytes));
}

/** First frame and the one behind the last of a segment in seconds. */
function framesOf(frames: number, rate: number, start: number, end: number): [number, number] {
  const last = Math.min(frames, Math.round(end * rate));
  return [Math.min(last, Math.round(start * rate)), last];
}
