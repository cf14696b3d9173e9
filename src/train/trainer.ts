import { appendFileSync, existsSync } from 'node:fs';
import path from 'node:path';
import * as tf from '@tensorflow/tfjs';
import { writeFileAtomicSync } from '../atomic-file.ts';
import { setBackend } from '../backend/index.ts';
import { type BatchSampler, createBatches } from '../datasets/batches.ts';
import type { NoiseRecordings } from '../datasets/noise.ts';
import type { Batch } from '../datasets/types.ts';
import { planWindows } from '../datasets/windows.ts';
import { InterruptedError } from '../errors.ts';
import { frameCount, resolveFeatures } from '../features/index.ts';
import { type AudioCnn, type AudioCnnOptions, audioCnn, initialStrides, resolveAudioCnn } from '../models/index.ts';
import { featureOptions } from '../pipeline/feature-options.ts';
import type { Pipeline } from '../pipeline/schema.ts';
import { type AugmentOptions, augment } from './augment.ts';
import { waveformReader } from './augment-waveform.ts';
import { loadState, loadWeights, type Progress, saveState, saveWeights } from './checkpoint.ts';
import { describeEnvironment } from './environment.ts';
import { evaluateModel, type ScoredSplit } from './evaluate-model.ts';
import { openNoiseSources, refuseNoNoise } from './noise-sources.ts';
import { createOptimizer, type Optimizer } from './optimizer.ts';
import { writePredictions } from './predictions.ts';
import type { AxisResult, EvaluationResult, MetricsLine, RunResult } from './results.ts';
import { checkpointFile, runFiles } from './run-folder.ts';
import { learningRateSchedule } from './schedule.ts';
import { closeSources, countClips, describeData, type Head, headsOf, openSources, type TaskSource } from './sources.ts';
import { refuseTakenFolder, startRun, truncateMetrics } from './start-run.ts';
import { type ClassWeights, classWeights, everyRow, headLosses, makeTargets } from './targets.ts';

export type Phase = 'data' | 'features' | 'train' | 'validate' | 'test';

export interface TrainOptions {
  /** The run folder. */
  readonly out: string;
  /** Go on with the run in `out` where it stopped (default: refuse a folder that holds a run). */
  readonly resume?: boolean;
  /** Stops after the step in hand, with everything saved. */
  readonly signal?: AbortSignal;
  readonly cacheDirectory?: string;
  readonly onProgress?: (phase: Phase, done: number, total: number) => void;
  /** Every line of metrics.jsonl as it is written. */
  readonly onMetrics?: (line: MetricsLine) => void;
  /** Facts to tell once: what data was left out or padded. */
  readonly onNote?: (note: string) => void;
}

/** How often a run is validated at most where `validateEvery` does not say; a short one is validated once an epoch. */
const validations = 20;
/** Steps of the paper's runs (section 3.1). */
const paperSteps = 1_000_000;

/**
 * Trains a pipeline by the paper's protocol, scores it, and leaves a run folder (docs/run-folder.md). The same pipeline and seed give the
 * same weights whatever the number of threads, interrupted or not.
 *
 * @throws BadInputError for data or settings that cannot be trained on, InterruptedError where `signal` stopped it, Error where
 *   the loss is no longer a number (the best checkpoint stays).
 */
export async function train(pipeline: Pipeline, options: TrainOptions): Promise<RunResult> {
  const { out, resume = false, onProgress } = options;
  refuseTakenFolder(out, pipeline, resume);
  initialStrides(resolveAudioCnn(modelOptions(pipeline, { any: 2 }))); // refuses an impossible model before any data is read
  refuseNoNoise(pipeline);
  const backend = await setBackend(pipeline.backend);
  const sources = await openSources(pipeline, {
    ...options,
    onProgress: (phase, _, done, total) => onProgress?.(phase, done, total),
  });
  let run: Training | undefined;
  let finishRun: (() => void) | undefined;
  let noise: NoiseRecordings[] = [];
  try {
    noise = await openNoiseSources(pipeline, sources, options);
    for (const note of describeData(sources)) options.onNote?.(note);
    run = createTraining(pipeline, sources, noise);
    if (!run.hasValidation && (pipeline.train.earlyStopping !== undefined || pipeline.evaluation.weights === 'best')) {
      options.onNote?.(
        'no validation clips: train.earlyStopping and evaluation.weights "best" have no effect, the last weights are scored',
      );
    }
    finishRun = startRun(out, pipeline, {
      resume,
      heads: run.heads,
      environment: describeEnvironment(backend, pipeline.seed),
    });
    const progress = loadState(out, run.model, run.optimizer) ?? startingProgress(run.batches);
    run.batches.restore(progress.batches);
    truncateMetrics(out, progress.step);

    await optimize(run, progress, options);
    const result = await scoreRun(run, progress, options);
    writeFileAtomicSync(path.join(out, runFiles.result), `${JSON.stringify(result, undefined, 2)}\n`);
    return result;
  } catch (error) {
    if (error instanceof Error && error.name === 'AbortError') throw interrupted(out);
    throw error;
  } finally {
    finishRun?.();
    run?.optimizer.dispose();
    run?.model.dispose();
    for (const recordings of noise) recordings.close();
    closeSources(sources);
  }
}

/** Everything that one run trains with. */
interface Training {
  readonly pipeline: Pipeline;
  readonly sources: readonly TaskSource[];
  readonly heads: readonly Head[];
  readonly model: AudioCnn;
  readonly optimizer: Optimizer;
  readonly batches: BatchSampler;
  readonly augmentation: AugmentOptions;
  readonly weights: ClassWeights;
  readonly steps: number;
  /** The learning rate's multiple of its peak, by the steps already done. */
  readonly schedule: (done: number) => number;
  readonly validateEvery: number;
  readonly hasValidation: boolean;
}

/** The model that a pipeline asks for, sized for its windows. @param heads task → number of classes */
function modelOptions(pipeline: Pipeline, heads: Record<string, number>): AudioCnnOptions & { frames: number } {
  const features = resolveFeatures(featureOptions(pipeline.features));
  const { frames } = planWindows(pipeline.train.window, features, (samples) => frameCount(samples, features));
  return { ...pipeline.model, frames, bins: features.bins, heads, seed: pipeline.seed };
}

function createTraining(
  pipeline: Pipeline,
  sources: readonly TaskSource[],
  noise: readonly NoiseRecordings[],
): Training {
  const settings = pipeline.train;
  const { augmentation } = settings;
  const features = resolveFeatures(featureOptions(pipeline.features));
  const { waveform } = pipeline.features;
  const heads = headsOf(sources, pipeline);
  const options = modelOptions(pipeline, Object.fromEntries(heads.map(({ name, classes }) => [name, classes.length])));
  const batches = createBatches({
    sources: sources.map(({ store, heads: tasks }) => ({ store, tasks })),
    batch: settings.batch,
    frames: options.frames,
    seed: pipeline.seed,
    balance: settings.balance,
    ...(waveform
      ? {
          readWindow: waveformReader({
            settings: augmentation,
            sampleRate: features.sampleRate,
            frames: options.frames,
            seed: pipeline.seed,
            stores: sources.map(({ store }) => store),
            noise,
          }),
        }
      : {}),
  });
  const steps = settings.epochs
    ? stepsOf(settings.epochs, batches, sources.length, settings.batch)
    : (settings.steps ?? paperSteps);
  const schedule = learningRateSchedule(settings.schedule, steps);
  const model = audioCnn(options);
  return {
    pipeline,
    sources,
    heads,
    model,
    batches,
    augmentation: {
      // What acts on samples where they are kept is done when a window is read.
      settings: waveform ? { ...augmentation, timeShift: 0, gain: 0 } : augmentation,
      features,
      seed: pipeline.seed,
    },
    optimizer: createOptimizer(settings.optimizer, model),
    weights: settings.balance === 'weights' ? classWeights(sources) : {},
    steps,
    schedule,
    validateEvery: settings.validateEvery ?? Math.max(Math.ceil(steps / validations), batches.stepsPerEpoch),
    hasValidation: sources.some((source) => source.heads.some((head) => countClips(source, head, 'validation') > 0)),
  };
}

/** Steps in which the largest source is seen `epochs` times. */
function stepsOf(epochs: number, batches: BatchSampler, sources: number, batch: number): number {
  return Math.max(1, Math.floor((epochs * batches.examplesPerEpoch * sources) / batch));
}

/** The paper's loop: a batch, its gradients, an update, strides back into their range; now and then a validation and a checkpoint. */
async function optimize(run: Training, progress: Progress, options: TrainOptions): Promise<void> {
  const { pipeline, model, optimizer, batches, steps } = run;
  const { learningRate, strideLearningRate = learningRate, logEvery, batch, checkpointMinutes } = pipeline.train;
  const patience = pipeline.train.earlyStopping ?? Number.POSITIVE_INFINITY;
  let logged = { time: performance.now(), examples: progress.examples };
  let saved = performance.now();

  for (let step = progress.step + 1; step <= steps && progress.stale < patience; step++) {
    const began = performance.now();
    const rate = run.schedule(step - 1);
    const { losses, gradients } = lossesAndGradients(run, augment(batches.next(), step, run.augmentation));
    optimizer.update(gradients, { weight: learningRate * rate, stride: strideLearningRate * rate });
    model.projectStrides();
    progress.step = step;
    progress.examples += batch;
    progress.seconds += (performance.now() - began) / 1000;
    refuseNaN(losses, 'loss', progress, options.out);

    const validates = step % run.validateEvery === 0 || step === steps;
    if (validates || step % logEvery === 0) {
      const now = performance.now();
      const examplesPerSecond = ((progress.examples - logged.examples) * 1000) / Math.max(1e-3, now - logged.time);
      const line = metricsLine(run, progress, losses, learningRate * rate, examplesPerSecond);
      if (validates && run.hasValidation) line.validation = await validate(run, progress, options);
      appendFileSync(path.join(options.out, runFiles.metrics), `${JSON.stringify(line)}\n`);
      options.onMetrics?.(line);
      logged = { time: performance.now(), examples: progress.examples };
    }
    if (validates || options.signal?.aborted || performance.now() - saved > checkpointMinutes * 60_000) {
      refuseNaN([strayWeight(model) ?? 0], 'model', progress, options.out);
      progress.batches = batches.state();
      saveState(options.out, model, optimizer, progress);
      saved = performance.now();
    }
    options.onProgress?.('train', step, steps);
    if (options.signal?.aborted) throw interrupted(options.out);
    await new Promise(setImmediate); // lets signals and timers in
  }
  saveWeights(options.out, 'last', model, progress.step);
  if (!run.hasValidation) progress.bestStep = progress.step;
}

/**
 * Each head's loss, and the gradients of their weighted mean plus λJ (Eq. 6). A batch beyond `microBatch` is taken in parts whose
 * gradients are summed; each part holds every m-th row, so that all sources are in all parts, and normalises with its own statistics.
 */
function lossesAndGradients(run: Training, batch: Batch): { losses: number[]; gradients: Map<string, tf.Tensor> } {
  const { model, heads, pipeline } = run;
  const { complexity, microBatch = batch.size } = pipeline.train;
  const parts = Math.ceil(batch.size / microBatch);
  const targets = makeTargets(batch, heads, run.weights);
  const width = batch.features.length / batch.size;
  const losses = heads.map(() => 0);
  const gradients = new Map<string, tf.Tensor>();

  for (let part = 0; part < parts; part++) {
    const rows = everyRow(batch.features, width, part, parts);
    const partTargets = Object.fromEntries(
      heads.map(({ name, classes }) => [
        name,
        everyRow(targets[name] ?? new Float32Array(), classes.length, part, parts),
      ]),
    );
    const x = tf.tensor4d(rows, [rows.length / width, model.options.frames, model.options.bins, 1]);
    let values: tf.Tensor | undefined;
    const found = model.lossAndGradients(() => {
      const { logits, statistics } = model.forward(x, { training: true });
      const perHead = headLosses(logits, partTargets, heads);
      values = tf.keep(tf.stack(perHead));
      model.updateStatistics(statistics);
      const weighted = perHead.map((loss, i) => tf.mul(loss, (heads[i]?.weight ?? 1) / heads.length));
      const total = tf.addN(weighted);
      return (
        complexity > 0 && part === 0 ? tf.add(total, tf.mul(model.complexity(), complexity)) : total
      ) as tf.Scalar;
    });
    values?.dataSync().forEach((loss, i) => {
      losses[i] = (losses[i] ?? 0) + loss;
    });
    tf.dispose([x, found.loss, ...(values ? [values] : [])]);
    addGradients(gradients, found.gradients);
  }
  return { losses, gradients };
}

function addGradients(sum: Map<string, tf.Tensor>, gradients: ReadonlyMap<string, tf.Tensor>): void {
  for (const [name, gradient] of gradients) {
    const before = sum.get(name);
    sum.set(name, before === undefined ? gradient : tf.add(before, gradient));
    if (before !== undefined) tf.dispose([before, gradient]);
  }
}

/** A parameter's value that is not finite: after the last update no loss has shown it yet. */
function strayWeight(model: AudioCnn): number | undefined {
  for (const { variable } of model.parameters.values()) {
    const stray = variable.dataSync().find((value) => !Number.isFinite(value));
    if (stray !== undefined) return stray;
  }
  return undefined;
}

/** Stops a run that has diverged, before anything of it is written: what was saved before stays as it is. */
function refuseNaN(
  values: readonly number[],
  what: 'loss' | 'validation loss' | 'model',
  progress: Progress,
  out: string,
) {
  const stray = values.find((value) => !Number.isFinite(value));
  if (stray === undefined) return;
  const kept = (['best', 'state'] as const).map((kind) => checkpointFile(out, kind)).find((file) => existsSync(file));
  throw new Error(
    `the ${what} ${what === 'model' ? 'holds' : 'is'} ${stray} at step ${progress.step}; ` +
      `${kept ? `the last good weights are in ${kept}` : 'there is no checkpoint yet'}; a smaller learning rate may help`,
  );
}

function metricsLine(
  { heads, model, batches, sources, pipeline }: Training,
  progress: Progress,
  losses: readonly number[],
  learningRate: number,
  examplesPerSecond: number,
): MetricsLine {
  const weighted = heads.reduce((sum, { weight }, i) => sum + (weight * (losses[i] ?? 0)) / heads.length, 0);
  const learned = model.describe().axes.some((axis) => axis.learned);
  return {
    step: progress.step,
    examples: progress.examples,
    epoch: (progress.step * pipeline.train.batch) / (batches.examplesPerEpoch * sources.length),
    seconds: progress.seconds,
    examplesPerSecond,
    learningRate,
    loss: weighted,
    losses: Object.fromEntries(heads.map(({ name }, i) => [name, losses[i] ?? 0])),
    ...(learned ? { complexity: tf.tidy(() => model.complexity().dataSync()[0] ?? 0) } : {}),
    strides: model.strides(),
  };
}

/** Scores the validation split; the weights of the highest mean accuracy over heads are kept as the best. */
async function validate(run: Training, progress: Progress, options: TrainOptions): Promise<MetricsLine['validation']> {
  const { result } = await score(run, 'validation', options);
  const tasks = result.tasks.filter(({ clips }) => clips > 0);
  refuseNaN(
    tasks.map(({ loss }) => loss),
    'validation loss',
    progress,
    options.out,
  );
  const mean = tasks.reduce((sum, { accuracy }) => sum + accuracy, 0) / tasks.length;
  if (mean > progress.bestAccuracy) {
    Object.assign(progress, { bestAccuracy: mean, bestStep: progress.step, stale: 0 });
    saveWeights(options.out, 'best', run.model, progress.step);
  } else {
    progress.stale++;
  }
  return {
    accuracy: Object.fromEntries(tasks.map(({ task, accuracy }) => [task, accuracy])),
    loss: Object.fromEntries(tasks.map(({ task, loss }) => [task, loss])),
  };
}

function score(run: Training, split: 'validation' | 'test', options: TrainOptions): Promise<ScoredSplit> {
  return evaluateModel(run.model, run.sources, {
    split,
    batch: run.pipeline.evaluation.batch,
    ...(split === 'test' && options.signal ? { signal: options.signal } : {}),
    onProgress: (done, total) => options.onProgress?.(split === 'test' ? 'test' : 'validate', done, total),
  });
}

/** Scores the chosen weights on validation and test clips, and says what was learned. */
async function scoreRun(run: Training, progress: Progress, options: TrainOptions): Promise<RunResult> {
  const { pipeline, model, heads, sources } = run;
  const weights = pipeline.evaluation.weights === 'best' && run.hasValidation ? 'best' : 'last';
  loadWeights(options.out, weights, model);
  const evaluation: EvaluationResult[] = [];
  for (const split of ['validation', 'test'] as const) {
    const scored = await score(run, split, options);
    if (scored.result.tasks.every(({ clips }) => clips === 0)) continue;
    evaluation.push(scored.result);
    writePredictions(options.out, split, heads, scored.predictions);
  }
  const { axes, multiplyAdds, parameters } = model.describe();
  const splits = ['train', 'validation', 'test'] as const;
  const clips = sources.flatMap((source) =>
    source.heads.map((head) => [
      head.name,
      Object.fromEntries(splits.map((split) => [split, countClips(source, head, split)])),
    ]),
  );
  return {
    name: pipeline.name,
    weights,
    steps: progress.step,
    bestStep: weights === 'best' ? progress.bestStep : progress.step,
    seconds: progress.seconds,
    clips: Object.fromEntries(clips),
    parameters,
    multiplyAdds: multiplyAdds.total,
    evaluation,
    axes: axes.map(
      ({ block, axis, pooled, stride, inputLength, outputLength, smoothness, learned }): AxisResult => ({
        block,
        axis,
        pooled,
        stride,
        inputLength,
        outputLength,
        learned,
        ...(smoothness === undefined ? {} : { smoothness }),
      }),
    ),
  };
}

function startingProgress(batches: BatchSampler): Progress {
  return { step: 0, examples: 0, seconds: 0, bestAccuracy: -1, bestStep: 0, stale: 0, batches: batches.state() };
}

function interrupted(out: string): InterruptedError {
  return new InterruptedError(`interrupted; everything is saved in ${out}: the same command with --resume goes on`);
}
