import { BadInputError } from '../errors.ts';
import { stream } from '../random.ts';
import { bootstrapDifference, mcnemar } from './paired-test.ts';
import { readPredictions } from './predictions.ts';
import { roundHalfUp } from './round.ts';
import type { Table } from './table.ts';

/** p below which a difference is not put down to chance. */
export const significance = 0.05;

/** Two runs on the same clips of one task. Accuracies and their difference (second − first) are fractions. */
export interface TaskComparison {
  task: string;
  clips: number;
  first: number;
  second: number;
  difference: number;
  /** 95 % bootstrap interval of the difference over clips. */
  interval: [number, number];
  onlyFirst: number;
  onlySecond: number;
  /** McNemar's exact test. */
  p: number;
  withinNoise: boolean;
}

/**
 * Compares two runs clip by clip on the tasks that both have. Throws a BadInputError where they share no task, or were not
 * scored on the same clips.
 */
export async function compareRuns(first: string, second: string, split: string): Promise<TaskComparison[]> {
  const [ours, theirs] = await Promise.all([readPredictions(first, split), readPredictions(second, split)]);
  const tasks = [...ours.keys()].filter((task) => theirs.has(task));
  if (tasks.length === 0) {
    throw new BadInputError(
      `${second}: expected a task of ${first} (${[...ours.keys()].join(', ')}), found ${[...theirs.keys()].join(', ')}`,
    );
  }
  return tasks.map((task) => {
    const firstClips = ours.get(task) ?? new Map();
    const secondClips = theirs.get(task) ?? new Map();
    const missing = [...firstClips.keys()].find((id) => !secondClips.has(id));
    if (missing !== undefined || firstClips.size !== secondClips.size) {
      throw new BadInputError(
        `${second}: expected the ${firstClips.size} ${split} clips of ${first} for task ${task}, found ${secondClips.size}${missing === undefined ? '' : ` without ${missing}`}`,
      );
    }
    const counts = { clips: firstClips.size, onlyFirst: 0, onlySecond: 0 };
    let bothRight = 0;
    for (const [id, prediction] of firstClips) {
      const other = secondClips.get(id);
      if (prediction.truth !== other?.truth) {
        throw new BadInputError(
          `${second}: expected label "${prediction.truth}" of clip ${id} for task ${task}, found "${other?.truth}"`,
        );
      }
      const firstRight = prediction.predicted === prediction.truth;
      const secondRight = other.predicted === other.truth;
      if (firstRight && secondRight) bothRight += 1;
      else if (firstRight) counts.onlyFirst += 1;
      else if (secondRight) counts.onlySecond += 1;
    }
    const p = mcnemar(counts);
    return {
      task,
      ...counts,
      first: (bothRight + counts.onlyFirst) / counts.clips,
      second: (bothRight + counts.onlySecond) / counts.clips,
      difference: (counts.onlySecond - counts.onlyFirst) / counts.clips,
      interval: bootstrapDifference(counts, { uniform: stream(0, `compare ${task}`).uniform }),
      p,
      withinNoise: p >= significance,
    };
  });
}

function signed(value: number): string {
  return `${value < 0 ? '−' : '+'}${roundHalfUp(Math.abs(100 * value), 1)}`;
}

/** The comparison as a table, a row a task. */
export function comparisonTable(comparisons: readonly TaskComparison[], names: [string, string]): Table {
  return {
    id: 'comparison',
    title: `${names[1]} against ${names[0]}`,
    columns: [
      { heading: 'task', kind: 'text' },
      { heading: 'clips', kind: 'figure' },
      { heading: 'first %', kind: 'figure' },
      { heading: 'second %', kind: 'figure' },
      { heading: 'points', kind: 'figure' },
      { heading: '95 % interval', kind: 'figure' },
      { heading: 'only first right', kind: 'figure' },
      { heading: 'only second right', kind: 'figure' },
      { heading: 'p', kind: 'figure' },
      { heading: 'verdict', kind: 'text' },
    ],
    rows: comparisons.map((entry) => ({
      cells: [
        entry.task,
        String(entry.clips),
        roundHalfUp(100 * entry.first, 1),
        roundHalfUp(100 * entry.second, 1),
        signed(entry.difference),
        `${signed(entry.interval[0])} to ${signed(entry.interval[1])}`,
        String(entry.onlyFirst),
        String(entry.onlySecond),
        entry.p < 0.001 ? '< 0.001' : roundHalfUp(entry.p, 3),
        entry.withinNoise ? 'within noise' : entry.difference > 0 ? 'second is better' : 'first is better',
      ],
    })),
    notes: [
      'p: McNemar’s exact test on the same clips, two-sided; interval: bootstrap over clips. Both are of these two runs; another seed is another run.',
    ],
  };
}
