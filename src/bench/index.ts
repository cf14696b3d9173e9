import { availableParallelism, loadavg } from 'node:os';
import { BadInputError } from '../errors.ts';
import type { Case, CaseContext } from './case.ts';
import { layerCases } from './layer-cases.ts';
import { describeMachine } from './machine.ts';
import { networkCases } from './network-cases.ts';
import type { BenchResult, Row } from './result.ts';
import { defaultProcessors } from './side.ts';
import { smallCases } from './small-cases.ts';

export { type BenchResult, meetsGoal, type Row } from './result.ts';
export { benchTable } from './table.ts';

export interface BenchOptions extends Omit<CaseContext, 'place' | 'onRun'> {
  threads: number;
  /** Processors to run on, as Linux's `taskset -c` takes them; by default the first ones. */
  processors?: string;
  /** Run the cases with one of these names, or whose names contain it; all by default. */
  only: string[];
  /** Reports what runs. */
  onProgress(line: string): void;
}

const cases: Case[] = [...smallCases, ...networkCases, ...layerCases];

/** The cases that a word selects: the one of that name, or else those whose names contain it. */
function matching(word: string): Case[] {
  const exact = cases.filter(({ id }) => id === word);
  return exact.length > 0 ? exact : cases.filter(({ id }) => id.includes(word));
}

/** The cases that `only` selects, in order; all for no word. @throws BadInputError for a word that selects none */
function select(only: readonly string[]): Case[] {
  const selected = new Set<Case>();
  for (const word of only) {
    const found = matching(word);
    if (found.length === 0) {
      throw new BadInputError(
        `--only: expected a part of one of ${cases.map(({ id }) => id).join(', ')}, found "${word}"`,
      );
    }
    for (const item of found) selected.add(item);
  }
  return only.length === 0 ? cases : cases.filter((item) => selected.has(item));
}

/**
 * Runs the benchmarks. Every side runs in a process of its own, on the same threads and processors, in turn (A B A B …); a ratio is the
 * median of the rounds' ratios, so that a busy machine disturbs both sides alike.
 *
 * @throws BadInputError for an unknown case, or a side that does not start or does not print what it should
 */
export async function runBench(options: BenchOptions): Promise<BenchResult> {
  const { threads, only, onProgress, rounds } = options;
  const selected = select(only);
  const place = { threads, processors: options.processors ?? defaultProcessors(threads) };
  const rows: Row[] = [];
  const before = loadavg()[0] ?? 0;
  if (before + threads > availableParallelism()) {
    onProgress(
      `The machine is busy (load ${before.toFixed(1)}): ratios say little where threads wait for one another.`,
    );
  }
  for (const [index, item] of selected.entries()) {
    const onRun: CaseContext['onRun'] = (id) => (side, round) =>
      onProgress(`${index + 1}/${selected.length} ${id}: round ${round + 1} of ${rounds}, ${side.name}`);
    const measured = await item.run({ ...options, place, onRun });
    for (const { id, ratio, comparison } of measured) {
      if (ratio !== undefined) onProgress(`${id}: ${ratio.toFixed(2)} × (${comparison})`);
    }
    rows.push(...measured);
  }
  return { machine: describeMachine(), threads, rounds, load: { before, after: loadavg()[0] ?? 0 }, rows };
}
