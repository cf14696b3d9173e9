import { z } from 'zod';

/**
 * What a run folder says of a run, as schemas: they are checked when a folder is read, so a half-written or foreign one is
 * refused by name. Units: seconds, examples/s; strides are dimensionless; accuracies and losses are fractions and nats.
 */

/** One axis of one block as it stands; what cut-off tables and stride studies are made of. */
export const axisSchema = z.strictObject({
  /** Blocks are counted from 1. */
  block: z.int().min(1),
  axis: z.enum(['time', 'frequency']),
  /** No pool: the block leaves this axis as it is (strided: stride 1). */
  pooled: z.boolean(),
  /** S: learned, spectral or strided. */
  stride: z.number(),
  /** N and N': length of the axis before and after the pool, for the configured input. */
  inputLength: z.int().min(1),
  outputLength: z.int().min(1),
  /** R in bins; absent where the pool has no ramp. */
  smoothness: z.number().optional(),
  /** Whether the stride is learned. */
  learned: z.boolean(),
});
export type AxisResult = z.output<typeof axisSchema>;

/** A line of metrics.jsonl. */
export const metricsLineSchema = z.strictObject({
  step: z.int().min(0),
  /** Examples seen so far, and passes over the largest source. */
  examples: z.int().min(0),
  epoch: z.number().min(0),
  /** Seconds of training since step 0, resumptions left out. */
  seconds: z.number().min(0),
  examplesPerSecond: z.number().min(0),
  learningRate: z.number().min(0),
  /** Mean over heads (the loss that is minimised, without the regulariser), then by task. */
  loss: z.number(),
  losses: z.record(z.string(), z.number()),
  /** J of Eq. 6, without λ; absent where no stride is learned. */
  complexity: z.number().optional(),
  /** Stride of every pooled axis, `blocks.1.time` → S. */
  strides: z.record(z.string(), z.number()),
  /** Where this step was validated: task → accuracy by clip, task → loss. */
  validation: z
    .strictObject({ accuracy: z.record(z.string(), z.number()), loss: z.record(z.string(), z.number()) })
    .optional(),
});
export type MetricsLine = z.output<typeof metricsLineSchema>;

/** Scores of one task on one split, by clip. Undefined figures (a class without clips) are null. */
export const taskScoreSchema = z.strictObject({
  task: z.string(),
  classes: z.array(z.string()),
  clips: z.int().min(0),
  correct: z.int().min(0),
  accuracy: z.number(),
  /** Wilson interval at 95 %. */
  interval: z.tuple([z.number(), z.number()]),
  balancedAccuracy: z.number(),
  loss: z.number(),
  /** Two classes only: area under the ROC curve. */
  auc: z.number().nullable(),
  perClass: z.array(
    z.strictObject({
      label: z.string(),
      clips: z.int().min(0),
      precision: z.number().nullable(),
      recall: z.number().nullable(),
      f1: z.number().nullable(),
    }),
  ),
  /** confusion[true][predicted], clips. */
  confusion: z.array(z.array(z.int().min(0))),
});
export type TaskScore = z.output<typeof taskScoreSchema>;

export const evaluationResultSchema = z.strictObject({
  split: z.enum(['train', 'validation', 'test', 'all']),
  tasks: z.array(taskScoreSchema),
});
export type EvaluationResult = z.output<typeof evaluationResultSchema>;

/** result.json */
export const runResultSchema = z.strictObject({
  name: z.string(),
  /** Which weights were scored. */
  weights: z.enum(['best', 'last']),
  steps: z.int().min(0),
  bestStep: z.int().min(0),
  seconds: z.number().min(0),
  /** Clips by task and split. */
  clips: z.record(z.string(), z.record(z.string(), z.int().min(0))),
  parameters: z.int().min(0),
  /** Multiply-adds of one example's forward pass with the final strides. */
  multiplyAdds: z.number().min(0),
  evaluation: z.array(evaluationResultSchema),
  axes: z.array(axisSchema),
});
export type RunResult = z.output<typeof runResultSchema>;

const machineSchema = z.looseObject({
  spectride: z.string(),
  node: z.string(),
  tfjs: z.string(),
  backend: z.looseObject({ name: z.string(), threads: z.number(), instructions: z.string() }),
  platform: z.string(),
  cores: z.number(),
  commit: z.string().nullable(),
  seed: z.int(),
  started: z.string(),
});

/** environment.json: what the run was started on, and what it was gone on with. */
export const environmentSchema = machineSchema.extend({ resumed: z.array(machineSchema).optional() });
export type Environment = z.output<typeof environmentSchema>;
