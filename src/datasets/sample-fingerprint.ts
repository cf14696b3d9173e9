import { createHash, type Hash } from 'node:crypto';

/** A name for a clip's samples, taken from blocks: one array a channel. */
export interface SampleFingerprint {
  push(channels: readonly Float32Array[]): void;
  /** 43 characters a channel; channels that are equal to the first count once. */
  digest(): string;
}

/**
 * Equal for clips of one rate whose samples are equal to 16 bits on every channel: SHA-256 of the samples as integers, whichever way
 * their decoders scale them.
 * @param divisor what the integers were divided by; found from the first block where it is not known.
 */
export function sampleFingerprint(sampleRate: number, divisor?: 32767 | 32768): SampleFingerprint {
  const hashes: Hash[] = [];
  let scale = divisor;
  return {
    push(channels) {
      scale ??= integerScale(channels);
      for (const [index, samples] of channels.entries()) {
        hashes[index] ??= createHash('sha256').update(`${sampleRate}\n`);
        hashes[index].update(toIntegers(samples, scale));
      }
    },
    digest() {
      const [first = '', ...others] = hashes.map((hash) => hash.digest('base64url'));
      return [first, ...others.filter((one) => one !== first)].join('');
    },
  };
}

/** Reused by every clip of this thread: a block is hashed before the next one is rounded. */
let integers = new Int16Array(1 << 16);

/** The bytes of samples as 16-bit integers, valid until the next call. */
function toIntegers(samples: Float32Array, scale: number): Uint8Array {
  if (integers.length < samples.length) integers = new Int16Array(samples.length);
  for (let i = 0; i < samples.length; i++) {
    const value = (samples[i] as number) * scale;
    integers[i] = value >= 32767 ? 32767 : value <= -32768 ? -32768 : Math.floor(value + 0.5);
  }
  return new Uint8Array(integers.buffer, 0, 2 * samples.length);
}

/** How far from an integer a float32 that was one divided by 32767 may be when it is multiplied again. */
const tolerance = 0.01;

/**
 * What a decoder divided 16-bit integers by: 32768, as ours of WAV does, which float32 holds exactly, or 32767, as that of FLAC does. The first
 * sample that is no multiple of 1 / 32768 tells. Where all are, the integers are those, or so small that both give the same.
 */
function integerScale(channels: readonly Float32Array[]): 32767 | 32768 {
  for (const samples of channels) {
    for (let i = 0; i < samples.length; i++) {
      const value = samples[i] as number;
      if (Number.isInteger(value * 32768)) continue;
      const integer = value * 32767;
      return Math.abs(integer - Math.round(integer)) <= tolerance ? 32767 : 32768;
    }
  }
  return 32768;
}
