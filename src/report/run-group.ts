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
  for (const path of ['seed', 'backend', 'train.logEvery']) found.delete(path);
  return found;
}

function unquoted(text: string): string {
  return text.replaceAll('"', '');
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
