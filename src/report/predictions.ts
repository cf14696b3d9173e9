import { readFile } from 'node:fs/promises';
import path from 'node:path';
import { z } from 'zod';
import { BadInputError } from '../errors.ts';

/** A line of predictions.<split>.jsonl: what a run said of one clip. */
const predictionSchema = z.looseObject({
  task: z.string(),
  id: z.string(),
  truth: z.string(),
  predicted: z.string(),
});
export type Prediction = z.output<typeof predictionSchema>;

/** Predictions of a run for every clip of a split, by task and then by clip id. Throws a BadInputError naming file and line. */
export async function readPredictions(directory: string, split: string): Promise<Map<string, Map<string, Prediction>>> {
  const file = path.join(directory, `predictions.${split}.jsonl`);
  const text = await readFile(file, 'utf8').catch(() => undefined);
  if (text === undefined) {
    throw new BadInputError(
      `${file}: expected the predictions of a run, found no such file (spectride evaluate writes it)`,
    );
  }
  const tasks = new Map<string, Map<string, Prediction>>();
  text.split('\n').forEach((line, index) => {
    if (line.trim() === '') return;
    let value: unknown;
    try {
      value = JSON.parse(line);
    } catch {
      throw new BadInputError(`${file}: expected JSON on line ${index + 1}, found "${line.slice(0, 40)}"`);
    }
    const parsed = predictionSchema.safeParse(value);
    if (!parsed.success) {
      throw new BadInputError(
        `${file}: expected task, id, truth and predicted on line ${index + 1}, found "${line.slice(0, 40)}"`,
      );
    }
    const clips = tasks.get(parsed.data.task) ?? new Map<string, Prediction>();
    clips.set(parsed.data.id, parsed.data);
    tasks.set(parsed.data.task, clips);
  });
  return tasks;
}
