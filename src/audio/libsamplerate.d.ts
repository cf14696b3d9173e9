declare module '@alexanderolsen/libsamplerate-js' {
  export interface SampleRateConverter {
    /** Takes the next block of a stream (at most 1,008,000 samples in and out) and returns the output that it completes, a new array. */
    full(block: Float32Array): Float32Array;
    /** Setting a rate, even to the same value, forgets the stream so far. */
    inputSampleRate: number;
    destroy(): void;
  }
  interface SampleRateLibrary {
    readonly ConverterType: Readonly<
      Record<'SRC_SINC_BEST_QUALITY' | 'SRC_SINC_MEDIUM_QUALITY' | 'SRC_SINC_FASTEST', number>
    >;
    /** Rates are numbers from 1 to 192,000; rejects with a text. */
    create(
      channels: number,
      inputSampleRate: number,
      outputSampleRate: number,
      options: { converterType: number },
    ): Promise<SampleRateConverter>;
  }
  /** `module.exports` of a CommonJS bundle. */
  const library: SampleRateLibrary;
  export default library;
}
