import { accuraciesOf, taskRows, testScore } from './accuracy-cells.ts';
import { differenceOf, type SeedAccuracies } from './difference.ts';
import { rowName } from './paper-row.ts';
import { roundHalfUp } from './round.ts';
import type { FinishedRun } from './run-record.ts';
import type { RunVariant } from './run-variant.ts';
import type { Table } from './table.ts';

type Variant = RunVariant<FinishedRun>;

function seedsOf(variant: Variant, row: string): SeedAccuracies | undefined {
  const accuracies = accuraciesOf(variant, row);
  const [run] = variant.group.runs;
  const task = run?.pipeline.tasks.find((entry) => rowName(entry) === row);
  const clips = run === undefined || task === undefined ? undefined : testScore(run, task.name)?.clips;
  return accuracies.length === 0 || clips === undefined ? undefined : { accuracies, clips };
}

function signed(value: number): string {
  return `${value < 0 ? '−' : '+'}${roundHalfUp(Math.abs(value), 1)}`;
}

/**
 * DiffStride against strided convolution and spectral pooling, and a shared stride against two, task by task: the difference in
 * points with its interval, and whether it is within noise. Undefined where there is nothing to compare.
 */
export function differenceTable(variants: readonly Variant[]): Table | undefined {
  const free = variants.filter((variant) => variant.complexity === 0);
  const rows = (['single-task', 'multi-task'] as const).flatMap((setting) => {
    const own = free.filter((variant) => variant.setting === setting);
    return taskRows(own).flatMap((row) => {
      const present = own.flatMap((variant) => {
        const seeds = seedsOf(variant, row.name);
        return seeds === undefined ? [] : [{ variant, seeds }];
      });
      const learned = present.filter(({ variant }) => variant.pooling === 'diffstride');
      return learned.flatMap((second) =>
        present
          .filter((first) => first !== second)
          .filter(({ variant }) => variant.pooling !== 'diffstride' || (variant.shared && !second.variant.shared))
          .map((first) => {
            const difference = differenceOf(first.seeds, second.seeds);
            const [low, high] = difference.interval;
            return {
              section: setting,
              cells: [
                row.name,
                `${second.variant.label} − ${first.variant.label}`,
                signed(difference.points),
                `${signed(low)} to ${signed(high)}`,
                difference.withinNoise ? 'within noise' : difference.points > 0 ? 'better' : 'worse',
              ],
            };
          }),
      );
    });
  });
  if (rows.length === 0) return undefined;
  return {
    id: 'differences',
    title: 'Differences in accuracy',
    columns: [
      { heading: 'task', kind: 'text' },
      { heading: 'models', kind: 'text' },
      { heading: 'points', kind: 'figure' },
      { heading: '95 % interval', kind: 'figure' },
      { heading: 'verdict', kind: 'text' },
    ],
    rows,
    notes: [
      'Interval: noise from seed to seed (Welch) and from the finite number of test clips, the latter as if the models had been scored on different clips. For two runs on the same clips `spectride compare` is sharper.',
      'No correction for the number of comparisons: one in twenty lies outside its interval by chance.',
    ],
  };
}
