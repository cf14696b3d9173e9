import type { EvaluationResult } from '../train/results.ts';

const percent = (share: number) => `${(100 * share).toFixed(1)} %`;

/** A line a task: accuracy with its 95 % interval, balanced accuracy, chance, clips; AUC for two classes. */
export function describeScores({ split, tasks }: EvaluationResult): string[] {
  const width = Math.max(...tasks.map(({ task }) => task.length));
  return tasks
    .filter(({ clips }) => clips > 0)
    .map(({ task, accuracy, interval, balancedAccuracy, auc, classes, clips }) => {
      const [low, high] = interval;
      const area = auc === null ? '' : `, AUC ${auc.toFixed(3)}`;
      return (
        `${split} ${task.padEnd(width)}  ${percent(accuracy).padStart(7)}  (95 %: ${percent(low)} to ${percent(high)}; ` +
        `balanced ${percent(balancedAccuracy)}; chance ${percent(1 / classes.length)}${area}; ${clips} clips)`
      );
    });
}
