import { decibels, isSilent } from './clip-examination.ts';
import type { ClassCount, ColumnCounts, Counted, DatasetExamination, Spread } from './dataset-examination.ts';
import type { ClipFacts, ExaminedClip } from './examine-clip.ts';
import { lengthBins } from './length-bins.ts';
import { quantile } from './quantile.ts';
import type { Clip, Dataset, Split } from './types.ts';

export const splits: readonly Split[] = ['train', 'validation', 'test'];

/** A column with more labels than this, and more than half as many as clips, names clips and not classes. */
const fewLabels = 20;

/** Whether most labels of a column are those of one clip, so that it names clips and is no task. */
export function namesClips({ clips, classes }: Dataset, column: string): boolean {
  const labels = classes[column]?.length ?? 0;
  if (labels <= fewLabels) return false;
  return 2 * labels > clips.filter((clip) => clip.labels[column] !== undefined).length;
}

/** What was read of a clip, or undefined where it cannot be read. */
export function factsOf(examined: ExaminedClip | undefined): ClipFacts | undefined {
  return examined && 'fingerprint' in examined ? examined : undefined;
}

/** Everything of an examination that is counted. `examined`: what was read of each clip of the data set, in its order. */
export function countDataset(
  dataset: Dataset,
  examined: readonly ExaminedClip[],
  columns: readonly string[],
): Omit<DatasetExamination, 'groups' | 'findings' | 'window'> {
  const facts = examined.map(factsOf).filter((one) => one !== undefined);
  const lengths = Float64Array.from(facts, ({ seconds }) => seconds).sort();
  const heard = facts.filter(({ levels }) => !isSilent(levels));
  const loudness = Float64Array.from(heard, ({ levels }) => decibels(levels.rms)).sort();
  return {
    name: dataset.name,
    root: dataset.root,
    clips: dataset.clips.length,
    readable: facts.length,
    seconds: lengths.reduce((sum, seconds) => sum + seconds, 0),
    splits: splitTotals(dataset.clips, examined),
    columns: columns.map((column) => countColumn(column, dataset, examined)),
    lengths: { ...spreadOf(lengths), bins: lengthBins(lengths) },
    loudness: loudness.length > 0 ? spreadOf(loudness) : null,
    sampleRates: counted(facts.map(({ sampleRate }) => sampleRate)),
    channels: counted(facts.map(({ channels }) => channels)),
    containers: counted(facts.map(({ container }) => container)),
    notes: dataset.notes,
  };
}

function spreadOf(sorted: Float64Array): Spread {
  const at = (share: number) => quantile(sorted, share);
  return { least: at(0), low: at(0.05), median: at(0.5), high: at(0.95), greatest: at(1) };
}

/** Values and how often they occur, the most frequent first. */
function counted<Value extends string | number>(values: readonly Value[]): Counted<Value>[] {
  const clips = new Map<Value, number>();
  for (const value of values) clips.set(value, (clips.get(value) ?? 0) + 1);
  return [...clips]
    .map(([value, count]) => ({ value, clips: count }))
    .sort((a, b) => b.clips - a.clips || (a.value < b.value ? -1 : 1));
}

function splitTotals(clips: readonly Clip[], examined: readonly ExaminedClip[]): DatasetExamination['splits'] {
  const totals = {
    train: { clips: 0, seconds: 0 },
    validation: { clips: 0, seconds: 0 },
    test: { clips: 0, seconds: 0 },
  };
  for (const [index, { split }] of clips.entries()) {
    totals[split].clips++;
    totals[split].seconds += factsOf(examined[index])?.seconds ?? 0;
  }
  return totals;
}

interface Members {
  clips: number;
  seconds: number;
  readonly splits: Record<Split, number>;
  readonly descriptors: Map<string, number[]>;
}

function countColumn(column: string, dataset: Dataset, examined: readonly ExaminedClip[]): ColumnCounts {
  const { clips, classes } = dataset;
  const labels = classes[column] ?? [];
  const members = new Map<string, Members>(labels.map((label) => [label, noMembers()]));
  let unlabelled = 0;
  for (const [index, clip] of clips.entries()) {
    const label = clip.labels[column];
    const group = label === undefined ? undefined : members.get(label);
    if (group === undefined) unlabelled++;
    else addMember(group, clip.split, factsOf(examined[index]));
  }
  const counts = [...members].map(([label, group]) => classCount(label, group));
  const sizes = counts.map((one) => one.clips).filter((size) => size > 0);
  return {
    column,
    classes: counts,
    unlabelled,
    skew: sizes.length === 0 ? 0 : greatest(sizes) / -greatest(sizes.map((size) => -size)),
    identifier: namesClips(dataset, column),
  };
}

/** Without a spread of as many arguments as there are classes, which can be very many. */
function greatest(values: readonly number[]): number {
  return values.reduce((a, b) => Math.max(a, b), Number.NEGATIVE_INFINITY);
}

function noMembers(): Members {
  return { clips: 0, seconds: 0, splits: { train: 0, validation: 0, test: 0 }, descriptors: new Map() };
}

function addMember(members: Members, split: Split, facts: ClipFacts | undefined): void {
  members.clips++;
  members.splits[split]++;
  members.seconds += facts?.seconds ?? 0;
  for (const [name, value] of Object.entries(facts?.descriptors ?? {})) {
    const values = members.descriptors.get(name);
    if (!Number.isFinite(value)) continue;
    if (values) values.push(value);
    else members.descriptors.set(name, [value]);
  }
}

function classCount(label: string, { clips, seconds, splits: inSplits, descriptors }: Members): ClassCount {
  const medians = [...descriptors].map(([name, values]) => [name, quantile(Float64Array.from(values).sort(), 0.5)]);
  return {
    label,
    clips,
    splits: inSplits,
    seconds,
    ...(medians.length > 0 ? { descriptors: Object.fromEntries(medians) } : {}),
  };
}
