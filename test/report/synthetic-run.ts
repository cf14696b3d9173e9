import { mkdirSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { stringify } from 'yaml';
import { type Pipeline, type PipelineInput, pipelineSchema } from '../../src/pipeline/schema.ts';
import type { FinishedRun } from '../../src/report/run-record.ts';
import type { AxisResult, MetricsLine, TaskScore } from '../../src/train/results.ts';

/** A small generator of uniform numbers (mulberry32), so that invented runs are the same on every machine. */
export function uniforms(seed: number): () => number {
  let state = seed >>> 0;
  return () => {
    state = (state + 0x6d2b79f5) >>> 0;
    let bits = Math.imul(state ^ (state >>> 15), state | 1);
    bits ^= bits + Math.imul(bits ^ (bits >>> 7), bits | 61);
    return ((bits ^ (bits >>> 14)) >>> 0) / 2 ** 32;
  };
}

export interface SyntheticTask {
  name: string;
  dataset: string;
  label?: string;
  classes: string[];
  /** As a fraction. */
  accuracy: number;
  clips?: number;
}

export interface SyntheticRun {
  name: string;
  pooling: 'strided' | 'spectral' | 'diffstride';
  shared?: boolean;
  seed: number;
  tasks: SyntheticTask[];
  /** Final strides of each block, [time, frequency]; blocks without a pool are [1, 1]. */
  strides?: [number, number][];
  complexity?: number;
  steps?: number;
  /** Further settings of the pipeline. */
  model?: PipelineInput['model'];
  train?: PipelineInput['train'];
}

const paperStrides: [number, number][] = [
  [2, 2],
  [2, 2],
  [1, 1],
  [2, 2],
  [1, 1],
  [2, 2],
];

/** Map lengths as DiffStride's Algorithm 1, spectral pooling and SAME padding give them. */
function outputLength(pooling: SyntheticRun['pooling'], length: number, stride: number): number {
  if (pooling === 'strided') return Math.ceil(length / stride);
  if (pooling === 'spectral') return Math.floor(length / stride);
  return Math.min(length, Math.floor(length / stride + 8));
}

function syntheticAxes(run: SyntheticRun): AxisResult[] {
  const strides = run.strides ?? paperStrides;
  const lengths = { time: 98, frequency: 64 };
  return strides.flatMap(([time, frequency], index) =>
    (['time', 'frequency'] as const).map((axis) => {
      const stride = axis === 'time' ? time : frequency;
      const pooled = stride !== 1;
      const inputLength = lengths[axis];
      lengths[axis] = pooled ? outputLength(run.pooling, inputLength, stride) : inputLength;
      return {
        block: index + 1,
        axis,
        pooled,
        stride,
        inputLength,
        outputLength: lengths[axis],
        ...(run.pooling === 'diffstride' && pooled ? { smoothness: 4 } : {}),
        learned: run.pooling === 'diffstride' && pooled,
      };
    }),
  );
}

/** A score with the accuracy asked for, and a confusion matrix of about that accuracy with neighbouring classes confused. */
function syntheticScore(task: SyntheticTask): TaskScore {
  const clips = task.clips ?? 1000;
  const correct = Math.round(task.accuracy * clips);
  const count = task.classes.length;
  const each = Math.floor(clips / count);
  const confusion = task.classes.map((_, row) =>
    task.classes.map((_, column) => {
      const right = Math.round(each * task.accuracy);
      if (row === column) return right;
      return column === (row + 1) % count ? each - right : 0;
    }),
  );
  const half = 1.96 * Math.sqrt((task.accuracy * (1 - task.accuracy)) / clips);
  return {
    task: task.name,
    classes: task.classes,
    clips,
    correct,
    accuracy: task.accuracy,
    interval: [Math.max(0, task.accuracy - half), Math.min(1, task.accuracy + half)],
    balancedAccuracy: task.accuracy,
    loss: 1 - task.accuracy,
    auc: null,
    perClass: task.classes.map((label) => ({
      label,
      clips: each,
      precision: task.accuracy,
      recall: task.accuracy,
      f1: task.accuracy,
    })),
    confusion,
  };
}

function syntheticMetrics(run: SyntheticRun, axes: readonly AxisResult[]): MetricsLine[] {
  const random = uniforms(run.seed * 7919 + run.name.length);
  const steps = run.steps ?? 600;
  const lines: MetricsLine[] = [];
  for (let step = 0; step <= steps; step += 10) {
    const done = step / steps;
    const moved = 1 - Math.exp(-3 * done);
    const strides: Record<string, number> = {};
    for (const axis of axes.filter((entry) => entry.pooled)) {
      strides[`blocks.${axis.block}.${axis.axis}`] = axis.learned ? 2 + (axis.stride - 2) * moved : axis.stride;
    }
    const losses = Object.fromEntries(
      run.tasks.map((task) => [
        task.name,
        Math.log(task.classes.length) * Math.exp(-4 * done) + (1 - task.accuracy) + 0.15 * (random() - 0.5),
      ]),
    );
    lines.push({
      step,
      examples: step * 32,
      epoch: (step * 32) / 288,
      seconds: step * 0.4,
      examplesPerSecond: 78 + 4 * random(),
      learningRate: 0.001 * 0.5 * (1 + Math.cos(Math.PI * done)),
      loss: Object.values(losses).reduce((sum, loss) => sum + loss, 0) / run.tasks.length,
      losses,
      strides,
      ...(step % 30 === 0
        ? {
            validation: {
              accuracy: Object.fromEntries(
                run.tasks.map((task) => [
                  task.name,
                  task.accuracy * (1 - Math.exp(-5 * done)) +
                    (1 / task.classes.length) * Math.exp(-5 * done) +
                    0.03 * (random() - 0.5),
                ]),
              ),
              loss: losses,
            },
          }
        : {}),
    });
  }
  return lines;
}

/** An invented run that has ended: a pipeline, curves, strides and scores that agree with each other. */
export function syntheticRun(run: SyntheticRun): FinishedRun {
  const axes = syntheticAxes(run);
  const input: PipelineInput = {
    name: run.name,
    model: { pooling: run.pooling, shared: run.shared ?? false, ...run.model },
    tasks: run.tasks.map(({ name, dataset, label }) => ({ name, dataset, ...(label === undefined ? {} : { label }) })),
    train: { steps: run.steps ?? 600, complexity: run.complexity ?? 0, ...run.train },
    seed: run.seed,
  };
  const pipeline: Pipeline = pipelineSchema.parse(input);
  const counts = Object.fromEntries(
    run.tasks.map((task) => [
      task.name,
      { train: 3 * (task.clips ?? 1000), validation: 100, test: task.clips ?? 1000 },
    ]),
  );
  return {
    directory: `runs/${run.name}-${run.pooling}-${run.seed}`,
    pipeline,
    environment: {
      spectride: '0.1.0',
      node: '24.0.0',
      tfjs: '4.22.0',
      backend: { name: 'simd', threads: 2, instructions: 'simd256', detail: '' },
      platform: 'linux x64',
      cores: 2,
      commit: null,
      seed: run.seed,
      started: '2026-01-01T00:00:00.000Z',
    },
    labels: Object.fromEntries(
      run.tasks.map(({ name, label, classes }) => [name, { label: label ?? 'label', classes }]),
    ),
    metrics: syntheticMetrics(run, axes),
    result: {
      name: run.name,
      weights: 'best',
      steps: run.steps ?? 600,
      bestStep: run.steps ?? 600,
      seconds: 240,
      clips: counts,
      parameters: 3_555_171,
      multiplyAdds: 2.3e9 / (1 + (run.complexity ?? 0)),
      evaluation: [{ split: 'test', tasks: run.tasks.map(syntheticScore) }],
      axes,
    },
  };
}

/** Writes an invented run as a run folder. */
export function writeSyntheticRun(run: FinishedRun, directory: string): void {
  mkdirSync(directory, { recursive: true });
  const write = (name: string, text: string) => writeFileSync(path.join(directory, name), text);
  write('pipeline.yaml', stringify(run.pipeline));
  write('environment.json', JSON.stringify(run.environment));
  write('labels.json', JSON.stringify(run.labels));
  write('metrics.jsonl', run.metrics.map((line) => `${JSON.stringify(line)}\n`).join(''));
  write('result.json', JSON.stringify(run.result));
}
