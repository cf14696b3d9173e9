import * as tf from '@tensorflow/tfjs';
import type { Split } from '../datasets/types.ts';
import { evaluationWindows } from '../datasets/windows.ts';
import { type AudioCnn, type FrozenAudioCnn, freezeAudioCnn } from '../models/index.ts';
import { type Prediction, scoreTask } from './metrics.ts';
import type { EvaluationResult } from './results.ts';
import type { Head, TaskSource } from './sources.ts';

export interface EvaluateOptions {
  readonly split: Split | 'all';
  /** Windows of one forward pass. */
  readonly batch: number;
  readonly signal?: AbortSignal;
  readonly onProgress?: (done: number, total: number) => void;
}

export interface ScoredSplit {
  readonly result: EvaluationResult;
  /** Task → what the model said of each clip. */
  readonly predictions: ReadonlyMap<string, readonly Prediction[]>;
}

/**
 * Scores a split by the paper's protocol: 1 s windows over the whole clip without overlap, logits averaged before the softmax, accuracy by
 * clip. Heads come in the model's order.
 */
export async function evaluateModel(
  model: AudioCnn,
  sources: readonly TaskSource[],
  options: EvaluateOptions,
): Promise<ScoredSplit> {
  const predictions = new Map<string, Prediction[]>();
  const heads = new Map<string, Head>();
  const network = freezeAudioCnn(model);
  try {
    for (const source of sources) {
      for (const head of source.heads) heads.set(head.name, head);
      for (const [task, found] of await predictSource(network, source, options)) predictions.set(task, found);
    }
  } finally {
    network.dispose();
  }
  const order = Object.keys(model.options.heads).flatMap((task) => heads.get(task) ?? []);
  return {
    result: {
      split: options.split,
      tasks: order.map(({ name, classes }) => scoreTask(name, classes, predictions.get(name) ?? [])),
    },
    predictions,
  };
}

async function predictSource(
  network: FrozenAudioCnn,
  { store, heads }: TaskSource,
  { split, batch, signal, onProgress }: EvaluateOptions,
): Promise<Map<string, Prediction[]>> {
  const { frames } = network.options;
  const windows = [...evaluationWindows(store, split)];
  /** Task → clip → sum of the logits over its windows. */
  const sums = new Map(heads.map(({ name }) => [name, new Map<number, Float64Array>()]));
  for (let from = 0; from < windows.length; from += batch) {
    signal?.throwIfAborted();
    const group = windows.slice(from, from + batch);
    const features = new Float32Array(group.length * frames * store.bins); // [windows, frames, bins]
    group.forEach(({ index, start }, row) => {
      store.read(index, start, frames, features, row * frames * store.bins);
    });
    const logits = windowLogits(network, features, group.length);
    for (const { name, classes } of heads) {
      const values = logits[name] ?? new Float32Array();
      group.forEach(({ index }, row) => {
        const clips = sums.get(name);
        const sum = clips?.get(index) ?? new Float64Array(classes.length);
        for (let c = 0; c < classes.length; c++) sum[c] = (sum[c] ?? 0) + (values[row * classes.length + c] ?? 0);
        clips?.set(index, sum);
      });
    }
    onProgress?.(Math.min(windows.length, from + batch), windows.length);
    await new Promise(setImmediate);
  }
  return new Map(
    heads.map(({ name, label, classes }) => {
      const numbers = new Map(classes.map((one, number) => [one, number]));
      const found = [...(sums.get(name) ?? [])].flatMap(([index, sum]): Prediction[] => {
        const clip = store.clips[index];
        const truth = numbers.get(clip?.labels[label] ?? '');
        if (clip === undefined || truth === undefined) return [];
        const count = store.evaluationStarts(index).length;
        return [{ id: clip.id, truth, logits: sum.map((value) => value / count) }];
      });
      return [name, found];
    }),
  );
}

/**
 * Logits of windows.
 * @param features [windows, frames, bins]
 * @returns task → [windows, classes]
 */
export function windowLogits(
  network: FrozenAudioCnn,
  features: Float32Array,
  windows: number,
): Record<string, Float32Array> {
  const { frames, bins } = network.options;
  return tf.tidy(() => {
    const logits = network.forward(tf.tensor4d(features, [windows, frames, bins, 1]));
    return Object.fromEntries(
      Object.entries(logits).map(([task, values]) => [task, values.dataSync() as Float32Array]),
    );
  });
}
