/** The integers of 16-bit PCM nearest to `samples`: −1 … 32767/32768 in steps of 1/32768; what is beyond is cut off. */
export function toPcm16(samples: Float32Array): Int16Array {
  return Int16Array.from(samples, (sample) => Math.max(-32768, Math.min(32767, Math.round(sample * 32768))));
}

/** Writes the samples of 16-bit PCM, given as the `bits` of its integers, to `target` from `offset` on. */
export function fromPcm16(bits: Uint16Array, target: Float32Array, offset = 0): void {
  const integers = new Int16Array(bits.buffer, bits.byteOffset, bits.length);
  for (let i = 0; i < integers.length; i++) target[offset + i] = (integers[i] as number) / 32768;
}
