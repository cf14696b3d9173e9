export { type Audio, decodeAudio } from './decode.ts';
export { toMono } from './mono.ts';
export { type ReadAudioOptions, readAudio } from './read-audio.ts';
export { createResampler, type Resampler, resample } from './resample.ts';
