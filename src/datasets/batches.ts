import { z } from 'zod';
import { BadInputError } from '../errors.ts';
import { type RandomStream, stream } from '../random.ts';
import {
  balancedOrder,
  balancedStateSchema,
  type ClipOrder,
  shuffledOrder,
  shuffledStateSchema,
} from './clip-order.ts';
import type { Batch, FeatureStore } from './types.ts';

/** One head: its name, and the label column and classes it is trained on. */
export interface SourceTask {
  readonly name: string;
  readonly label: string;
  readonly classes: readonly string[];
}

/** A data set with one split, and every head that it has labels for. */
export interface BatchSource {
  readonly store: FeatureStore;
  readonly tasks: readonly SourceTask[];
}

/** One row of a batch: frames from `start` of clip `clip` of a source. */
export interface BatchWindow {
  readonly source: number;
  readonly clip: number;
  readonly start: number;
  /** Batches before this one. */
  readonly step: number;
  readonly row: number;
}

export interface BatchOptions {
  readonly sources: readonly BatchSource[];
  /** Rows of a batch, over all sources. */
  readonly batch: number;
  /** Frames of a window. */
  readonly frames: number;
  readonly seed: number;
  /** `balanced`: the classes of a source's first task are drawn equally often. `weights` acts on the loss, not here. */
  readonly balance?: 'none' | 'balanced' | 'weights';
  /** Writes the features of a window to `target` at `offset`; by default those in its source's store. It must depend on nothing but its arguments. */
  readonly readWindow?: (window: BatchWindow, target: Float32Array, offset: number) => void;
}

const sourceStateSchema = z.strictObject({
  order: z.union([shuffledStateSchema, balancedStateSchema]),
  windows: z.tuple([z.number(), z.number(), z.number(), z.number()]),
});
const batchStateSchema = z.strictObject({ step: z.int().min(0), sources: z.array(sourceStateSchema) });
/** Where a sampler stands: plain JSON, the same size for any data set. */
export type BatchState = z.output<typeof batchStateSchema>;

export interface BatchSampler {
  /** Training clips of the largest source. */
  readonly examplesPerEpoch: number;
  /** Steps in which the largest source is seen once, rounded up. */
  readonly stepsPerEpoch: number;
  /** The next batch; its arrays are overwritten by the one after it. */
  next(): Batch;
  state(): BatchState;
  /** Goes on from `state()`; throws BadInputError where the state is of other sources or no state at all. */
  restore(state: unknown): void;
}

interface Source {
  readonly store: FeatureStore;
  readonly order: ClipOrder<z.output<typeof sourceStateSchema>['order']>;
  readonly windows: RandomStream;
  readonly size: number;
  /** Task name → class index of each clip of the store, −1 where it has no label. */
  readonly labels: ReadonlyMap<string, Int32Array>;
}

/**
 * Training batches by the paper's protocol: a batch is split equally over the sources, and where that leaves a remainder its rows rotate over
 * them from step to step; each source is shuffled without replacement in a stream of its own and starts over when used up; a
 * window's start is uniform over the clip. Rows come source by source. Throws BadInputError where a source has no training clip.
 */
export function createBatches(options: BatchOptions): BatchSampler {
  const { batch, frames, readWindow } = options;
  const sources = options.sources.map((source, index) => prepareSource(source, index, options));
  const taskNames = [...new Set(sources.flatMap((source) => [...source.labels.keys()]))];
  const examplesPerEpoch = Math.max(...sources.map((source) => source.size));
  let step = 0;

  // One buffer for all batches: allocating and clearing megabytes a step costs more than reading the windows.
  const bins = sources[0]?.store.bins ?? 0;
  const features = new Float32Array(batch * frames * bins); // [batch, frames, bins]
  const labels = Object.fromEntries(taskNames.map((name) => [name, new Int32Array(batch)]));

  function next(): Batch {
    for (const indices of Object.values(labels)) indices.fill(-1);
    let row = 0;
    for (const [index, rows] of sharesOf(batch, sources.length, step).entries()) {
      const source = sources[index] as Source;
      for (let i = 0; i < rows; i++, row++) {
        const clip = source.order.next();
        const start = source.windows.integer(Math.max(1, source.store.trainingFrames(clip) - frames + 1));
        if (readWindow) readWindow({ source: index, clip, start, step, row }, features, row * frames * bins);
        else source.store.read(clip, start, frames, features, row * frames * bins);
        for (const [name, indices] of source.labels) (labels[name] as Int32Array)[row] = indices[clip] as number;
      }
    }
    step++;
    return { features, size: batch, labels };
  }

  return {
    examplesPerEpoch,
    stepsPerEpoch: Math.ceil((examplesPerEpoch * sources.length) / batch),
    next,
    state: () => ({
      step,
      sources: sources.map((source) => ({ order: source.order.state(), windows: source.windows.state() })),
    }),
    restore(value) {
      const parsed = batchStateSchema.safeParse(value);
      if (!parsed.success || parsed.data.sources.length !== sources.length) {
        throw new BadInputError(
          `state of the batches: expected that of ${sources.length} sources, found another or none`,
        );
      }
      step = parsed.data.step;
      for (const [index, source] of sources.entries()) {
        const state = parsed.data.sources[index] as z.output<typeof sourceStateSchema>;
        source.order.restore(state.order);
        source.windows.restore(state.windows);
      }
    },
  };
}

/** Rows of each of `sources` at a step: an equal share, and one more for as many of them as rows remain, rotating from step to step. */
export function sharesOf(batch: number, sources: number, step: number): number[] {
  const equal = Math.floor(batch / sources);
  const remainder = batch - equal * sources;
  const first = (step * remainder) % sources;
  return Array.from(
    { length: sources },
    (_, index) => equal + ((index - first + sources) % sources < remainder ? 1 : 0),
  );
}

function prepareSource(source: BatchSource, index: number, options: BatchOptions): Source {
  const { store, tasks } = source;
  const labels = new Map(tasks.map((task) => [task.name, labelIndices(store, task)]));
  const indices: number[] = [];
  for (const [clip, { split }] of store.clips.entries()) {
    if (split === 'train' && [...labels.values()].some((classes) => (classes[clip] as number) >= 0)) indices.push(clip);
  }
  if (indices.length === 0) {
    throw new BadInputError(
      `tasks ${tasks.map((task) => `"${task.name}"`).join(', ')}: expected labelled training clips, found none among ${store.clips.length} clips`,
    );
  }
  const streamOf = (name: string) => stream(options.seed, `batches/${index}/${name}`);
  const first = labels.get(tasks[0]?.name ?? '');
  const order =
    options.balance === 'balanced' && first
      ? balancedOrder(membersByClass(indices, first), (name) => streamOf(`order/${name}`))
      : shuffledOrder(indices, streamOf('order'));
  return { store, order: checkedOrder(order, index), windows: streamOf('windows'), size: indices.length, labels };
}

/** An order that restores only a state of its own kind. */
function checkedOrder(
  order: ReturnType<typeof shuffledOrder> | ReturnType<typeof balancedOrder>,
  index: number,
): Source['order'] {
  return {
    next: order.next,
    state: order.state,
    restore(state) {
      const own = order.state();
      if ('members' in own !== 'members' in state || memberCount(own) !== memberCount(state)) {
        throw new BadInputError(
          `state of the batches: source ${index} was drawn with another balance or other classes`,
        );
      }
      (order as Source['order']).restore(state);
    },
  };
}

function memberCount(state: z.output<typeof sourceStateSchema>['order']): number {
  return 'members' in state ? state.members.length : 0;
}

function labelIndices(store: FeatureStore, task: SourceTask): Int32Array {
  const numbers = new Map(task.classes.map((name, number) => [name, number]));
  return Int32Array.from(store.clips, (clip) => numbers.get(clip.labels[task.label] ?? '') ?? -1);
}

/** Clips by their class; those that the first task has no label for, but another has, are a group of their own. */
function membersByClass(indices: readonly number[], classes: Int32Array): number[][] {
  const members = new Map<number, number[]>();
  for (const index of indices) {
    const number = classes[index] as number;
    const list = members.get(number);
    if (list) list.push(index);
    else members.set(number, [index]);
  }
  return [...members].sort(([a], [b]) => a - b).map(([, list]) => list);
}
