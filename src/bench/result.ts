import type { Machine } from './machine.ts';

/** One measured quantity of one case. */
export interface Row {
  /** Such as `network/strided/16/training`. */
  id: string;
  unit: string;
  /** Median over rounds, by side, ours first. */
  medians: Record<string, number>;
  /** What `ratio` compares, such as `peer / spectride`; absent where nothing is compared. */
  comparison?: string;
  /** Median of the ratios of the rounds. */
  ratio?: number;
  /** Bar and moonshot for the ratio (or, without one, for our median), from the project's design. */
  goal?: Goal;
}

export interface Goal {
  direction: 'at least' | 'at most';
  bar: number;
  moonshot?: number;
}

/** All that one run of the benchmarks says. */
export interface BenchResult {
  machine: Machine;
  threads: number;
  rounds: number;
  /** The system's load average (processes that want to run) before the first case, and after the last; 0 where it has none. */
  load: { before: number; after: number };
  rows: Row[];
}

/** Whether a row meets its bar; undefined where it has none, or nothing to hold against it. */
export function meetsGoal({ goal, ratio, medians }: Row): boolean | undefined {
  const value = ratio ?? Object.values(medians)[0];
  if (goal === undefined || value === undefined || Number.isNaN(value)) return undefined;
  return goal.direction === 'at least' ? value >= goal.bar : value <= goal.bar;
}
