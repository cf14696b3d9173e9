import path from 'node:path';
import { BadInputError } from '../errors.ts';
import { byCodeUnit } from './audio-files.ts';
import { classesOf } from './labels.ts';
import { defaultSeededSplit, groupingBy, seededSettings, seededSplits } from './splits.ts';
import type { Clip, Dataset, Split, SplitChoice } from './types.ts';

/** A clip before it has a split; `given` is the split that the source itself names. */
export interface UnsplitClip extends Omit<Clip, 'split'> {
  readonly given?: Split;
}

export interface LabelledFiles {
  readonly name: string;
  readonly root: string;
  readonly clips: readonly UnsplitClip[];
  /** What `Clip.group` is called here (`speaker`), for `groupBy`. */
  readonly groupName?: string;
  readonly notes: readonly string[];
  readonly noise?: readonly string[];
}

/**
 * Finishes a data set of one's own: the splits that the source names (`official`) or, where it names none or `split` says so,
 * seeded ones; clips in the order of their ids. Throws BadInputError where no clip is there, where only a part of the clips has a
 * split, or where the paper's splits are asked for. `stratify`: the label column whose classes seeded splits share out evenly,
 * by default the first one that is not the group.
 */
export function finishDataset(source: LabelledFiles, split: SplitChoice, stratify?: string): Dataset {
  if (split === 'paper') {
    throw new BadInputError(
      `tasks.split: expected "official" or "seeded" for ${source.name}, found "paper", which only the paper's own data sets have`,
    );
  }
  const clips = [...source.clips].sort((a, b) => byCodeUnit(a.id, b.id));
  const columns = Object.keys(classesOf(clips as unknown as Clip[]));
  const named = clips.some((clip) => clip.given !== undefined);
  const settings = seededSettings(split) ?? (named ? undefined : defaultSeededSplit);
  const notes = [...source.notes];
  let splits: Split[];
  if (settings) {
    const stratum = stratify ?? columns.find((column) => column !== settings.groupBy);
    const grouping = groupingBy(settings.groupBy, { group: source.groupName, columns });
    splits = seededSplits(clips, settings, grouping, (clip) =>
      stratum === undefined ? '' : (clip.labels[stratum] ?? ''),
    );
    if (split === 'official') {
      notes.push(
        `no splits are given, so they are seeded: ${settings.validation * 100} % validation, ${settings.test * 100} % test${source.groupName ? `, each ${source.groupName} in one of them` : ''}`,
      );
    }
  } else {
    splits = clips.map((clip) => {
      if (clip.given !== undefined) return clip.given;
      throw new BadInputError(`${source.name}: expected a split for every clip, found none for ${clip.id}`);
    });
  }
  const finished = clips.map(({ given: _, ...clip }, index) => ({ ...clip, split: splits[index] as Split }));
  return {
    name: source.name,
    root: source.root,
    clips: finished,
    classes: classesOf(finished),
    ...(source.groupName !== undefined ? { groupName: source.groupName } : {}),
    notes,
    ...(source.noise && source.noise.length > 0 ? { noise: source.noise } : {}),
  };
}

/** `path` from `root` with `/` between its parts. */
export function relativeId(root: string, file: string): string {
  return path.relative(root, file).split(path.sep).join('/');
}
