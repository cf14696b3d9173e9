import type { RunRecord } from './run-record.ts';
import { tellingSettings } from './telling-settings.ts';

/** Runs of one pipeline that differ by their seed alone. */
export interface RunGroup<R extends RunRecord = RunRecord> {
  /** The pipeline's name, with what tells it from other groups of that name: `words (model.pooling=strided)`. */
  label: string;
  runs: R[];
}

/** Every leaf of a nested value by its dotted path, as text. */
function leaves(value: unknown, prefix = ''): Map<string, string> {
  if (typeof value !== 'object' || value === null) return new Map([[prefix, JSON.stringify(value) ?? 'unset']]);
  const found = new Map<string, string>();
  for (const [key, entry] of Object.entries(value)) {
    if (entry === undefined) continue;
    for (const [path, text] of leaves(entry, prefix === '' ? key : `${prefix}.${key}`)) found.set(path, text);
  }
  return found;
}

/** Settings of a pipeline that make a run another experiment: all but the seed, and where and how fast it is computed. */
export function settingsOf(run: RunRecord): Map<string, string> {
  const found = leaves(run.pipeline);
  for (const path of ['seed', 'backend', 'train.logEvery', 'train.checkpointMinutes', 'evaluation.batch']) {
    found.delete(path);
  }
  return found;
}

function unquoted(text: string): string {
  return text.replaceAll('"', '');
}

/**
 * Runs without repeats: of runs with the same settings and the same seed the first, since the others are no further draw of chance and would
 * make mean and deviation look surer than they are. `repeats` pairs each run left out with the one that stands for it.
 */
export function distinctRuns<R extends RunRecord>(runs: readonly R[]): { runs: R[]; repeats: { run: R; of: R }[] } {
  const first = new Map<string, R>();
  const repeats: { run: R; of: R }[] = [];
  for (const run of runs) {
    const key = JSON.stringify([run.pipeline.seed, ...[...settingsOf(run)].sort()]);
    const of = first.get(key);
    if (of) repeats.push({ run, of });
    else first.set(key, run);
  }
  return { runs: [...first.values()], repeats };
}

/** The groups of `runs`, in the order of each group's first run; runs of a group in order of their seeds. */
export function groupRuns<R extends RunRecord>(runs: readonly R[]): RunGroup<R>[] {
  const groups = new Map<string, { name: string; settings: Map<string, string>; runs: R[] }>();
  for (const run of runs) {
    const own = settingsOf(run);
    const key = JSON.stringify([...own].sort());
    const group = groups.get(key) ?? { name: run.pipeline.name, settings: own, runs: [] };
    group.runs.push(run);
    groups.set(key, group);
  }
  const all = [...groups.values()];
  return all.map((group) => {
    const kin = all.filter((other) => other.name === group.name);
    const { paths, complete } = tellingSettings(kin.map((other) => other.settings));
    const shown = paths.map((path) => `${path}=${unquoted(group.settings.get(path) ?? 'unset')}`);
    if (!complete) shown.push('…');
    return {
      label: shown.length === 0 ? group.name : `${group.name} (${shown.join(', ')})`,
      runs: group.runs.sort((a, b) => a.pipeline.seed - b.pipeline.seed),
    };
  });
}
