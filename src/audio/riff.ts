import { BadInputError } from '../errors.ts';

/** Reads `length` bytes from `offset` on; fewer where the file ends. */
export type ByteReader = (offset: number, length: number) => Uint8Array;

/** Where a WAV file's samples are and how they are coded. */
export interface WavLayout {
  readonly coding: 'integer' | 'float';
  /** Bytes of one sample in its container: 1 … 4 for integers, 4 or 8 for floats. */
  readonly sampleBytes: number;
  readonly channels: number;
  readonly sampleRate: number;
  /** First byte of the samples. */
  readonly dataOffset: number;
  /** Whole frames (one sample a channel) that are really there. */
  readonly frames: number;
  /** Frames that the header promises beyond them: the file was cut short. Absent where there are none. */
  readonly missingFrames?: number;
}

const unsupportedCodings: Readonly<Record<number, string>> = {
  2: 'Microsoft ADPCM',
  6: 'A-law',
  7: 'mu-law',
  17: 'IMA ADPCM',
  49: 'GSM 6.10',
  80: 'MPEG audio',
  85: 'MP3',
};
const integerTag = 0x0001;
const floatTag = 0x0003;
const extensibleTag = 0xfffe;
/** The last 14 bytes of the sub-formats that are format tags (Microsoft's KSDATAFORMAT_SUBTYPE_*). */
const subformatTail = '000000001000800000aa00389b71';
const unknownSize = 0xffffffff;
/** Writers that cannot go back to the header leave a size in it that is larger than any clip (SoX: 0x7ffff000). */
const placeholderSize = 0x7ffff000;
/** Chunks looked at before a file is given up: writers put a handful before the samples. */
const mostChunks = 4096;

interface Chunk {
  readonly id: string;
  readonly offset: number;
  readonly size: number;
}

/** Whether these bytes begin a file of the RIFF family. */
export function isRiff(head: Uint8Array): boolean {
  return ['RIFF', 'RIFX', 'RF64', 'BW64'].includes(ascii(head, 0));
}

/**
 * Walks the chunks of a WAV file (RIFF, RF64 and BW64; EBU Tech 3306, Microsoft's WAVEFORMATEXTENSIBLE). Sizes that a stream's writer
 * never patched, or that promise more than the file holds, are cut to what is there; odd chunks may lack their pad byte.
 * @param name the file's name, for messages.
 * @throws BadInputError saying what is wrong with the file.
 */
export function walkRiff(read: ByteReader, fileSize: number, name: string): WavLayout {
  const refuse = (problem: string): BadInputError => new BadInputError(`${name}: ${problem}`);
  const head = read(0, 12);
  const form = ascii(head, 0);
  if (form === 'RIFX') throw refuse('a big-endian WAV file (RIFX); expected little-endian (RIFF)');
  if (!isRiff(head)) throw refuse('not a WAV file: it does not begin with RIFF, RF64 or BW64');
  if (head.length < 12 || ascii(head, 8) !== 'WAVE') throw refuse('a RIFF file, but not WAVE audio');

  const found = new Map<string, Chunk>();
  let offset = 12;
  for (let chunks = 0; offset + 8 <= fileSize && !(found.has('fmt ') && found.has('data')); chunks++) {
    if (chunks === mostChunks) throw refuse(`no samples behind ${mostChunks} chunks; expected a fmt and a data chunk`);
    const header = read(offset, 8);
    if (header.length < 8) break;
    const chunk = { id: ascii(header, 0), offset: offset + 8, size: view(header).getUint32(4, true) };
    if (['fmt ', 'data', 'ds64'].includes(chunk.id) && !found.has(chunk.id)) found.set(chunk.id, chunk);
    offset = chunk.offset + chunk.size + paddingBehind(read, chunk);
  }
  const format = found.get('fmt ');
  const data = found.get('data');
  if (format === undefined) throw refuse('no fmt chunk: the file says nothing of its sample rate and channels');
  if (data === undefined) throw refuse('no data chunk: the file holds no samples');

  const { coding, sampleBytes, channels, sampleRate } = readFormat(
    read(format.offset, Math.min(format.size, 40)),
    refuse,
  );
  const rest = Math.max(0, fileSize - data.offset);
  const neverPatched = data.size === 0 && view(head).getUint32(4, true) === 0;
  const declared = neverPatched
    ? rest
    : data.size === unknownSize
      ? (longDataSize(read, found.get('ds64')) ?? rest)
      : data.size;
  const frameBytes = sampleBytes * channels;
  const frames = Math.floor(Math.min(declared, rest) / frameBytes);
  const missing = data.size < placeholderSize ? Math.floor(declared / frameBytes) - frames : 0;
  return {
    coding,
    sampleBytes,
    channels,
    sampleRate,
    dataOffset: data.offset,
    frames,
    ...(missing > 0 ? { missingFrames: missing } : {}),
  };
}

/** Bytes between a chunk and the next: 1 behind an odd one, unless its writer left it out and the next chunk's name follows at once. */
function paddingBehind(read: ByteReader, chunk: Chunk): number {
  if (chunk.size % 2 === 0) return 0;
  const behind = read(chunk.offset + chunk.size, 5);
  const looksLikeId = (at: number) => /^[\x20-\x7e]{4}$/.test(ascii(behind, at));
  return looksLikeId(0) && !looksLikeId(1) ? 0 : 1;
}

function readFormat(bytes: Uint8Array, refuse: (problem: string) => BadInputError) {
  if (bytes.length < 16) throw refuse(`a fmt chunk of ${bytes.length} bytes; expected at least 16`);
  const fields = view(bytes);
  const outerTag = fields.getUint16(0, true);
  const channels = fields.getUint16(2, true);
  const sampleRate = fields.getUint32(4, true);
  const blockAlign = fields.getUint16(12, true);
  const bits = fields.getUint16(14, true);
  const tag = outerTag === extensibleTag ? subformatTag(bytes, refuse) : outerTag;

  if (tag !== integerTag && tag !== floatTag) {
    const coding = unsupportedCodings[tag] ?? 'unknown';
    throw refuse(`samples coded as ${coding} (format 0x${tag.toString(16).padStart(4, '0')}); expected PCM or float`);
  }
  if (channels === 0) throw refuse('0 channels; expected at least 1');
  if (sampleRate === 0) throw refuse('a sample rate of 0; expected a positive one');
  const coding: WavLayout['coding'] = tag === floatTag ? 'float' : 'integer';
  const sampleBytes = Math.ceil(bits / 8);
  const known = coding === 'float' ? [32, 64].includes(bits) : sampleBytes >= 1 && sampleBytes <= 4;
  if (!known)
    throw refuse(`${bits}-bit ${coding} samples; expected ${coding === 'float' ? '32 or 64' : '1 to 32'} bits`);
  if (blockAlign !== sampleBytes * channels) {
    throw refuse(
      `a block align of ${blockAlign} bytes; expected ${sampleBytes * channels} for ${channels} × ${bits} bits`,
    );
  }
  return { coding, sampleBytes, channels, sampleRate };
}

function subformatTag(bytes: Uint8Array, refuse: (problem: string) => BadInputError): number {
  if (bytes.length < 40) throw refuse(`an extensible fmt chunk of ${bytes.length} bytes; expected 40`);
  if (Buffer.from(bytes.subarray(26, 40)).toString('hex') !== subformatTail) {
    throw refuse(`an unknown sub-format ${Buffer.from(bytes.subarray(24, 40)).toString('hex')}; expected PCM or float`);
  }
  return view(bytes).getUint16(24, true);
}

/** The 64-bit size of the data chunk, from RF64's ds64 chunk. */
function longDataSize(read: ByteReader, chunk: Chunk | undefined): number | undefined {
  if (chunk === undefined || chunk.size < 16) return undefined;
  const bytes = read(chunk.offset, 16);
  return bytes.length < 16 ? undefined : Number(view(bytes).getBigUint64(8, true));
}

function view(bytes: Uint8Array): DataView {
  return new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
}

/** Four bytes as text; shorter where the bytes end. */
function ascii(bytes: Uint8Array, offset: number): string {
  return String.fromCharCode(...bytes.subarray(offset, offset + 4));
}
