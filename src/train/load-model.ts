import { planWindows, type WindowPlan } from '../datasets/windows.ts';
import { frameCount, type ResolvedLogMelOptions, resolveFeatures } from '../features/index.ts';
import { type AudioCnn, audioCnn } from '../models/index.ts';
import { featureOptions } from '../pipeline/feature-options.ts';
import { loadWeights } from './checkpoint.ts';
import { type Labels, type Run, readRun } from './run-folder.ts';

/** A trained model with what it needs to read a recording. */
export interface LoadedModel {
  readonly run: Run;
  readonly model: AudioCnn;
  readonly features: ResolvedLogMelOptions;
  readonly windows: WindowPlan;
  /** Task → label column and classes. */
  readonly labels: Labels;
}

/**
 * The model of a run folder with its best or last weights (default: those that the run was scored with). A backend must be set.
 * @throws BadInputError where the folder is no run, half written, or its checkpoint of another architecture.
 */
export async function loadModel(
  run: string | Run,
  { weights }: { weights?: 'best' | 'last' } = {},
): Promise<LoadedModel> {
  const read = typeof run === 'string' ? await readRun(run) : run;
  const features = resolveFeatures(featureOptions(read.pipeline.features));
  const windows = planWindows(read.pipeline.train.window, features, (samples) => frameCount(samples, features));
  const model = audioCnn({
    ...read.pipeline.model,
    frames: windows.frames,
    bins: features.bins,
    heads: Object.fromEntries(Object.entries(read.labels).map(([task, { classes }]) => [task, classes.length])),
    seed: read.pipeline.seed,
  });
  try {
    loadWeights(read.directory, weights ?? read.result?.weights ?? 'last', model);
  } catch (error) {
    model.dispose();
    throw error;
  }
  return { run: read, model, features, windows, labels: read.labels };
}
