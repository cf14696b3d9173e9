export { columnsOf, type DescriptorName, describeClip, descriptorNames, parseDescriptors } from './descriptors.ts';
export { type LogMel, logMel } from './log-mel.ts';
export {
  firstSample,
  frameCount,
  frameLength,
  hannWindow,
  type LogMelPlan,
  type LogMelTransform,
  logMelPlan,
} from './log-mel-plan.ts';
export { type MelFilterbank, type MelRow, melFilterbank, melRows } from './mel-filterbank.ts';
export { hertzToMel, melToHertz } from './mel-scale.ts';
export { encodeNpy } from './npy.ts';
export {
  type FeaturePreset,
  featurePresets,
  type LogMelOptions,
  type ResolvedLogMelOptions,
  resolveFeatures,
} from './options.ts';
