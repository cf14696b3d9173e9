/**
 * Spectride: audio classification with learned strides. Importing this module loads tfjs and registers the `simd` backend; call
 * `setBackend()` before computing.
 */
export { type Audio, decodeAudio, readAudio, resample, toMono } from './audio/index.ts';
export { type BackendDescription, type BackendName, setBackend } from './backend/index.ts';
export { simdLogMelTransform } from './backend/log-mel/index.ts';
export { openDataset } from './datasets/catalogue.ts';
export type { ClassExample, DatasetExamination, Finding, FindingItem } from './datasets/dataset-examination.ts';
export { type ExamineDatasetOptions, examineDataset } from './datasets/examine-dataset.ts';
export type { Dataset } from './datasets/types.ts';
export { BadInputError, InterruptedError } from './errors.ts';
export {
  type FeaturePreset,
  featurePresets,
  type LogMel,
  type LogMelOptions,
  type LogMelTransform,
  logMel,
  type MelFilterbank,
  melFilterbank,
} from './features/index.ts';
export {
  AudioCnn,
  type AudioCnnOptions,
  type AxisDescription,
  audioCnn,
  type ModelDescription,
} from './models/index.ts';
export {
  DiffStride,
  type DiffStrideOptions,
  diffStride,
  SpectralPooling,
  type SpectralPoolingOptions,
  spectralPooling,
} from './nn/index.ts';
export { definePipeline, loadPipeline, type Pipeline, type PipelineInput } from './pipeline/index.ts';
export { cutoff } from './report/cutoff.ts';
export {
  type EvaluationResult,
  evaluate,
  type FilePrediction,
  type LoadedModel,
  loadModel,
  type MetricsLine,
  predictFile,
  type RunResult,
  readRun,
  type TrainOptions,
  train,
} from './train/index.ts';
