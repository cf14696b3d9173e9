import { existsSync, readFileSync } from 'node:fs';
import * as tf from '@tensorflow/tfjs';
import { z } from 'zod';
import { writeFileAtomicSync } from '../atomic-file.ts';
import { BadInputError } from '../errors.ts';
import type { AudioCnn } from '../models/index.ts';
import { readSafetensors, type StoredTensor, writeSafetensors } from '../safetensors.ts';
import type { Optimizer } from './optimizer.ts';
import { checkpointFile } from './run-folder.ts';

/** What a run must remember besides tensors to go on exactly: plain JSON, kept in the state file's metadata. */
export const progressSchema = z.strictObject({
  step: z.int().min(0),
  examples: z.int().min(0),
  seconds: z.number().min(0),
  /** Mean validation accuracy of the best checkpoint, and its step; −1 before the first validation. */
  bestAccuracy: z.number(),
  bestStep: z.int().min(0),
  /** Validations since the best one. */
  stale: z.int().min(0),
  /** Where the batch sampler stands. */
  batches: z.unknown(),
});
export type Progress = z.output<typeof progressSchema>;

const slotPrefix = 'optimizer.';

function weightsOf(model: AudioCnn): Map<string, StoredTensor> {
  return new Map(
    [...model.parameters].map(([name, { variable }]) => [
      name,
      { dtype: 'float32', shape: variable.shape, data: Float32Array.from(variable.dataSync()) },
    ]),
  );
}

/** Writes a model's parameters (strides and moving statistics included) as safetensors. */
export function saveWeights(directory: string, kind: 'best' | 'last', model: AudioCnn, step: number): void {
  writeFileAtomicSync(checkpointFile(directory, kind), writeSafetensors(weightsOf(model), { step: String(step) }));
}

/**
 * Writes everything that the next step depends on into one file, so that whatever moment a run is killed at, weights, optimiser and random
 * streams that are read back belong together.
 */
export function saveState(directory: string, model: AudioCnn, optimizer: Optimizer, progress: Progress): void {
  const tensors = weightsOf(model);
  for (const [name, { shape, data }] of optimizer.state()) {
    tensors.set(`${slotPrefix}${name}`, { dtype: 'float32', shape, data });
  }
  const metadata = { progress: JSON.stringify(progress) };
  writeFileAtomicSync(checkpointFile(directory, 'state'), writeSafetensors(tensors, metadata));
}

/**
 * Puts a checkpoint's parameters into a model. The last weights of a run that has not ended are those of its state.
 * @throws BadInputError where there is no such checkpoint, or it is of another architecture.
 */
export function loadWeights(directory: string, kind: 'best' | 'last', model: AudioCnn): void {
  const file = checkpointFile(directory, kind);
  const state = checkpointFile(directory, 'state');
  const found = kind === 'last' && !existsSync(file) && existsSync(state) ? state : file;
  assignWeights(withoutSlots(readFile(found).tensors), model, found);
}

function withoutSlots<T>(tensors: ReadonlyMap<string, T>): Map<string, T> {
  return new Map([...tensors].filter(([name]) => !name.startsWith(slotPrefix)));
}

/** Goes on from `saveState`; undefined where the run has none yet. @throws BadInputError as `loadWeights`. */
export function loadState(directory: string, model: AudioCnn, optimizer: Optimizer): Progress | undefined {
  const file = checkpointFile(directory, 'state');
  if (!existsSync(file)) return undefined;
  const { tensors, metadata } = readFile(file);
  const progress = parseProgress(metadata.progress, file);
  assignWeights(withoutSlots(tensors), model, file);
  const slots = [...tensors].filter(([name]) => name.startsWith(slotPrefix));
  optimizer.restore(
    new Map(slots.map(([name, { shape, data }]) => [name.slice(slotPrefix.length), { shape, data }])),
    progress.step,
  );
  return progress;
}

function readFile(file: string) {
  if (!existsSync(file)) throw new BadInputError(`${file}: expected a checkpoint, found no such file`);
  return readSafetensors(readFileSync(file), file);
}

function parseProgress(text: string | undefined, file: string): Progress {
  try {
    return progressSchema.parse(JSON.parse(text ?? ''));
  } catch {
    throw new BadInputError(`${file}: expected the state of a run in its metadata, found ${text ? 'another' : 'none'}`);
  }
}

function assignWeights(
  tensors: ReadonlyMap<string, { shape: readonly number[]; data: ArrayLike<number> }>,
  model: AudioCnn,
  file: string,
): void {
  for (const [name, { variable }] of model.parameters) {
    const found = tensors.get(name);
    if (found === undefined || found.shape.join() !== variable.shape.join()) {
      const shape = found === undefined ? 'none of that name' : `[${found.shape.join(', ')}]`;
      throw new BadInputError(
        `${file}: a checkpoint of another architecture: expected "${name}" [${variable.shape.join(', ')}], found ${shape}`,
      );
    }
  }
  const stray = [...tensors.keys()].find((name) => !model.parameters.has(name));
  if (stray !== undefined) {
    throw new BadInputError(`${file}: a checkpoint of another architecture: "${stray}" has no place in this model`);
  }
  for (const [name, { shape, data }] of tensors) {
    const values = tf.tensor(Float32Array.from(data), [...shape]);
    model.parameters.get(name)?.variable.assign(values);
    values.dispose();
  }
}
