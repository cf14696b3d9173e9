declare module 'wav-decoder' {
  interface AudioData {
    sampleRate: number;
    numberOfChannels: number;
    length: number;
    channelData: Float32Array[];
  }
  export const decode: { sync(buffer: ArrayBuffer, options?: { symmetric?: boolean }): AudioData };
}
