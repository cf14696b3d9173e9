declare module '@alexanderolsen/libsamplerate-js' {
  interface SampleRateConverter {
    /** Takes the next block of a stream and returns what can be said of the output so far; the array is reused by the next call. */
    full(block: Float32Array): Float32Array;
    destroy(): void;
  }
  export const ConverterType: Readonly<
    Record<'SRC_SINC_BEST_QUALITY' | 'SRC_SINC_MEDIUM_QUALITY' | 'SRC_SINC_FASTEST', number>
  >;
  export function create(
    channels: number,
    inputSampleRate: number,
    outputSampleRate: number,
    options: { converterType: number },
  ): Promise<SampleRateConverter>;
}
