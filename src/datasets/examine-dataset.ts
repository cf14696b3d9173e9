import { BadInputError } from '../errors.ts';
import type { DescriptorName } from '../features/index.ts';
import { chooseExamples, exampleCandidates } from './class-examples.ts';
import { countDataset, namesClips } from './dataset-counts.ts';
import type { ClassExample, DatasetExamination } from './dataset-examination.ts';
import { type ClipGrouping, findingsOf } from './dataset-findings.ts';
import type { ExaminedClip } from './examine-clip.ts';
import { examineClips } from './examine-clips.ts';
import { groupingBy } from './splits.ts';
import type { Clip, Dataset } from './types.ts';

export interface ExamineDatasetOptions {
  /** The one label column that is of interest; by default all. */
  readonly label?: string;
  /**
   * What should not be in two splits: the data set's own group (the default), a label column, or a regular expression over a clip's id,
   * as `groupBy` of a seeded split.
   */
  readonly groupBy?: string;
  /** Seconds of a window of training, above 0 (default 1). */
  readonly window?: number;
  /** Descriptors whose medians are wanted of each class. */
  readonly descriptors?: readonly DescriptorName[];
  /** Whether a clip of each class is wanted as a log-mel spectrogram. */
  readonly examples?: boolean;
  /** Threads; by default one for each core. */
  readonly workers?: number;
  readonly signal?: AbortSignal;
  /** Clips done, of all. */
  readonly onProgress?: (done: number, total: number) => void;
}

export interface ExaminedDataset {
  readonly examination: DatasetExamination;
  /** Empty unless asked for. */
  readonly examples: readonly ClassExample[];
}

/**
 * Reads every clip of a data set once and says what is in it and what seems wrong with it: unreadable, silent, clipped and equal clips, groups
 * and classes that lie badly in the splits. Of a clip some numbers are kept, so memory does not grow with its length. Throws
 * BadInputError where the column or group is not there or no clip can be read, and the signal's reason where it is aborted.
 */
export async function examineDataset(dataset: Dataset, options: ExamineDatasetOptions = {}): Promise<ExaminedDataset> {
  const { window = 1, descriptors, signal, onProgress } = options;
  const columns = chosenColumns(dataset, options.label);
  const grouping = groupingOf(dataset, options.groupBy);
  const shown = columns.filter((column) => columns.length === 1 || !namesClips(dataset, column));
  const candidates = options.examples ? shown.flatMap((column) => exampleCandidates(dataset.clips, column)) : [];
  const wanted = new Set(candidates.flatMap(({ places }) => places));

  const { clips } = dataset;
  const order = dataset.readingOrder ?? Uint32Array.from(clips.keys());
  const examined = new Array<ExaminedClip>(clips.length);
  let done = 0;
  onProgress?.(0, clips.length);
  const reading = examineClips(
    Array.from(order, (place) => clips[place] as Clip),
    {
      workers: options.workers,
      signal,
      extras: (index) => ({ example: wanted.has(order[index] ?? -1), descriptors }),
    },
  );
  for await (const clip of reading) {
    examined[order[done] ?? -1] = clip;
    done++;
    onProgress?.(done, clips.length);
  }
  const counts = countDataset(dataset, examined, columns);
  if (counts.readable === 0) {
    const [first] = examined;
    throw new BadInputError(
      `${dataset.name}: expected at least one clip that can be read, found none of ${clips.length}${first && 'reason' in first ? `; ${first.reason}` : ''}`,
    );
  }
  const findings = findingsOf({
    clips,
    examined,
    columns: counts.columns,
    totals: counts.splits,
    grouping,
    window,
  });
  const groups = grouping && countGroups(clips, grouping);
  return {
    examination: { ...counts, ...(groups ? { groups } : {}), window, findings },
    examples: chooseExamples(clips, examined, candidates, window),
  };
}

function chosenColumns(dataset: Dataset, label: string | undefined): string[] {
  const columns = Object.keys(dataset.classes);
  if (label === undefined) return columns;
  if (!columns.includes(label)) {
    throw new BadInputError(
      `label: expected a label column of ${dataset.name} (${columns.join(', ') || 'it has none'}), found "${label}"`,
    );
  }
  return [label];
}

function groupingOf(dataset: Dataset, groupBy: string | undefined): ClipGrouping | undefined {
  const { clips, groupName } = dataset;
  if (groupBy === undefined || (groupBy === groupName && clips.some(({ group }) => group !== undefined))) {
    if (clips.every(({ group }) => group === undefined)) return undefined;
    const by = groupName ?? 'group';
    return { by, noun: by, groupOf: ({ group }) => group };
  }
  const columns = Object.keys(dataset.classes);
  const keyOf = groupingBy(groupBy, { columns }, 'groupBy');
  const groupOf = (clip: Clip) => {
    const key = keyOf(clip);
    return key === clip.id ? undefined : key;
  };
  if (!clips.some((clip) => groupOf(clip) !== undefined)) {
    const known = [...(groupName === undefined ? [] : [groupName]), ...columns].join(', ');
    throw new BadInputError(
      `groupBy: expected a column of ${dataset.name} (${known}) or a regular expression that matches in its clips' names, such as "${clips[0]?.id}", found "${groupBy}"`,
    );
  }
  return { by: groupBy, noun: columns.includes(groupBy) ? groupBy : 'group', groupOf };
}

function countGroups(clips: readonly Clip[], { by, groupOf }: ClipGrouping): DatasetExamination['groups'] {
  const groups = new Set<string>();
  let ungrouped = 0;
  for (const clip of clips) {
    const group = groupOf(clip);
    if (group === undefined) ungrouped++;
    else groups.add(group);
  }
  return { by, count: groups.size, ungrouped };
}
