import { readFile } from 'node:fs/promises';
import { parse } from 'yaml';
import { z } from 'zod';
import { BadInputError, messageOf } from '../../errors.ts';
import { modelSchema } from '../../pipeline/schema.ts';

const scalar = z.union([z.string(), z.number(), z.boolean(), z.null()]);
const value = z.union([scalar, z.array(scalar), z.record(z.string(), scalar)]);
const settings = z.record(z.string(), value);
const pooling = z.enum(['strided', 'spectral', 'diffstride']);

/** Runs that are every combination of these lists. */
const runsSchema = z.strictObject({
  /** Pipeline files, relative to the experiment file. */
  pipelines: z.array(z.string().min(1)).min(1),
  /** `model.pooling`; by default what each pipeline says. */
  poolings: z.array(pooling).min(1).optional(),
  seeds: z.array(z.int().min(0)).min(1).default([0, 1, 2]),
  /** Settings for all of these runs: `train.steps: 500`. */
  set: settings.default({}),
  /** Settings to sweep over, every combination: `train.complexity: [0, 0.1, 1, 10]`. */
  sweep: z.record(z.string(), z.array(value).min(1)).default({}),
});

/** Time and memory of every pooling, each measured in a process of its own (Table A.2). */
const measureSchema = z.strictObject({
  /** The model, as in a pipeline; `pooling` is each of `poolings` in turn. */
  model: modelSchema.omit({ pooling: true }).prefault({}),
  /** Task → number of classes. */
  heads: z.record(z.string(), z.int().positive()),
  poolings: z.array(pooling).min(1).default(['strided', 'spectral', 'diffstride']),
  /** Examples a step, 98 frames of 64 mel bins each. */
  batch: z.int().positive().default(16),
  /** Timed steps of a round, after `warmup` untimed ones. */
  steps: z.int().positive().default(5),
  warmup: z.int().min(0).default(2),
  /** Rounds in which every pooling is measured once, interleaved; the median is reported. */
  rounds: z.int().positive().default(5),
});

export const experimentSchema = z
  .strictObject({
    name: z.string().regex(/^[A-Za-z0-9][A-Za-z0-9._-]*$/, 'letters, digits, ., _ and -'),
    /** Title of the report. */
    title: z.string().optional(),
    /** Settings for every run. */
    set: settings.default({}),
    runs: z.array(runsSchema).default([]),
    measure: measureSchema.optional(),
  })
  .refine((experiment) => experiment.runs.length > 0 || experiment.measure !== undefined, {
    message: 'expected runs or measure, found neither',
  });
export type Experiment = z.output<typeof experimentSchema>;
export type MeasureSettings = NonNullable<Experiment['measure']>;

/** Reads an experiment file. Throws a BadInputError that names the file, the field and what was found. */
export async function readExperiment(file: string): Promise<Experiment> {
  const text = await readFile(file, 'utf8').catch((error: NodeJS.ErrnoException) => {
    throw new BadInputError(
      `${file}: expected an experiment file, found ${error.code === 'ENOENT' ? 'nothing there' : messageOf(error)}`,
    );
  });
  let content: unknown;
  try {
    content = parse(text);
  } catch (error) {
    throw new BadInputError(`${file}: expected YAML, found ${messageOf(error).split('\n')[0]}`);
  }
  const parsed = experimentSchema.safeParse(content);
  if (parsed.success) return parsed.data;
  const [issue] = parsed.error.issues;
  const place = issue?.path.join('.') ?? '';
  throw new BadInputError(`${file}: ${place === '' ? '' : `${place}: `}${issue?.message ?? 'not an experiment'}`);
}
