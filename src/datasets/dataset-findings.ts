import { resolveFeatures } from '../features/index.ts';
import { clippedRun, decibels, hasOffset, isClipped, isSilent, offsetLevel, silentLevel } from './clip-examination.ts';
import { factsOf, splits } from './dataset-counts.ts';
import type { ColumnCounts, DatasetExamination, Finding, FindingItem, FindingKind } from './dataset-examination.ts';
import { duplicateSets } from './duplicate-sets.ts';
import type { ClipFacts, ExaminedClip } from './examine-clip.ts';
import type { Clip, Split } from './types.ts';

/** Below this share of missing samples it is the header that is wrong: some writers count the header's own bytes. */
const missingShare = 0.01;

/** What the findings are made of. */
export interface FindingSource {
  readonly clips: readonly Clip[];
  /** What was read of each clip, in their order. */
  readonly examined: readonly ExaminedClip[];
  readonly columns: readonly ColumnCounts[];
  readonly totals: DatasetExamination['splits'];
  readonly grouping?: ClipGrouping;
  /** Seconds of a window. */
  readonly window: number;
}

/** What should not be in two splits. */
export interface ClipGrouping {
  /** A column, the name of the data set's own group, or a regular expression. */
  readonly by: string;
  /** What one is called: the column or name, or just `group`. */
  readonly noun: string;
  /** A clip's group; undefined where it has none. */
  groupOf(clip: Clip): string | undefined;
}

/** Everything that seems wrong with a data set, faults first. Kinds with nothing found are left out. */
export function findingsOf(source: FindingSource): Finding[] {
  const findings = [
    unreadable(source),
    ...ofSplits(source),
    ...ofDuplicates(source),
    ...ofClasses(source),
    ...ofSamples(source),
  ].filter(({ items }) => items.length > 0);
  return [
    ...findings.filter(({ weight }) => weight === 'fault'),
    ...findings.filter(({ weight }) => weight === 'remark'),
  ];
}

const digits = new Intl.NumberFormat('en');

/** `1 clip`, `2,000 clips`. */
function numberOf(count: number, noun: string): string {
  return `${digits.format(count)} ${noun}${count === 1 ? '' : noun.endsWith('ss') ? 'es' : 's'}`;
}

function finding(
  kind: FindingKind,
  weight: Finding['weight'],
  items: readonly FindingItem[],
  title: (count: number) => string,
  meaning: string,
): Finding {
  return { kind, weight, title: title(items.length), meaning, items };
}

function unreadable({ clips, examined }: FindingSource): Finding {
  const items = clips.flatMap(({ id, path, member }, index): FindingItem[] => {
    const read = examined[index];
    if (read === undefined || !('reason' in read)) return [];
    // The reason names the file again, with all the folders above it.
    const file = `${member === undefined ? path : `${path}/${member}`}: `;
    const detail = read.reason.startsWith(file) ? read.reason.slice(file.length) : read.reason;
    return [{ clips: [id], detail }];
  });
  return finding(
    'unreadable',
    'fault',
    items,
    (count) => `${numberOf(count, 'clip')} cannot be read`,
    'They are left out; training stops where they are more than its maxBad (1 % of the clips by default).',
  );
}

/** Findings about single clips, the worst first. */
function ofSamples({ clips, examined, window }: FindingSource): Finding[] {
  const worst = (
    found: (facts: ClipFacts) => boolean,
    badness: (facts: ClipFacts) => number,
    detail: (facts: ClipFacts) => string,
  ): FindingItem[] =>
    clips
      .flatMap(({ id }, index) => {
        const facts = factsOf(examined[index]);
        return facts !== undefined && found(facts) ? [{ id, facts }] : [];
      })
      .sort((a, b) => badness(b.facts) - badness(a.facts))
      .map(({ id, facts }) => ({ clips: [id], detail: detail(facts) }));
  const { sampleRate, highFrequency } = resolveFeatures();
  return [
    finding(
      'silent',
      'fault',
      worst(
        ({ levels }) => isSilent(levels),
        ({ levels }) => -levels.swing,
        ({ levels }) => (levels.swing === 0 ? 'every sample is equal' : `peak ${decibelText(levels.swing)}`),
      ),
      (count) => `${numberOf(count, 'clip')} ${count === 1 ? 'is' : 'are'} silent`,
      `No sample is as far as ${decibelText(silentLevel)} from the mean of its channel.`,
    ),
    finding(
      'truncated',
      'fault',
      worst(
        (facts) => facts.missing > missingShare,
        (facts) => facts.missing,
        (facts) => `${percent(facts.missing)} of its samples are missing`,
      ),
      (count) => `${numberOf(count, 'clip')} ${count === 1 ? 'ends' : 'end'} early`,
      `More than ${percent(missingShare)} of the samples that the header of the WAV file promises are not there: it was cut short.`,
    ),
    finding(
      'clipped',
      'remark',
      worst(
        ({ levels }) => isClipped(levels),
        ({ levels }) => levels.clipped,
        ({ levels }) => `${percent(levels.clipped)} of its samples`,
      ),
      (count) => `${numberOf(count, 'clip')} ${count === 1 ? 'is' : 'are'} clipped`,
      `At least ${clippedRun} samples in a row are at full scale, on one side; what was clipped and then made softer is not seen.`,
    ),
    finding(
      'offset',
      'remark',
      worst(
        ({ levels }) => hasOffset(levels),
        ({ levels }) => Math.abs(levels.offset),
        ({ levels }) => `mean ${levels.offset < 0 ? '−' : ''}${Math.abs(levels.offset).toFixed(3)}`,
      ),
      (count) => `${numberOf(count, 'clip')} ${count === 1 ? 'has' : 'have'} a DC offset`,
      `The mean of a channel is ${offsetLevel} of full scale or more away from 0; it leaks into the lowest mel bins.`,
    ),
    finding(
      'low-rate',
      'remark',
      worst(
        (facts) => facts.sampleRate < 2 * highFrequency,
        (facts) => -facts.sampleRate,
        (facts) => `${facts.sampleRate} Hz`,
      ),
      (count) => `${numberOf(count, 'clip')} ${count === 1 ? 'is' : 'are'} sampled too slowly for all mel bins`,
      `The features reach ${highFrequency} Hz and are taken at ${sampleRate} Hz: above half of a clip’s own rate there is nothing. Where only some clips are such, a model may learn which.`,
    ),
    finding(
      'short',
      'remark',
      worst(
        (facts) => facts.seconds < window,
        (facts) => -facts.seconds,
        (facts) => `${facts.seconds.toFixed(facts.seconds < 0.1 ? 4 : 2)} s`,
      ),
      (count) => `${numberOf(count, 'clip')} ${count === 1 ? 'is' : 'are'} shorter than a window of ${window} s`,
      'They are filled up with silence.',
    ),
  ];
}

function decibelText(level: number): string {
  return `${decibels(level).toFixed(1).replace('-', '−')} dBFS`;
}

function percent(share: number): string {
  const value = 100 * share;
  return `${value < 0.01 ? '< 0.01' : value.toFixed(value < 1 ? 2 : 1)} %`;
}

/** Clips with equal samples: each set is in the gravest of three findings that it belongs to. */
function ofDuplicates({ clips, examined, columns }: FindingSource): Finding[] {
  const conflicting: FindingItem[] = [];
  const apart: FindingItem[] = [];
  const together: FindingItem[] = [];
  // Silent clips are equal to each other, and a finding of their own.
  const fingerprints = examined.map((read) => {
    const facts = factsOf(read);
    return facts === undefined || isSilent(facts.levels) ? undefined : facts.fingerprint;
  });
  for (const set of duplicateSets(fingerprints)) {
    const equal = set.map((index) => clips[index] as Clip);
    const inSplits = splits.filter((split) => equal.some((clip) => clip.split === split));
    const labels = columns
      .filter(({ identifier }) => !identifier)
      .map(({ column }) => ({ column, found: [...new Set(equal.map((clip) => clip.labels[column] ?? 'none'))] }))
      .filter(({ found }) => found.length > 1)
      .map(({ column, found }) => `${column} ${found.map(quoted).join(' and ')}`);
    const where = inSplits.length > 1 ? `in ${inSplits.join(' and ')}` : `in ${inSplits[0]} only`;
    const item = { clips: equal.map(({ id }) => id), detail: [where, ...labels].join('; ') };
    (labels.length > 0 ? conflicting : inSplits.length > 1 ? apart : together).push(item);
  }
  const sets = (count: number) => numberOf(count, 'set');
  const rule = 'Their samples are equal to 16 bits, whatever their containers.';
  return [
    finding(
      'conflicting-labels',
      'fault',
      conflicting,
      (count) => `${sets(count)} of equal clips with different labels`,
      `${rule} At most one of the labels is right.`,
    ),
    finding(
      'duplicates-between-splits',
      'fault',
      apart,
      (count) => `${sets(count)} of equal clips in several splits`,
      `${rule} A model is tested on what it was trained on: keep one of each set, or give them one group.`,
    ),
    finding(
      'duplicates',
      'remark',
      together,
      (count) => `${sets(count)} of equal clips in one split, with equal labels`,
      `${rule} They count twice.`,
    ),
  ];
}

function quoted(text: string): string {
  return `"${text}"`;
}

function ofSplits({ clips, totals, grouping }: FindingSource): Finding[] {
  const empty = splits.filter((split) => totals[split].clips === 0);
  return [
    finding(
      'empty-split',
      'fault',
      empty.map((split) => ({ subject: split, clips: [], detail: 'no clip' })),
      (count) => `${numberOf(count, 'split')} without clips`,
      'Nothing can be trained, chosen or scored on it; split: seeded draws splits.',
    ),
    finding(
      'group-leak',
      'fault',
      grouping === undefined ? [] : leaks(clips, grouping),
      (count) => `${numberOf(count, 'group')}${grouping ? ` (by ${grouping.by})` : ''} in more than one split`,
      'What is learned of a group helps where it is tested on it: scores are too high. In a pipeline, split: { seeded: { groupBy: … } } keeps each in one split.',
    ),
  ];
}

function leaks(clips: readonly Clip[], { noun, groupOf }: ClipGrouping): FindingItem[] {
  const groups = new Map<string, Clip[]>();
  for (const clip of clips) {
    const group = groupOf(clip);
    if (group === undefined) continue;
    const members = groups.get(group);
    if (members) members.push(clip);
    else groups.set(group, [clip]);
  }
  return [...groups]
    .map(([group, members]) => ({ group, members, counts: countIn(members) }))
    .filter(({ counts }) => counts.length > 1)
    .sort((a, b) => b.members.length - a.members.length)
    .map(({ group, members, counts }) => ({
      subject: `${noun} ${quoted(group)}`,
      clips: members.map(({ id }) => id),
      detail: counts.map(({ split, clips: count }) => `${count} ${split}`).join(', '),
    }));
}

/** Clips in each split that has some. */
function countIn(clips: readonly Clip[]): { split: Split; clips: number }[] {
  return splits
    .map((split) => ({ split, clips: clips.filter((clip) => clip.split === split).length }))
    .filter((count) => count.clips > 0);
}

function ofClasses({ columns, totals, grouping }: FindingSource): Finding[] {
  const filled = splits.filter((split) => totals[split].clips > 0);
  // Each group is in one split by intention.
  const tasks = columns.filter(({ column, identifier }) => !identifier && column !== grouping?.by);
  const missing = tasks.flatMap(({ column, classes }) =>
    classes.flatMap(({ label, splits: counts }): FindingItem[] => {
      const without = filled.filter((split) => counts[split] === 0);
      if (without.length === 0) return [];
      const others = filled.filter((split) => counts[split] > 0).map((split) => `${counts[split]} ${split}`);
      const detail = [`none in ${without.join(' and ')}`, ...others].join(', ');
      return [{ subject: `${column} ${quoted(label)}`, clips: [], detail }];
    }),
  );
  return [
    finding(
      'missing-class',
      'fault',
      missing,
      (count) => `${numberOf(count, 'class')} without a clip in a split`,
      'Without training clips a class is never learned, without test clips never scored.',
    ),
    finding(
      'similar-labels',
      'fault',
      columns.filter(({ identifier }) => !identifier).flatMap(similarLabels),
      (count) => `${numberOf(count, 'label')} written in several ways`,
      'They differ in case, spaces or the coding of accents only, and are classes of their own.',
    ),
  ];
}

function similarLabels({ column, classes }: ColumnCounts): FindingItem[] {
  const same = Map.groupBy(classes, ({ label }) =>
    label
      .normalize('NFKC')
      .toLowerCase()
      .replace(/[\s_-]+/gu, ' ')
      .trim(),
  );
  return [...same.values()]
    .filter((spellings) => spellings.length > 1)
    .map((spellings) => ({
      subject: column,
      clips: [],
      detail: spellings.map(({ label, clips }) => `${quoted(label)} (${numberOf(clips, 'clip')})`).join(', '),
    }));
}
