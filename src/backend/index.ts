export { type BackendDescription, type BackendName, backendNames, type Instructions } from './description.ts';
export { simdLogMelTransform } from './log-mel/index.ts';
export { setBackend } from './set-backend.ts';
export { describeSimd, type SimdDescription } from './simd/index.ts';
