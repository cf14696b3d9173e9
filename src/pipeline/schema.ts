import { z } from 'zod';

/**
 * The schema of a pipeline file: what is trained, on what, and how. Every key but `tasks` has the paper's default
 * (Riad et al., ICLR 2022, section 3.1). Units: seconds for lengths of audio, frames and bins for feature maps.
 */

const positive = z.number().positive();
const positiveInteger = z.int().positive();
const fraction = z.number().min(0).max(1);
const pair = (entry: z.ZodNumber) => z.tuple([entry, entry]);

/** Log-mel settings; `preset` fills what is not given (see `src/features/presets`). */
export const featuresSchema = z.strictObject({
  preset: z.enum(['tagliasacchi', 'tensorflow', 'librosa', 'torchaudio', 'leaf']).default('tagliasacchi'),
  sampleRate: positiveInteger.optional(),
  windowLength: positiveInteger.optional(),
  hopLength: positiveInteger.optional(),
  fftLength: positiveInteger.optional(),
  bins: positiveInteger.optional(),
  lowFrequency: z.number().min(0).optional(),
  highFrequency: positive.optional(),
  melScale: z.enum(['htk', 'slaney']).optional(),
  triangles: z.enum(['mel', 'hertz']).optional(),
  normalization: z.enum(['none', 'slaney']).optional(),
  power: z.union([z.literal(1), z.literal(2)]).optional(),
  offset: positive.optional(),
  floor: positive.optional(),
  padding: z.enum(['none', 'end', 'center']).optional(),
  windowPlacement: z.enum(['start', 'center']).optional(),
  /** Keep samples in the cache instead of features, so that training windows can be changed before their features are taken. */
  waveform: z.boolean().default(false),
});

export const modelSchema = z.strictObject({
  pooling: z.enum(['strided', 'spectral', 'diffstride']).default('diffstride'),
  placement: z.enum(['axis', 'block']).default('axis'),
  /** Output channels of each block. */
  channels: z.array(positiveInteger).min(1).default([64, 128, 256, 256, 512, 512]),
  /** (time, frequency) stride of each block: the initial value where strides are learned. */
  strides: z
    .array(pair(z.number().min(1)))
    .min(1)
    .default([
      [2, 2],
      [2, 2],
      [1, 1],
      [2, 2],
      [1, 1],
      [2, 2],
    ]),
  /** Taps of each one-dimensional convolution. */
  kernel: positiveInteger.default(3),
  /** R of Eq. 3: bins of the mask's ramp, or a share of each axis's length. */
  smoothness: z.union([positive, z.strictObject({ relative: positive })]).default(4),
  /** `nominal`: strides start at `strides`; `effective`: where the maps equal the strided network's. */
  init: z.enum(['nominal', 'effective']).default('nominal'),
  /** One stride for both axes of a block (Table A.7). */
  shared: z.boolean().default(false),
  /** Pool, and learn, also where the configured stride is (1, 1). */
  learnUnitStrides: z.boolean().default(false),
  norm: z.enum(['ortho', 'backward', 'forward']).default('ortho'),
  /** Initial kernels: `glorot` (Keras) or `fan-in` (PyTorch), uniform; biases start at 0. */
  initializer: z.enum(['glorot', 'fan-in']).default('glorot'),
  batchNorm: z
    .strictObject({
      /** Weight of the old value in the moving average (Keras). */
      momentum: z.number().min(0).lt(1).default(0.99),
      epsilon: positive.default(1e-3),
    })
    .prefault({}),
});

export const seededSplitSchema = z.strictObject({
  seeded: z.strictObject({
    validation: fraction.default(0.1),
    test: fraction.default(0.1),
    /** A dataset's own group (speaker, instrument, location) or a regular expression over a clip's path: one group, one split. */
    groupBy: z.string().optional(),
    seed: z.int().min(0).default(0),
  }),
});

export const splitSchema = z.union([z.enum(['official', 'paper', 'seeded']), seededSplitSchema]);

export const taskSchema = z.strictObject({
  name: z.string().regex(/^[A-Za-z][A-Za-z0-9_-]*$/, 'letters, digits, _ and - after a first letter'),
  /** A catalogue name (`speech-commands`, `nsynth`, …), `folder:PATH` or `manifest:FILE`; paths are relative to the pipeline file. */
  dataset: z.string().min(1),
  /** Label column of the dataset; by default its only or first one. */
  label: z.string().min(1).optional(),
  split: splitSchema.default('official'),
  weight: positive.default(1),
});

export const scheduleSchema = z.union([
  z.enum(['constant', 'cosine']),
  z.strictObject({
    kind: z.enum(['constant', 'cosine', 'step']),
    /** Steps over which the rate rises linearly from 0. */
    warmup: z.int().min(0).default(0),
    /** Cosine: the rate at the end, as a share of the peak. */
    final: fraction.default(0),
    /** Step: the rate is multiplied by `factor` every `every` steps. */
    every: positiveInteger.optional(),
    factor: fraction.optional(),
  }),
]);

const decibels = z.number().min(-100).max(100);

export const noiseSchema = z.strictObject({
  /** A folder of recordings, relative to the pipeline file; by default the noise that comes with the dataset (`_background_noise_`). */
  source: z.string().min(1).optional(),
  /** Lowest and highest signal-to-noise ratio, in dB, over the samples of a window. */
  snr: pair(decibels).refine(([low, high]) => low <= high, {
    error: ({ input }) => `expected the lower ratio first, found ${JSON.stringify(input)}`,
  }),
  /** Share of the windows that noise is mixed into. */
  probability: fraction.default(1),
});

export const augmentationSchema = z.strictObject({
  /** Largest shift of the window, in seconds, filled with zeros; by whole frames unless `features.waveform` keeps samples. */
  timeShift: z.number().min(0).default(0),
  /** Range of the random gain, in dB either way. */
  gain: z.number().min(0).default(0),
  specAugment: z
    .strictObject({
      timeMasks: z.int().min(0).default(1),
      timeWidth: z.int().min(0).default(20),
      frequencyMasks: z.int().min(0).default(1),
      frequencyWidth: z.int().min(0).default(8),
    })
    .optional(),
  /** Background noise mixed into windows; needs `features.waveform`. */
  noise: noiseSchema.optional(),
  /** Alpha of mixup's Beta distribution; 0 is off. */
  mixup: z.number().min(0).default(0),
});

export const trainSchema = z
  .strictObject({
    /** Optimiser steps; the paper's 1 M unless `epochs` is given. */
    steps: positiveInteger.optional(),
    /** Passes over the largest source. */
    epochs: positive.optional(),
    /** Length of a training and evaluation window, in seconds. */
    window: positive.default(1),
    /** Examples a step, split equally over the sources. */
    batch: positiveInteger.default(256),
    /** Examples a forward pass; gradients are accumulated up to `batch`, and batch statistics are the micro-batch's. */
    microBatch: positiveInteger.optional(),
    optimizer: z.enum(['adam', 'sgd']).default('adam'),
    learningRate: positive.default(1e-4),
    /** The strides' own rate (default: `learningRate`); 0 keeps them where they are. */
    strideLearningRate: z.number().min(0).optional(),
    schedule: scheduleSchema.default('constant'),
    /** λ of the complexity regulariser (Eq. 6). */
    complexity: z.number().min(0).default(0),
    /** Steps between lines of metrics.jsonl. */
    logEvery: positiveInteger.default(10),
    /** Steps between validations and checkpoints; by default an epoch, or a twentieth of the run where that is longer. */
    validateEvery: positiveInteger.optional(),
    /** Minutes of training after which a checkpoint is written between validations too; the outcome does not depend on it. */
    checkpointMinutes: positive.default(10),
    /** Stop after so many validations without a better mean validation accuracy. */
    earlyStopping: positiveInteger.optional(),
    /** `balanced`: classes are drawn equally often; `weights`: the loss of a class is weighted by its inverse frequency. */
    balance: z.enum(['none', 'balanced', 'weights']).default('none'),
    augmentation: augmentationSchema.prefault({}),
    /** Share of unreadable clips that is tolerated. */
    maxBad: fraction.default(0.01),
  })
  .refine((train) => train.steps === undefined || train.epochs === undefined, {
    path: ['epochs'],
    message: 'expected either steps or epochs, found both',
  });

export const evaluationSchema = z.strictObject({
  /** Which weights are scored at the end: those of the best validation accuracy, or the last. */
  weights: z.enum(['best', 'last']).default('best'),
  /** Windows of one forward pass. */
  batch: positiveInteger.default(64),
});

export const pipelineSchema = z.strictObject({
  name: z.string().min(1).default('unnamed'),
  features: featuresSchema.prefault({}),
  model: modelSchema.prefault({}),
  tasks: z.array(taskSchema).min(1),
  train: trainSchema.prefault({}),
  evaluation: evaluationSchema.prefault({}),
  seed: z.int().min(0).default(0),
  backend: z.enum(['simd', 'tensorflow', 'wasm', 'cpu']).optional(),
});

/** A pipeline with every default filled in. */
export type Pipeline = z.output<typeof pipelineSchema>;
/** A pipeline as written by a person. */
export type PipelineInput = z.input<typeof pipelineSchema>;
export type ModelSettings = z.output<typeof modelSchema>;
export type TaskSettings = z.output<typeof taskSchema>;
export type TrainSettings = z.output<typeof trainSchema>;
export type FeatureSettings = z.output<typeof featuresSchema>;
export type SplitSettings = z.output<typeof splitSchema>;
export type AugmentationSettings = z.output<typeof augmentationSchema>;
