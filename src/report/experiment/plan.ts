import path from 'node:path';
import { parse } from 'yaml';
import { BadInputError } from '../../errors.ts';
import type { Experiment } from './schema.ts';

/** One training run of an experiment. */
export interface PlannedRun {
  /** Name of its folder: pipeline, pooling, swept settings, seed. */
  id: string;
  /** Pipeline file. */
  pipeline: string;
  seed: number;
  /** `--set` of the run, in order: later ones win. */
  set: string[];
}

type Value = Experiment['set'][string];

/** A `--set` that reads back as the same value: text that YAML would take for something else is quoted. */
function assignment([key, value]: [string, Value]): string {
  return `${key}=${typeof value === 'string' && readsBack(value) ? value : JSON.stringify(value)}`;
}

function readsBack(text: string): boolean {
  try {
    return parse(text) === text;
  } catch {
    return false;
  }
}

/** Paths in settings are relative to the experiment file, as pipelines are. */
function located([key, value]: [string, Value], folder: string): [string, Value] {
  if (typeof value !== 'string') return [key, value];
  const place = /^(folder|manifest):(.+)$/s.exec(value);
  if (place) return [key, `${place[1]}:${path.resolve(folder, place[2] ?? '')}`];
  return [key, key === 'train.augmentation.noise.source' && value !== '' ? path.resolve(folder, value) : value];
}

/** Every combination of one value of each key. */
function combinations(sweep: Record<string, Value[]>): [string, Value][][] {
  return Object.entries(sweep).reduce<[string, Value][][]>(
    (found, [key, values]) =>
      found.flatMap((chosen) => values.map((value): [string, Value][] => [...chosen, [key, value]])),
    [[]],
  );
}

function fileName(text: string): string {
  return text.replace(/[^A-Za-z0-9._=-]+/g, '_');
}

/** `train.complexity=0.1` as part of a folder's name: `complexity=0.1`. */
function sweptName([key, value]: [string, Value]): string {
  return `${key.split('.').at(-1) ?? key}=${typeof value === 'string' ? value : JSON.stringify(value)}`;
}

/**
 * The runs of an experiment, in the order in which they are started: seed by seed, so that an interrupted experiment has whole
 * tables of fewer seeds. `file` is the experiment file; pipelines are found relative to it. Throws a BadInputError where two
 * entries would write the same folder with different settings.
 */
export function planRuns(experiment: Experiment, file: string): PlannedRun[] {
  const planned = new Map<string, PlannedRun>();
  const folder = path.dirname(path.resolve(file));
  const settingOf = (setting: [string, Value]) => assignment(located(setting, folder));
  for (const entry of experiment.runs) {
    for (const name of entry.pipelines) {
      const stem = path.basename(name).replace(/\.ya?ml$/, '');
      for (const pooling of entry.poolings ?? [undefined]) {
        for (const swept of combinations(entry.sweep)) {
          for (const seed of entry.seeds) {
            const parts = [stem, ...(pooling === undefined ? [] : [pooling]), ...swept.map(sweptName), `seed${seed}`];
            const run: PlannedRun = {
              id: fileName(parts.join('-')),
              pipeline: path.resolve(folder, name),
              seed,
              set: [
                ...Object.entries(experiment.set).map(settingOf),
                ...Object.entries(entry.set).map(settingOf),
                ...(pooling === undefined ? [] : [`model.pooling=${pooling}`]),
                ...swept.map(settingOf),
              ],
            };
            const other = planned.get(run.id);
            if (other !== undefined && JSON.stringify(other) !== JSON.stringify(run)) {
              throw new BadInputError(
                `${file}: expected runs of different names, found two settings for ${run.id} (${other.set.join(' ')} and ${run.set.join(' ')})`,
              );
            }
            planned.set(run.id, run);
          }
        }
      }
    }
  }
  return [...planned.values()].sort((a, b) => a.seed - b.seed);
}
