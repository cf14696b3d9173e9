import path from 'node:path';
import { writeFileAtomicSync } from '../atomic-file.ts';
import type { Split } from '../datasets/types.ts';
import { argMax, type Prediction, softmax } from './metrics.ts';
import type { Head } from './sources.ts';

/**
 * Writes predictions.<split>.jsonl: a line a clip and task with the clip's id, its label (`truth`), the model's (`predicted`) and the
 * probability that the model gives it.
 */
export function writePredictions(
  directory: string,
  split: Split,
  heads: readonly Head[],
  predictions: ReadonlyMap<string, readonly Prediction[]>,
): void {
  const lines = heads.flatMap(({ name, classes }) =>
    (predictions.get(name) ?? []).map(({ id, truth, logits }) => {
      const predicted = argMax(logits);
      const probability = softmax(logits)[predicted];
      return JSON.stringify({ task: name, id, truth: classes[truth], predicted: classes[predicted], probability });
    }),
  );
  writeFileAtomicSync(path.join(directory, `predictions.${split}.jsonl`), lines.map((line) => `${line}\n`).join(''));
}
