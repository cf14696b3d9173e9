import type { Split } from '../datasets/types.ts';
import { BadInputError } from '../errors.ts';
import { resolvePipeline } from '../pipeline/load.ts';
import { evaluateModel, type ScoredSplit } from './evaluate-model.ts';
import { loadModel } from './load-model.ts';
import { writePredictions } from './predictions.ts';
import type { EvaluationResult } from './results.ts';
import { closeSources, describeData, headsOf, openSources } from './sources.ts';

export interface EvaluateRunOptions {
  /** Default `test`; of other data `all`, as nothing of it was trained on. */
  readonly split?: Split | 'all';
  /** Another data set (`folder:PATH`, `manifest:FILE`, a name) for every task; its labels must be among the model's classes. */
  readonly data?: string;
  readonly weights?: 'best' | 'last';
  readonly cacheDirectory?: string;
  readonly signal?: AbortSignal;
  /** What is wrong with the data, or is to be known about them. */
  readonly onNote?: (text: string) => void;
  readonly onProgress?: (phase: 'data' | 'features' | 'test', done: number, total: number) => void;
}

/**
 * Scores a run's model on a split of its own data, or of other data. Of its own data, and the weights that the run was scored with, the
 * predictions are left in the run folder.
 * A backend must be set.
 * @throws BadInputError where the run or the data cannot be read, or the split has no labelled clip.
 */
export async function evaluate(directory: string, options: EvaluateRunOptions = {}): Promise<EvaluationResult> {
  const { data, onProgress } = options;
  const split = options.split ?? (data === undefined ? 'test' : 'all');
  const loaded = await loadModel(directory, options.weights ? { weights: options.weights } : {});
  const { pipeline } = loaded.run;
  const scored: ScoredSplit[] = [];
  try {
    const chosen = data
      ? resolvePipeline(
          { ...pipeline, tasks: pipeline.tasks.map((task) => ({ ...task, dataset: data, split: 'official' })) },
          data,
        )
      : pipeline;
    const sources = await openSources(chosen, {
      ...options,
      classes: Object.fromEntries(Object.entries(loaded.labels).map(([task, { classes }]) => [task, classes])),
      onProgress: (phase, _, done, total) => onProgress?.(phase, done, total),
    });
    try {
      if (data !== undefined) for (const note of describeData(sources)) options.onNote?.(note);
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
        throw new BadInputError(
          `${data ?? directory}: expected labelled ${split === 'all' ? '' : `${split} `}clips, found none`,
        );
      }
      const asScored = options.weights === undefined || options.weights === loaded.run.result?.weights;
      if (data === undefined && asScored && split !== 'all')
        writePredictions(directory, split, headsOf(sources, chosen), predictions);
      return result;
    } finally {
      closeSources(sources);
    }
  } finally {
    loaded.model.dispose();
  }
}
