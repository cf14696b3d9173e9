import { appendFileSync, mkdirSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import type { EvaluationResult, MetricsLine } from '../train/results.ts';
import { confusionImage } from './confusion-image.ts';
import { record, type SummaryValue, startEvent, summaryEvent, versionEvent } from './tensorboard-event.ts';

/** Writes what training logs to an event file that TensorBoard shows while the run goes on. */
export interface TensorBoardWriter {
  file: string;
  /** A line of metrics.jsonl: losses, accuracies, strides, rates. */
  metrics(line: MetricsLine): void;
  /** Scores of a split after `step` steps, with a picture of every confusion matrix. */
  evaluation(result: EvaluationResult, step: number): void;
}

/** The scalars of a line, by TensorBoard's tags: what stands before the slash is a group there. */
export function scalarsOf(line: MetricsLine): SummaryValue[] {
  const values: SummaryValue[] = [
    { tag: 'loss/train', scalar: line.loss },
    { tag: 'training/learning rate', scalar: line.learningRate },
    { tag: 'training/examples per second', scalar: line.examplesPerSecond },
    { tag: 'training/epoch', scalar: line.epoch },
  ];
  const tasks = Object.entries(line.losses);
  if (tasks.length > 1) for (const [task, loss] of tasks) values.push({ tag: `loss/train ${task}`, scalar: loss });
  if (line.complexity !== undefined) values.push({ tag: 'strides/complexity', scalar: line.complexity });
  for (const [name, stride] of Object.entries(line.strides)) values.push({ tag: `strides/${name}`, scalar: stride });
  for (const [task, accuracy] of Object.entries(line.validation?.accuracy ?? {})) {
    values.push({ tag: `accuracy/validation ${task}`, scalar: accuracy });
  }
  for (const [task, loss] of Object.entries(line.validation?.loss ?? {})) {
    values.push({ tag: `loss/validation ${task}`, scalar: loss });
  }
  return values;
}

/**
 * A writer for a run folder. Every call appends whole records, so that a killed run leaves a readable file; a resumed run
 * writes a file of its own that takes over from its first step (`step`); without one it adds to what is there.
 */
export function createTensorBoardWriter(directory: string, step?: number): TensorBoardWriter {
  const now = () => Date.now() / 1000;
  mkdirSync(directory, { recursive: true });
  const file = path.join(directory, `events.out.tfevents.${Math.floor(now())}.${process.pid}.spectride`);
  const start = step === undefined ? [] : [record(startEvent(now(), step))];
  writeFileSync(file, Buffer.concat([record(versionEvent(now())), ...start]));
  const append = (at: number, values: readonly SummaryValue[]) =>
    appendFileSync(file, record(summaryEvent(now(), at, values)));
  return {
    file,
    metrics: (line) => append(line.step, scalarsOf(line)),
    evaluation: (result, at) =>
      append(
        at,
        result.tasks.flatMap((score): SummaryValue[] => [
          { tag: `accuracy/${result.split} ${score.task}`, scalar: score.accuracy },
          { tag: `confusion ${result.split}/${score.task}`, image: confusionImage(score.confusion) },
        ]),
      ),
  };
}
