import { createHash } from 'node:crypto';
import { BadInputError, messageOf } from '../errors.ts';
import { byCodeUnit } from './audio-files.ts';
import type { Clip, SeededSplit, Split, SplitChoice } from './types.ts';

const splitNames: ReadonlyMap<string, Split> = new Map([
  ['train', 'train'],
  ['training', 'train'],
  ['validation', 'validation'],
  ['valid', 'validation'],
  ['val', 'validation'],
  ['dev', 'validation'],
  ['test', 'test'],
  ['testing', 'test'],
  ['eval', 'test'],
]);

/** `train`, `validation` or `test` by any of their usual names, in any case; undefined for anything else. */
export function splitNamed(name: string): Split | undefined {
  return splitNames.get(name.toLowerCase());
}

export const defaultSeededSplit: SeededSplit = { validation: 0.1, test: 0.1, seed: 0 };

/** The settings of a seeded split, or undefined where the choice is another one. Throws BadInputError where nothing is left to train on. */
export function seededSettings(choice: SplitChoice): SeededSplit | undefined {
  if (choice === 'seeded') return defaultSeededSplit;
  if (typeof choice === 'string') return undefined;
  const { validation, test } = choice.seeded;
  if (validation + test >= 1) {
    throw new BadInputError(
      `split.seeded: expected validation + test below 1, found ${validation} + ${test}, which leaves nothing to train on`,
    );
  }
  return choice.seeded;
}

/** What must stay together: a clip's group, read from its path by `groupBy`. */
export type Grouping = (clip: { id: string; group?: string; labels: Readonly<Record<string, string>> }) => string;

/**
 * The grouping that `groupBy` names: one of the data set's own groups or label columns (`known`), or else a regular expression over the
 * clip's id, of which the first capture group counts, or the whole match; a clip that does not match is alone. Undefined is the
 * clip's own group, where it has one. `field` is what messages call `groupBy`.
 */
export function groupingBy(
  groupBy: string | undefined,
  known: { group?: string; columns: readonly string[] },
  field = 'split.seeded.groupBy',
): Grouping {
  if (groupBy === undefined || groupBy === known.group) return (clip) => clip.group ?? clip.id;
  if (known.columns.includes(groupBy)) return (clip) => clip.labels[groupBy] ?? clip.id;
  let pattern: RegExp;
  try {
    pattern = new RegExp(groupBy, 'u');
  } catch (error) {
    throw new BadInputError(
      `${field}: expected a column or a regular expression, found "${groupBy}": ${messageOf(error)}`,
    );
  }
  return (clip) => {
    const match = pattern.exec(clip.id);
    return match ? (match[1] ?? match[0]) : clip.id;
  };
}

/** A number in [0, 1) that depends on `seed` and `key` alone: the first 48 bits of SHA-256. */
export function hashFraction(seed: number, key: string): number {
  return createHash('sha256').update(`${seed}/${key}`).digest().readUIntBE(0, 6) / 2 ** 48;
}

interface Group {
  readonly key: string;
  readonly rank: number;
  readonly members: number[];
  stratum: string;
}

/**
 * Assigns every clip to a split by hashing its group, so that a group is in one split only, the same clips with the same seed always
 * give the same splits, and the order of the clips does not matter. Groups of one label only are drawn label by label (stratified); within a
 * stratum test takes the groups with the lowest hashes, then validation, up to the shares asked for: a group that would exceed its share by
 * more than half its clips is passed over. Of three groups or more each split gets one, the smallest if need be, and one is
 * always left for train. Returns the split of each clip.
 */
export function seededSplits(
  clips: readonly Omit<Clip, 'split'>[],
  settings: SeededSplit,
  grouping: Grouping,
  stratumOf: (clip: Omit<Clip, 'split'>) => string,
): Split[] {
  const groups = new Map<string, Group>();
  for (const [index, clip] of clips.entries()) {
    const key = grouping(clip);
    const stratum = stratumOf(clip);
    const group = groups.get(key);
    if (!group) groups.set(key, { key, rank: hashFraction(settings.seed, key), members: [index], stratum });
    else {
      group.members.push(index);
      // A speaker who says every word belongs to no stratum of labels.
      if (group.stratum !== stratum) group.stratum = '';
    }
  }
  const strata = new Map<string, Group[]>();
  for (const group of groups.values()) {
    const stratum = strata.get(group.stratum);
    if (stratum) stratum.push(group);
    else strata.set(group.stratum, [group]);
  }
  const splits = new Array<Split>(clips.length).fill('train');
  for (const stratum of strata.values()) {
    stratum.sort((a, b) => a.rank - b.rank || byCodeUnit(a.key, b.key));
    const total = stratum.reduce((sum, group) => sum + group.members.length, 0);
    const each = stratum.length >= 3;
    let left: readonly Group[] = stratum;
    for (const [split, share, others] of [
      ['test', settings.test, each && settings.validation > 0 ? 2 : 1],
      ['validation', settings.validation, 1],
    ] as const) {
      const taken = take(left, { wanted: share * total, atLeastOne: each && share > 0, others });
      for (const group of taken) for (const index of group.members) splits[index] = split;
      left = left.filter((group) => !taken.includes(group));
    }
  }
  return splits;
}

/**
 * Of `groups`, in their order, those whose clips come nearest to `wanted`; where that is none, the smallest if there is to be `atLeastOne`.
 * So many `others` are left.
 */
function take(
  groups: readonly Group[],
  { wanted, atLeastOne, others }: { wanted: number; atLeastOne: boolean; others: number },
): Group[] {
  const taken: Group[] = [];
  let count = 0;
  for (const group of groups) {
    if (groups.length - taken.length <= others) break;
    if (count + group.members.length / 2 > wanted) continue;
    taken.push(group);
    count += group.members.length;
  }
  if (taken.length > 0 || !atLeastOne || groups.length <= others) return taken;
  return [groups.reduce((smallest, group) => (group.members.length < smallest.members.length ? group : smallest))];
}
