import { wilsonInterval } from '../train/metrics.ts';
import { testScore } from './accuracy-cells.ts';
import { groupLabels } from './group-labels.ts';
import { roundHalfUp } from './round.ts';
import type { FinishedRun } from './run-record.ts';
import type { RunVariant } from './run-variant.ts';
import { mean, spreadOf } from './spread.ts';
import { figure, type Table } from './table.ts';

/** Test scores of every group and task: accuracy with chance and interval beside it, balanced accuracy. */
export function scoreTable(variants: readonly RunVariant<FinishedRun>[]): Table {
  const labels = groupLabels(variants);
  return {
    id: 'scores',
    title: 'Test scores',
    columns: [
      { heading: 'run', kind: 'text' },
      { heading: 'task', kind: 'text' },
      { heading: 'classes', kind: 'figure' },
      { heading: 'clips', kind: 'figure' },
      { heading: 'accuracy %', kind: 'figure' },
      { heading: '95 % interval', kind: 'figure' },
      { heading: 'chance %', kind: 'figure' },
      { heading: 'balanced %', kind: 'figure' },
    ],
    rows: variants.flatMap((variant, index) => {
      const tasks = variant.group.runs[0]?.pipeline.tasks ?? [];
      return tasks.flatMap((task) => {
        const scores = variant.group.runs
          .map((run) => testScore(run, task.name))
          .filter((score) => score !== undefined);
        const [first] = scores;
        if (first === undefined) return [];
        const accuracy = mean(scores.map((score) => score.accuracy));
        const [low, high] = wilsonInterval(accuracy * first.clips, first.clips);
        const percent = (value: number) => roundHalfUp(100 * value, 1);
        return [
          {
            cells: [
              labels[index],
              task.name,
              String(first.classes.length),
              String(first.clips),
              figure(spreadOf(scores.map((score) => 100 * score.accuracy)), 1),
              `${percent(low)} to ${percent(high)}`,
              percent(1 / first.classes.length),
              figure(spreadOf(scores.map((score) => 100 * score.balancedAccuracy)), 1),
            ],
          },
        ];
      });
    }),
    notes: [
      'Accuracy by clip, logits averaged over its windows. Interval: Wilson’s, at the mean accuracy, of chance in drawing so many test clips; ± is the scatter over seeds. Chance: one over the number of classes. Balanced: mean recall over classes.',
    ],
  };
}
