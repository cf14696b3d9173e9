import * as tf from '@tensorflow/tfjs';
import type { Batch } from '../datasets/types.ts';
import type { Head, TaskSource } from './sources.ts';

/** Weight of each class in a head's loss: absent where all weigh 1. */
export type ClassWeights = Readonly<Record<string, Float32Array>>;

/**
 * Inverse class frequencies among the training clips, scaled so that the mean over clips is 1 (scikit-learn's `balanced`).
 * A class without training clips weighs 0.
 */
export function classWeights(sources: readonly TaskSource[]): ClassWeights {
  const weights: Record<string, Float32Array> = {};
  for (const { store, heads } of sources) {
    for (const { name, label, classes } of heads) {
      const counts = new Map<string, number>();
      for (const clip of store.clips) {
        const value = clip.labels[label];
        if (clip.split === 'train' && value !== undefined) counts.set(value, (counts.get(value) ?? 0) + 1);
      }
      const present = classes.filter((one) => (counts.get(one) ?? 0) > 0);
      const total = present.reduce((sum, one) => sum + (counts.get(one) ?? 0), 0);
      weights[name] = Float32Array.from(classes, (one) => {
        const count = counts.get(one) ?? 0;
        return count > 0 ? total / (present.length * count) : 0;
      });
    }
  }
  return weights;
}

/**
 * What a batch asks of each head: a matrix [batch, classes] whose row is, for a labelled example, its class weight over the number of
 * labelled examples (shared between two classes under mixup), and 0 for the others. The head's loss, the mean cross-entropy of
 * its labelled examples, is then −Σ target · log softmax(logits); being a sum over rows, it can be taken micro-batch by micro-batch.
 */
export type Targets = Readonly<Record<string, Float32Array>>;

export function makeTargets(batch: Batch, heads: readonly Head[], weights: ClassWeights = {}): Targets {
  const targets: Record<string, Float32Array> = {};
  for (const { name, classes } of heads) {
    const labels = batch.labels[name] ?? new Int32Array(batch.size).fill(-1);
    const labelled = labels.reduce((count, label) => count + (label >= 0 ? 1 : 0), 0);
    const target = new Float32Array(batch.size * classes.length);
    const add = (row: number, label: number, share: number) => {
      const at = row * classes.length + label;
      target[at] = (target[at] ?? 0) + (share * (weights[name]?.[label] ?? 1)) / labelled;
    };
    for (let row = 0; row < batch.size; row++) {
      const first = labels[row] ?? -1;
      if (first < 0) continue; // nor does what it was mixed with count
      const share = batch.mixed?.weight[row] ?? 1;
      add(row, first, share);
      // A row that is mixed with one that this head has no label for is counted whole.
      const other = batch.mixed?.labels[name]?.[row] ?? -1;
      if (share < 1) add(row, other < 0 ? first : other, 1 - share);
    }
    targets[name] = target;
  }
  return targets;
}

/** Rows `first`, `first` + `step`, … of a row-major matrix with rows of `width`. */
export function everyRow(values: Float32Array, width: number, first: number, step: number): Float32Array {
  const rows = Math.ceil((values.length / width - first) / step);
  const picked = new Float32Array(rows * width);
  for (let i = 0; i < rows; i++) {
    const from = (first + i * step) * width;
    picked.set(values.subarray(from, from + width), i * width);
  }
  return picked;
}

/**
 * Each head's loss on some rows, in nats.
 * @param logits head → [rows, classes]
 * @param targets head → rows of `makeTargets`
 */
export function headLosses(
  logits: Readonly<Record<string, tf.Tensor2D>>,
  targets: Targets,
  heads: readonly Head[],
): tf.Scalar[] {
  return heads.map(({ name, classes }) => {
    const values = logits[name] as tf.Tensor2D;
    const target = tf.tensor2d(targets[name] ?? new Float32Array(), [values.shape[0], classes.length]);
    return tf.neg(tf.sum(tf.mul(target, tf.logSoftmax(values)))) as tf.Scalar;
  });
}
