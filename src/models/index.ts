export {
  AudioCnn,
  audioCnn,
  type BatchStatistics,
  type ForwardResult,
  type Parameter,
  type ParameterKind,
} from './audio-cnn.ts';
export { type AudioCnnOptions, type ResolvedAudioCnn, resolveAudioCnn } from './audio-cnn-options.ts';
export {
  type AxisDescription,
  type BlockDescription,
  describeAudioCnn,
  type ModelDescription,
} from './description.ts';
export { FrozenAudioCnn, freezeAudioCnn, readFrozenAudioCnn } from './frozen-audio-cnn.ts';
export { initialStrides, projectedStrides, type StrideValues } from './learned-strides.ts';
