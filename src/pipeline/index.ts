export { definePipeline, type LoadOptions, loadPipeline, resolvePipeline, serializePipeline } from './load.ts';
export type { Pipeline, PipelineInput, TaskSettings, TrainSettings } from './schema.ts';
