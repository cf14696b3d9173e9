import { BadInputError } from '../errors.ts';

/**
 * Mean of the channels (librosa's `to_mono`).
 * @param channels at least one, of equal length.
 */
export function toMono(channels: readonly Float32Array[]): Float32Array {
  const [first, ...others] = channels;
  if (first === undefined) throw new BadInputError('toMono: expected at least one channel, found none');
  if (others.length === 0) return first;
  const samples = Float32Array.from(first);
  for (const channel of others) {
    if (channel.length !== first.length) {
      throw new BadInputError(`toMono: expected channels of ${first.length} samples, found one of ${channel.length}`);
    }
    for (let i = 0; i < samples.length; i++) samples[i] = (samples[i] ?? 0) + (channel[i] ?? 0);
  }
  for (let i = 0; i < samples.length; i++) samples[i] = (samples[i] ?? 0) / channels.length;
  return samples;
}
