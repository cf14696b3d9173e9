import { BadInputError, messageOf } from '../errors.ts';
import { isRiff, walkRiff } from './riff.ts';
import { decodeFrames } from './wav-samples.ts';

/** Decoded audio: one Float32Array a channel, nominally within ±1, at `sampleRate` samples per second. */
export interface Audio {
  readonly channels: Float32Array[];
  readonly sampleRate: number;
}

/**
 * Decodes WAV (integer and float PCM, extensible, RF64), FLAC, MP3 and Ogg by content, not by name.
 * @param name what to call the data in messages.
 * @throws BadInputError saying what is wrong with the data.
 */
export async function decodeAudio(bytes: Uint8Array, name = 'audio'): Promise<Audio> {
  if (bytes.length === 0) throw new BadInputError(`${name}: an empty file; expected audio`);
  if (isRiff(bytes)) {
    const layout = walkRiff((offset, length) => bytes.subarray(offset, offset + length), bytes.length, name);
    const size = layout.frames * layout.channels * layout.sampleBytes;
    return {
      channels: decodeFrames(bytes.subarray(layout.dataOffset, layout.dataOffset + size), layout),
      sampleRate: layout.sampleRate,
    };
  }
  const { default: decode } = await import('audio-decode');
  const decoded = await decode(bytes).catch((error: unknown) => {
    throw new BadInputError(
      `${name}: not audio that can be read (${messageOf(error)}); expected WAV, FLAC, MP3 or Ogg`,
    );
  });
  const { channelData, sampleRate } = decoded;
  if (channelData.length === 0 || !(sampleRate > 0)) {
    throw new BadInputError(`${name}: no audio found in the file; expected WAV, FLAC, MP3 or Ogg`);
  }
  return { channels: channelData, sampleRate };
}
