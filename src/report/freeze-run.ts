import path from 'node:path';
import * as tf from '@tensorflow/tfjs';
import { writeFileAtomic } from '../atomic-file.ts';
import { freezeAudioCnn, readFrozenAudioCnn } from '../models/index.ts';
import { stream } from '../random.ts';
import { loadModel } from '../train/load-model.ts';

/** A frozen network as written, and how far its logits are from the model's. */
export interface FrozenRun {
  file: string;
  bytes: number;
  /** Input that it takes: frames and mel bins. */
  frames: number;
  bins: number;
  /** Greatest difference of a logit, relative to the largest logit, over random input. */
  difference: number;
}

/** Random examples on which the frozen network is compared with the model. */
const checkedExamples = 4;

/**
 * Bakes a run's trained network into constant matrices (every mask included) and writes it as one safetensors file. The file is
 * read back and compared with the model on random input. A backend must be set.
 */
export async function freezeRun(directory: string, file?: string): Promise<FrozenRun> {
  const { model, run } = await loadModel(directory);
  const written = file ?? path.join(run.directory, 'frozen.safetensors');
  const frozen = freezeAudioCnn(model);
  const bytes = frozen.toBytes();
  frozen.dispose();
  await writeFileAtomic(written, bytes);
  const { frames, bins } = model.options;
  const random = stream(0, 'freeze');
  const values = Float32Array.from({ length: checkedExamples * frames * bins }, () => 2 * random.normal() - 4);
  const read = readFrozenAudioCnn(bytes, written);
  const difference = tf.tidy(() => {
    const x = tf.tensor4d(values, [checkedExamples, frames, bins, 1]);
    const expected = model.forward(x).logits;
    const found = read.forward(x);
    const differences = Object.entries(expected).map(([task, logits]) => {
      const largest = tf.max(tf.abs(logits)).dataSync()[0] ?? 1;
      const other = found[task];
      if (other === undefined) throw new Error(`the frozen network has no head "${task}"`);
      return (tf.max(tf.abs(tf.sub(logits, other))).dataSync()[0] ?? Number.NaN) / Math.max(largest, 1e-12);
    });
    return Math.max(...differences);
  });
  read.dispose();
  model.dispose();
  return { file: written, bytes: bytes.byteLength, frames, bins, difference };
}
