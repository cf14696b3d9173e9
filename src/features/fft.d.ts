declare module 'fft.js' {
  /** Complex FFT of a power-of-two length over interleaved [re, im] arrays. */
  export default class FFT {
    constructor(size: number);
    createComplexArray(): number[];
    transform(output: number[], input: readonly number[]): void;
  }
}
