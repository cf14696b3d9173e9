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
 */
export function sampleFingerprint(sampleRate: number): SampleFingerprint {
  const hashes: Hash[] = [];
  let scale: number | undefined;
  let integers = new Int16Array(0);
  return {
    push(channels) {
      scale ??= integerScale(channels);
      for (const [index, samples] of channels.entries()) {
        if (integers.length < samples.length) integers = new Int16Array(samples.length);
        for (let i = 0; i < samples.length; i++) {
          integers[i] = Math.max(-32768, Math.min(32767, Math.round((samples[i] as number) * scale)));
        }
        hashes[index] ??= createHash('sha256').update(`${sampleRate}\n`);
        hashes[index].update(new Uint8Array(integers.buffer, 0, 2 * samples.length));
      }
    },
    digest() {
      const [first = '', ...others] = hashes.map((hash) => hash.digest('base64url'));
      return [first, ...others.filter((one) => one !== first)].join('');
    },
  };
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
