import { byCodeUnit } from './audio-files.ts';
import type { LabelledFiles, UnsplitClip } from './labelled-files.ts';
import { classesOf } from './labels.ts';
import type { SourceFile } from './source-tree.ts';
import { defaultSeededSplit, groupingBy, seededSettings, seededSplits } from './splits.ts';
import type { Clip, Dataset, Split, SplitChoice } from './types.ts';

/** A public data set before its splits. `clips` come in the order in which they are best read. */
export interface PublicClips extends LabelledFiles {
  readonly split: SplitChoice;
  /** What seeded splits share out evenly. */
  readonly stratumOf: (clip: UnsplitClip) => string;
  /** The official classes of columns that have a fixed list. */
  readonly classes: Readonly<Record<string, readonly string[]>>;
  readonly precision?: 'float16' | 'float32';
  readonly pcm16Rate?: number;
  /** What the paper's counts mean here: a split for each clip, or undefined for one that is left out. */
  readonly paperSplits: (clips: readonly UnsplitClip[]) => (Split | undefined)[];
}

/** The source of a clip, for its `path` and `member`. */
export function sourceOf(source: SourceFile): Pick<Clip, 'path' | 'member'> {
  return source.member === undefined ? { path: source.path } : { path: source.path, member: source.member };
}

/** Splits a public data set (`official`, `paper` or seeded) and puts its clips into the order of their ids. */
export function finishPublicDataset(source: PublicClips): Dataset {
  const places = source.clips.map((clip, place) => ({ clip, place })).sort((a, b) => byCodeUnit(a.clip.id, b.clip.id));
  const clips = places.map(({ clip }) => clip);
  const notes = [...source.notes];
  const splits = splitsOf(source, clips, notes);
  const kept: Clip[] = [];
  const keptPlaces: number[] = [];
  for (const [index, clip] of clips.entries()) {
    const split = splits[index];
    if (split === undefined) continue;
    kept.push(withSplit(clip, split));
    keptPlaces.push(places[index]?.place ?? 0);
  }
  if (kept.length < clips.length) {
    notes.push(
      `${clips.length - kept.length} of ${clips.length} clips are left out, as the counts of the ${source.split} splits have it`,
    );
  }
  const { name, root, noise, precision, pcm16Rate } = source;
  return {
    name,
    root,
    clips: kept,
    classes: { ...classesOf(kept), ...source.classes },
    ...(source.groupName !== undefined ? { groupName: source.groupName } : {}),
    notes,
    ...(noise && noise.length > 0 ? { noise } : {}),
    ...(precision ? { precision } : {}),
    ...(pcm16Rate ? { pcm16Rate } : {}),
    ...(kept.some((clip) => clip.member !== undefined) ? { readingOrder: orderOf(keptPlaces) } : {}),
  };
}

/** Written out field by field: a spread of each of 300,000 clips takes a second. */
function withSplit({ id, path, member, labels, group }: UnsplitClip, split: Split): Clip {
  if (member === undefined) return { id, path, split, labels, group };
  return { id, path, member, split, labels, group };
}

/** Indices sorted by their places. */
function orderOf(places: readonly number[]): Uint32Array {
  return Uint32Array.from(places.keys()).sort((a, b) => (places[a] as number) - (places[b] as number));
}

function splitsOf(source: PublicClips, clips: readonly UnsplitClip[], notes: string[]): (Split | undefined)[] {
  if (source.split === 'paper') return source.paperSplits(clips);
  const named = clips.some((clip) => clip.given !== undefined);
  const settings = seededSettings(source.split) ?? (named ? undefined : defaultSeededSplit);
  if (!settings) return clips.map((clip) => clip.given);
  if (source.split === 'official')
    notes.push('there is no official split of the public part, so it is seeded: 10 % validation, 10 % test');
  const columns = Object.keys(clips[0]?.labels ?? {});
  const grouping = groupingBy(settings.groupBy, { group: source.groupName, columns });
  // Groups are kept together only where the data set's own or another one is asked for: the paper, too, splits by clip.
  const together = settings.groupBy === undefined ? (clip: { id: string }) => clip.id : grouping;
  return seededSplits(clips, settings, together, source.stratumOf);
}

/** Clips of each split. */
export function countSplits(dataset: Dataset): Record<string, number> {
  const counts: Record<string, number> = { train: 0, validation: 0, test: 0 };
  for (const { split } of dataset.clips) counts[split] = (counts[split] ?? 0) + 1;
  return counts;
}
