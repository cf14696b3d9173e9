import { readAudio } from '../audio/index.ts';
import { evaluationStarts, paddedSamples } from '../datasets/windows.ts';
import { logMel } from '../features/index.ts';
import { freezeAudioCnn } from '../models/index.ts';
import { windowLogits } from './evaluate-model.ts';
import type { LoadedModel } from './load-model.ts';
import { softmax } from './metrics.ts';

/** Probabilities of a task's classes, the most likely first. */
export interface TaskPrediction {
  readonly task: string;
  readonly classes: readonly { readonly label: string; readonly probability: number }[];
}

export interface FilePrediction {
  readonly file: string;
  readonly seconds: number;
  /** The clip is shorter than a window and was padded with zeros. */
  readonly padded: boolean;
  /** Of the whole clip: logits averaged over its windows before the softmax. */
  readonly tasks: readonly TaskPrediction[];
  /** Of each window by itself. */
  readonly windows: readonly {
    readonly start: number;
    readonly end: number;
    readonly tasks: readonly TaskPrediction[];
  }[];
}

/** Windows of one forward pass. */
const batch = 64;

/**
 * What a model says of a recording, read and cut as at evaluation. A backend must be set.
 * @throws BadInputError where the file is not audio (see `readAudio`).
 */
export async function predictFile(loaded: LoadedModel, file: string): Promise<FilePrediction> {
  const { model, features, windows, labels } = loaded;
  const samples = await readAudio(file, { sampleRate: features.sampleRate });
  const padded = new Float32Array(paddedSamples(samples.length, windows));
  padded.set(samples);
  const { values, bins } = logMel(padded, features);
  const starts = evaluationStarts(samples.length, windows);
  const logits = new Map(Object.keys(labels).map((task) => [task, [] as Float64Array[]]));
  const network = freezeAudioCnn(model);
  try {
    for (let from = 0; from < starts.length; from += batch) {
      const group = starts.slice(from, from + batch);
      const rows = new Float32Array(group.length * windows.frames * bins); // [windows, frames, bins]
      group.forEach((start, row) => {
        rows.set(values.subarray(start * bins, (start + windows.frames) * bins), row * windows.frames * bins);
      });
      for (const [task, found] of Object.entries(windowLogits(network, rows, group.length))) {
        const classes = found.length / group.length;
        for (let row = 0; row < group.length; row++) {
          logits.get(task)?.push(Float64Array.from(found.subarray(row * classes, (row + 1) * classes)));
        }
      }
    }
  } finally {
    network.dispose();
  }
  const { hopLength, sampleRate } = features;
  return {
    file,
    seconds: samples.length / sampleRate,
    padded: samples.length < windows.samples,
    tasks: [...logits].map(([task, found]) => ranked(task, labels[task]?.classes ?? [], mean(found))),
    windows: starts.map((start, window) => ({
      start: (start * hopLength) / sampleRate,
      end: (start * hopLength + windows.samples) / sampleRate,
      tasks: [...logits].map(([task, found]) =>
        ranked(task, labels[task]?.classes ?? [], found[window] ?? new Float64Array()),
      ),
    })),
  };
}

function mean(rows: readonly Float64Array[]): Float64Array {
  const sum = new Float64Array(rows[0]?.length ?? 0);
  for (const row of rows) {
    row.forEach((value, i) => {
      sum[i] = (sum[i] ?? 0) + value / rows.length;
    });
  }
  return sum;
}

function ranked(task: string, classes: readonly string[], logits: Float64Array): TaskPrediction {
  const probabilities = softmax(logits);
  return {
    task,
    classes: classes
      .map((label, i) => ({ label, probability: probabilities[i] ?? 0 }))
      .sort((a, b) => b.probability - a.probability),
  };
}
