import { simdLogMelSource } from '../backend/log-mel/index.ts';
import { openDataset } from '../datasets/catalogue.ts';
import { openFeatureStore } from '../datasets/feature-cache.ts';
import type { Dataset, FeatureStore, Split } from '../datasets/types.ts';
import { BadInputError } from '../errors.ts';
import { resolveFeatures } from '../features/index.ts';
import { featureOptions } from '../pipeline/feature-options.ts';
import type { Pipeline, TaskSettings } from '../pipeline/schema.ts';

/** One head of the model: a task's label column and its classes, in the order of the logits. */
export interface Head {
  readonly name: string;
  readonly label: string;
  readonly classes: readonly string[];
  /** Weight of the task's loss. */
  readonly weight: number;
}

/** A data set under one split, with every head that it has labels for. */
export interface TaskSource {
  readonly dataset: Dataset;
  readonly store: FeatureStore;
  readonly heads: readonly Head[];
}

export interface OpenSourcesOptions {
  readonly cacheDirectory?: string;
  readonly signal?: AbortSignal;
  /** `data`: making or indexing a data set; `features`: reading its clips. */
  readonly onProgress?: (phase: 'data' | 'features', dataset: string, done: number, total: number) => void;
  /** Classes of each task where they are fixed already (a trained model's), instead of the data set's. */
  readonly classes?: Readonly<Record<string, readonly string[]>>;
}

/**
 * Opens the data of a pipeline's tasks: tasks of one data set and split share one source, so NSynth is one source with two heads.
 * @throws BadInputError naming the task: no such label column, fewer than two classes, a class of one's own data that is scored but never trained.
 */
export async function openSources(pipeline: Pipeline, options: OpenSourcesOptions = {}): Promise<TaskSource[]> {
  const groups = Map.groupBy(pipeline.tasks, ({ dataset, split }) => JSON.stringify([dataset, split]));
  const sources: TaskSource[] = [];
  try {
    for (const tasks of groups.values()) sources.push(await openSource(tasks, pipeline, options));
  } catch (error) {
    closeSources(sources);
    throw error;
  }
  return sources;
}

export function closeSources(sources: readonly TaskSource[]): void {
  for (const { store } of sources) store.close();
}

/** Heads of all sources, in the order of the pipeline's tasks. */
export function headsOf(sources: readonly TaskSource[], pipeline: Pipeline): Head[] {
  const heads = new Map(sources.flatMap((source) => source.heads.map((head) => [head.name, head] as const)));
  return pipeline.tasks.flatMap(({ name }) => heads.get(name) ?? []);
}

async function openSource(
  tasks: readonly TaskSettings[],
  pipeline: Pipeline,
  options: OpenSourcesOptions,
): Promise<TaskSource> {
  const [first] = tasks;
  if (first === undefined) throw new BadInputError('tasks: expected at least one, found none');
  const { cacheDirectory, signal, onProgress } = options;
  const dataset = await openDataset(first.dataset, {
    split: first.split,
    label: first.label,
    ...(cacheDirectory === undefined ? {} : { cacheDirectory }),
    ...(signal === undefined ? {} : { signal }),
    onProgress: (done, total) => onProgress?.('data', first.dataset, done, total),
  });
  const heads = tasks.map((task) => makeHead(task, dataset, options.classes?.[task.name]));
  const store = await openFeatureStore(dataset, {
    features: resolveFeatures(featureOptions(pipeline.features)),
    waveform: pipeline.features.waveform,
    window: pipeline.train.window,
    maxBad: pipeline.train.maxBad,
    ...(cacheDirectory === undefined ? {} : { cacheDirectory }),
    ...(signal === undefined ? {} : { signal }),
    transform: simdLogMelSource,
    onProgress: (done, total) => onProgress?.('features', dataset.name, done, total),
  });
  return { dataset, store, heads };
}

function makeHead(task: TaskSettings, dataset: Dataset, fixed: readonly string[] | undefined): Head {
  const columns = Object.keys(dataset.classes);
  const label = task.label ?? columns[0];
  const own = label === undefined ? undefined : dataset.classes[label];
  if (label === undefined || own === undefined) {
    const found = task.label === undefined ? 'none' : `"${task.label}"`;
    throw new BadInputError(
      `task "${task.name}": expected a label column of ${dataset.name} (${columns.join(', ') || 'it has none'}), found ${found}`,
    );
  }
  const head = (classes: readonly string[]): Head => ({ name: task.name, label, classes, weight: task.weight });
  if (fixed !== undefined) {
    refuseUnknown(task, dataset, own, fixed);
    return head(fixed);
  }
  if (own.length < 2) {
    throw new BadInputError(
      `task "${task.name}": expected at least two classes in ${dataset.name}, found ${own.length === 1 ? `only "${own[0]}"` : 'none'}`,
    );
  }
  refuseUntrained(task, dataset, label);
  return head(own);
}

/** Data that a trained model is scored on must speak of the model's classes: a clip of another could only be wrong. */
function refuseUnknown(task: TaskSettings, dataset: Dataset, own: readonly string[], known: readonly string[]): void {
  const stray = own.find((one) => !known.includes(one));
  if (stray === undefined) return;
  throw new BadInputError(
    `task "${task.name}": expected in ${dataset.name} only labels that the model was trained on (${known.join(', ')}), found "${stray}"`,
  );
}

/** A class that is scored but never trained is a mistake in one's own data; public data sets have such classes by design. */
function refuseUntrained(task: TaskSettings, dataset: Dataset, label: string): void {
  if (!/^(folder|manifest):/.test(task.dataset)) return;
  const trained = new Set(dataset.clips.filter((clip) => clip.split === 'train').map((clip) => clip.labels[label]));
  const stray = dataset.clips.find((clip) => clip.labels[label] !== undefined && !trained.has(clip.labels[label]));
  if (stray !== undefined && trained.size > 0) {
    throw new BadInputError(
      `task "${task.name}": expected every label of ${dataset.name} in its training clips, found "${stray.labels[label]}" only in ${stray.split} (${stray.id})`,
    );
  }
}

/** Labelled clips of a head in a split. */
export function countClips({ store }: TaskSource, head: Head, split: Split): number {
  const known = new Set(head.classes);
  return store.clips.filter((clip) => clip.split === split && known.has(clip.labels[head.label] ?? '')).length;
}

/** What the data say of themselves, and which clips are left out or filled up. */
export function describeData(sources: readonly TaskSource[]): string[] {
  return sources.flatMap(({ dataset, store }) => [
    ...dataset.notes,
    ...(store.bad.length > 0
      ? [
          `${dataset.name}: ${store.bad.length} clips cannot be read and are left out: ${listSome(store.bad.map(({ reason }) => reason))}`,
        ]
      : []),
    ...(store.padded > 0
      ? [`${dataset.name}: ${store.padded} clips are shorter than a window and were padded with zeros`]
      : []),
  ]);
}

function listSome(items: readonly string[]): string {
  return items.length > 3 ? `${items.slice(0, 3).join('; ')}; …` : items.join('; ');
}
