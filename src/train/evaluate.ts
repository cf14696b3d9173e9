import type { Split } from '../datasets/types.ts';
import { BadInputError } from '../errors.ts';
import { resolvePipeline } from '../pipeline/load.ts';
import { evaluateModel, type ScoredSplit } from './evaluate-model.ts';
import { loadModel } from './load-model.ts';
import { writePredictions } from './predictions.ts';
import type { EvaluationResult } from './results.ts';
import { closeSources, headsOf, openSources } from './sources.ts';

export interface EvaluateRunOptions {
  /** Default `test`. */
  readonly split?: Split;
  /** Another data set (`folder:PATH`, `manifest:FILE`, a name) for every task; its labels must be among the model's classes. */
  readonly data?: string;
  readonly weights?: 'best' | 'last';
  readonly cacheDirectory?: string;
  readonly signal?: AbortSignal;
  readonly onProgress?: (phase: 'data' | 'features' | 'test', done: number, total: number) => void;
}

/**
 * Scores a run's model on a split of its own data, or of other data. Of its own data, and the weights that the run was scored with, the
 * predictions are left in the run folder.
 * A backend must be set.
 * @throws BadInputError where the run or the data cannot be read, or the split has no labelled clip.
 */
export async function evaluate(directory: string, options: EvaluateRunOptions = {}): Promise<EvaluationResult> {
  const { split = 'test', data, onProgress } = options;
  const loaded = await loadModel(directory, options.weights ? { weights: options.weights } : {});
  const { pipeline } = loaded.run;
  const scored: ScoredSplit[] = [];
  try {
    const chosen = data
      ? resolvePipeline({ ...pipeline, tasks: pipeline.tasks.map((task) => ({ ...task, dataset: data })) }, data)
      : pipeline;
    const sources = await openSources(chosen, {
      ...options,
      classes: Object.fromEntries(Object.entries(loaded.labels).map(([task, { classes }]) => [task, classes])),
      onProgress: (phase, _, done, total) => onProgress?.(phase, done, total),
    });
    try {
      scored.push(
        await evaluateModel(loaded.model, sources, {
          split,
          batch: pipeline.evaluation.batch,
          ...(options.signal ? { signal: options.signal } : {}),
          onProgress: (done, total) => onProgress?.('test', done, total),
        }),
      );
      const [{ result, predictions }] = scored as [ScoredSplit];
      if (result.tasks.every(({ clips }) => clips === 0)) {
        throw new BadInputError(`${data ?? directory}: expected labelled ${split} clips, found none`);
      }
      const asScored = options.weights === undefined || options.weights === loaded.run.result?.weights;
      if (data === undefined && asScored) writePredictions(directory, split, headsOf(sources, chosen), predictions);
      return result;
    } finally {
      closeSources(sources);
    }
  } finally {
    loaded.model.dispose();
  }
}
