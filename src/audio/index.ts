export { type AudioSource, type AudioStream, withAudioStream } from './audio-stream.ts';
export { type Audio, decodeAudio } from './decode.ts';
export { toMono } from './mono.ts';
export { type ReadAudioOptions, readAudio, readClip } from './read-audio.ts';
export { createResampler, type Resampler, resample } from './resample.ts';
