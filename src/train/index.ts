export { type EvaluateRunOptions, evaluate } from './evaluate.ts';
export { type LoadedModel, loadModel } from './load-model.ts';
export { type FilePrediction, predictFile, type TaskPrediction } from './predict.ts';
export type { EvaluationResult, MetricsLine, RunResult, TaskScore } from './results.ts';
export { type Run, readRun } from './run-folder.ts';
export { type Phase, type TrainOptions, train } from './trainer.ts';
