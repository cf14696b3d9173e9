import { decodeAudio, readAudio, resample, toMono } from '../audio/index.ts';
import { isPassingFailure, messageOf } from '../errors.ts';
import { frameCount, type LogMelTransform, logMel, type ResolvedLogMelOptions } from '../features/index.ts';
import type { ValueBytes } from './feature-shard.ts';
import { toHalf } from './half-float.ts';
import { toPcm16 } from './pcm-samples.ts';
import { paddedSamples, planWindows } from './windows.ts';

/** Everything that decides what is stored of a clip. */
export interface ExtractionSettings {
  readonly features: ResolvedLogMelOptions;
  /** Length of a window in seconds: short clips and remainders are filled up to it with zero samples, but where samples are kept. */
  readonly window: number;
  /** Keep the samples instead of features. */
  readonly waveform: boolean;
  readonly valueBytes: ValueBytes;
}

/** Where a clip's samples are: a file, or the bytes of one. */
export interface ClipSource {
  readonly path: string;
  readonly bytes?: Uint8Array;
  readonly start?: number;
  readonly end?: number;
}

/** What is stored of a clip: its values as bytes, or the reason why there are none. */
export type ExtractedClip =
  | { readonly frames: number; readonly trainingFrames: number; readonly samples: number; readonly data: Uint8Array }
  | { readonly reason: string };

/**
 * Decodes a clip and computes what is stored of it. A clip that cannot be read, is empty, or holds values that are not numbers
 * gives its reason; anything that is not the clip's fault is thrown.
 */
export async function extractClip(
  source: ClipSource,
  settings: ExtractionSettings,
  transform?: LogMelTransform,
): Promise<ExtractedClip> {
  let samples: Float32Array;
  try {
    samples = await readSamples(source, settings.features.sampleRate);
  } catch (error) {
    if (isPassingFailure(error)) throw error;
    return { reason: messageOf(error) };
  }
  if (samples.length === 0) return { reason: `${source.path}: expected samples, found none` };
  if (!allFinite(samples)) return { reason: `${source.path}: expected numbers as samples, found NaN or infinity` };
  if (settings.waveform) {
    return {
      frames: samples.length,
      trainingFrames: samples.length,
      samples: samples.length,
      data: bytesOf(settings.valueBytes === 2 ? toPcm16(samples) : samples),
    };
  }
  const { features } = settings;
  const plan = planWindows(settings.window, features, (count) => frameCount(count, features));
  const padded = withZeros(samples, paddedSamples(samples.length, plan));
  const { frames, values } = logMel(padded, features, transform);
  return {
    frames,
    trainingFrames: Math.max(plan.frames, frameCount(samples.length, features)),
    samples: samples.length,
    data: bytesOf(settings.valueBytes === 2 ? toHalf(values) : values),
  };
}

/** Samples of a clip at `sampleRate`, mono. Throws BadInputError with the reason where there are none to be had. */
async function readSamples(source: ClipSource, sampleRate: number): Promise<Float32Array> {
  const { path, bytes, start, end } = source;
  if (bytes === undefined) return readAudio(path, { sampleRate, start, end });
  const decoded = await decodeAudio(bytes, path);
  const samples = await resample(toMono(decoded.channels), decoded.sampleRate, sampleRate);
  if (start === undefined && end === undefined) return samples;
  return samples.slice(
    Math.round((start ?? 0) * sampleRate),
    end === undefined ? undefined : Math.round(end * sampleRate),
  );
}

function allFinite(samples: Float32Array): boolean {
  // The sum is finite only if every term is: one addition a sample, and no branch.
  let sum = 0;
  for (let i = 0; i < samples.length; i++) sum += samples[i] as number;
  return Number.isFinite(sum);
}

/** `samples` with zeros behind them, `length` in all. */
export function withZeros(samples: Float32Array, length: number): Float32Array {
  if (samples.length >= length) return samples;
  const padded = new Float32Array(length);
  padded.set(samples);
  return padded;
}

/** The bytes of values as a shard holds them; every platform that Node runs on by default is little-endian. */
function bytesOf(values: Float32Array | Uint16Array | Int16Array): Uint8Array {
  return new Uint8Array(values.buffer, values.byteOffset, values.byteLength);
}
