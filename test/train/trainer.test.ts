import { spawn } from 'node:child_process';
import { existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { createInterface } from 'node:readline';
import * as tf from '@tensorflow/tfjs';
import { BadInputError, InterruptedError } from '../../src/errors.ts';
import { readSafetensors } from '../../src/safetensors.ts';
import { evaluate, loadModel, predictFile, readRun, train } from '../../src/train/index.ts';
import { tinyPipeline, tone, wavBytes, writeTones } from './tiny-data.ts';

let folder: string;
let data: string;
let cacheDirectory: string;
let runs = 0;

beforeAll(() => {
  folder = mkdtempSync(path.join(tmpdir(), 'spectride-train-'));
  data = path.join(folder, 'tones');
  cacheDirectory = path.join(folder, 'cache');
  writeTones(data);
});
afterAll(() => rmSync(folder, { recursive: true, force: true }));

const newRun = () => path.join(folder, `run-${runs++}`);
const weights = (run: string) => readFileSync(path.join(run, 'checkpoints/last.safetensors'));

/** Metrics without what a clock gives. */
async function metricsOf(run: string) {
  return (await readRun(run)).metrics.map(({ seconds: _, examplesPerSecond: __, ...line }) => line);
}

describe('train()', () => {
  test('learns to tell tones apart, and leaves a whole run folder', async () => {
    const out = newRun();
    const settings = { steps: 60, window: 0.1, batch: 6, learningRate: 0.02, validateEvery: 20, logEvery: 10 };
    const result = await train(tinyPipeline(data, { train: settings }), { out, cacheDirectory });
    const [validation, test] = result.evaluation;
    expect([validation?.split, test?.split]).toEqual(['validation', 'test']);
    expect(test?.tasks[0]?.accuracy).toBeGreaterThanOrEqual(0.7);
    expect(result).toMatchObject({ steps: 60, clips: { tones: { train: 24, validation: 9, test: 9 } } });
    const run = await readRun(out);
    expect(run.labels).toEqual({ tones: { label: 'label', classes: ['high', 'low', 'middle'] } });
    expect(run.metrics.map(({ step }) => step)).toEqual([10, 20, 30, 40, 50, 60]);
    expect(run.metrics.flatMap(({ step, validation }) => (validation ? [step] : []))).toEqual([20, 40, 60]);
    expect(run.metrics.at(-1)?.strides['blocks.1.time']).not.toBe(2);
    const predictions = readFileSync(path.join(out, 'predictions.test.jsonl'), 'utf8').trim().split('\n');
    const right = predictions.map((line) => JSON.parse(line)).filter(({ truth, predicted }) => truth === predicted);
    expect([predictions.length, right.length]).toEqual([9, test?.tasks[0]?.correct]);
  });

  test('two runs of one seed are identical, and another seed is another run', async () => {
    const [a, b, c] = [newRun(), newRun(), newRun()];
    await train(tinyPipeline(data), { out: a, cacheDirectory });
    await train(tinyPipeline(data), { out: b, cacheDirectory });
    await train(tinyPipeline(data, { seed: 1 }), { out: c, cacheDirectory });
    expect(weights(a).equals(weights(b))).toBe(true);
    expect(await metricsOf(a)).toEqual(await metricsOf(b));
    expect(weights(a).equals(weights(c))).toBe(false);
  });

  test('a run killed at any step and resumed ends in the same bits as one never killed', async () => {
    const whole = newRun();
    await train(tinyPipeline(data), { out: whole, cacheDirectory });
    const script = path.join(import.meta.dirname, 'child-train.ts');
    for (const killAt of [2, 5, 9]) {
      const out = newRun();
      const child = spawn(process.execPath, [script, data, out, cacheDirectory], {
        stdio: ['ignore', 'pipe', 'ignore'],
      });
      for await (const line of createInterface({ input: child.stdout }))
        if (Number(line) >= killAt) child.kill('SIGKILL');
      expect(existsSync(path.join(out, 'result.json'))).toBe(false);
      const result = await train(tinyPipeline(data), { out, cacheDirectory, resume: true });
      expect(result.steps).toBe(12);
      expect(weights(out).equals(weights(whole))).toBe(true);
      expect(await metricsOf(out)).toEqual(await metricsOf(whole));
    }
  });

  test('a run that is interrupted saves everything, says how to go on, and goes on to the same bits', async () => {
    const [whole, out] = [newRun(), newRun()];
    await train(tinyPipeline(data), { out: whole, cacheDirectory });
    const interrupt = new AbortController();
    const stopped = train(tinyPipeline(data), {
      out,
      cacheDirectory,
      signal: interrupt.signal,
      onMetrics: ({ step }) => {
        if (step === 6) interrupt.abort();
      },
    });
    await expect(stopped).rejects.toThrow(InterruptedError);
    await expect(stopped).rejects.toThrow(/--resume goes on/);
    await train(tinyPipeline(data), { out, cacheDirectory, resume: true });
    expect(weights(out).equals(weights(whole))).toBe(true);
  });

  test('micro-batches give a loss over the whole batch, and every step leaves the tensors as they were', async () => {
    const counts: number[] = [];
    const losses: number[] = [];
    await train(
      tinyPipeline(data, { train: { steps: 9, window: 0.1, batch: 6, microBatch: 2, logEvery: 1, validateEvery: 3 } }),
      {
        out: newRun(),
        cacheDirectory,
        onMetrics: ({ loss }) => losses.push(loss),
        onProgress: (phase) => {
          if (phase === 'train') counts.push(tf.memory().numTensors);
        },
      },
    );
    expect(new Set(counts.slice(1)).size).toBe(1);
    expect(losses.every((loss) => loss > 0 && loss < 5)).toBe(true);
  });

  test('a model, an optimiser and their tensors are gone when training ends', async () => {
    await train(tinyPipeline(data), { out: newRun(), cacheDirectory });
    const before = tf.memory().numTensors;
    await train(tinyPipeline(data), { out: newRun(), cacheDirectory });
    expect(tf.memory().numTensors).toBe(before);
  });

  test('a stride learning rate of 0 keeps every stride while the rest trains on', async () => {
    const train0 = { steps: 4, window: 0.1, batch: 6, learningRate: 0.02, strideLearningRate: 0, validateEvery: 4 };
    const out = newRun();
    const { axes } = await train(tinyPipeline(data, { train: train0 }), { out, cacheDirectory });
    expect(axes.filter(({ learned }) => learned).map(({ stride }) => stride)).toEqual([2, 2]);
    const { tensors } = readSafetensors(weights(out));
    expect(tensors.get('blocks.1.time.bias')?.data.some((value) => value !== 0)).toBe(true);
  });

  test('the regulariser pulls strides up', async () => {
    const settings = {
      steps: 10,
      window: 0.1,
      batch: 6,
      learningRate: 0.005,
      strideLearningRate: 0.05,
      validateEvery: 10,
    };
    const strideSum = async (complexity: number) => {
      const { axes } = await train(tinyPipeline(data, { train: { ...settings, complexity } }), {
        out: newRun(),
        cacheDirectory,
      });
      return axes.reduce((sum, { stride }) => sum + stride, 0);
    };
    expect(await strideSum(50)).toBeGreaterThan(await strideSum(0));
  });

  test('early stopping ends a run that no longer improves', async () => {
    const settings = { steps: 400, window: 0.1, batch: 6, learningRate: 1e-9, validateEvery: 1, earlyStopping: 2 };
    const { steps, bestStep } = await train(tinyPipeline(data, { train: settings }), { out: newRun(), cacheDirectory });
    expect(steps).toBe(bestStep + 2);
  });

  test('a loss that is no number ends the run and keeps the best checkpoint', async () => {
    const settings = { steps: 50, window: 0.1, batch: 6, learningRate: 1e30, validateEvery: 1 };
    const out = newRun();
    await expect(train(tinyPipeline(data, { train: settings }), { out, cacheDirectory })).rejects.toThrow(
      /the (validation )?loss is (NaN|-?Infinity) at step \d+; .*learning rate/,
    );
    expect(existsSync(path.join(out, 'result.json'))).toBe(false);
  });

  test('memory stays flat over 2,000 steps', async () => {
    const settings = { steps: 2000, window: 0.025, batch: 2, validateEvery: 2000, logEvery: 500 };
    const bytes: number[] = [];
    await train(
      tinyPipeline(data, {
        features: { bins: 4 },
        model: { channels: [2], strides: [[1, 2]], pooling: 'strided' },
        train: settings,
      }),
      {
        out: newRun(),
        cacheDirectory,
        onProgress: (phase) => {
          if (phase === 'train') bytes.push(tf.memory().numBytes);
        },
      },
    );
    expect(new Set(bytes.slice(1)).size).toBe(1);
  });
});

describe('train() refuses', () => {
  test.each([
    ['an empty folder', {}, /expected|no audio|found/],
    ['data of one class', { only: [tone(300, 0.2), tone(310, 0.2)] }, /expected at least two classes|only "only"/],
  ])('%s', async (name, content, message) => {
    const bad = path.join(folder, name.replaceAll(' ', '-'));
    mkdirSync(bad, { recursive: true });
    for (const [label, clips] of Object.entries(content as Record<string, number[][]>)) {
      mkdirSync(path.join(bad, label));
      for (const [i, samples] of clips.entries()) writeFileSync(path.join(bad, label, `${i}.wav`), wavBytes(samples));
    }
    const outcome = train(tinyPipeline(bad), { out: newRun(), cacheDirectory });
    await expect(outcome).rejects.toThrow(BadInputError);
    await expect(outcome).rejects.toThrow(message);
  });

  test('a label that is tested and never trained', async () => {
    const bad = path.join(folder, 'stray');
    writeTones(bad);
    mkdirSync(path.join(bad, 'stray'));
    writeFileSync(path.join(bad, 'stray/a.wav'), wavBytes(tone(700, 0.2)));
    writeFileSync(path.join(bad, 'testing_list.txt'), 'stray/a.wav\nlow/13.wav\n');
    await expect(train(tinyPipeline(bad), { out: newRun(), cacheDirectory })).rejects.toThrow(
      /task "tones": expected every label .* found "stray" only in test \(stray\/a\.wav\)/,
    );
  });

  test('a label column that the data does not have', async () => {
    const tasks = [{ name: 'tones', dataset: `folder:${data}`, label: 'speaker' }];
    await expect(train(tinyPipeline(data, { tasks }), { out: newRun(), cacheDirectory })).rejects.toThrow(
      /"tones": expected a label column .*\(label\), found "speaker"|expected.*label.*found "speaker"/,
    );
  });

  test('a run folder that is taken, one that is no run, and a resumption with another pipeline', async () => {
    const out = newRun();
    await train(tinyPipeline(data), { out, cacheDirectory });
    await expect(train(tinyPipeline(data), { out, cacheDirectory })).rejects.toThrow(
      /found a run; --resume goes on with it/,
    );
    await expect(train(tinyPipeline(data, { seed: 9 }), { out, cacheDirectory, resume: true })).rejects.toThrow(
      /expected the pipeline that the run was started with, found another "seed"/,
    );
    await expect(train(tinyPipeline(data), { out: data, cacheDirectory })).rejects.toThrow(/found other files/);
    await expect(train(tinyPipeline(data), { out: data, cacheDirectory, resume: true })).rejects.toThrow(
      /found no pipeline\.yaml/,
    );
  });

  test('clips that cannot be read beyond --max-bad, and counts them up to it', async () => {
    const bad = path.join(folder, 'corrupt');
    writeTones(bad);
    writeFileSync(path.join(bad, 'low/99.wav'), 'not audio at all, whatever the name says');
    await expect(train(tinyPipeline(bad), { out: newRun(), cacheDirectory })).rejects.toThrow(/found 1 of 43/);
    const notes: string[] = [];
    const settings = { steps: 1, window: 0.1, batch: 6, maxBad: 0.05 };
    await train(tinyPipeline(bad, { train: settings }), {
      out: newRun(),
      cacheDirectory,
      onNote: (note) => notes.push(note),
    });
    expect(notes.join('\n')).toMatch(/1 clips cannot be read and are left out: .*99\.wav/);
  });
});

describe('evaluate(), loadModel() and predictFile()', () => {
  let out: string;
  beforeAll(async () => {
    out = newRun();
    await train(tinyPipeline(data), { out, cacheDirectory });
  });

  test('a run is scored again to the same figures', async () => {
    const { result } = await readRun(out);
    const again = await evaluate(out, { cacheDirectory });
    expect(again).toEqual(result?.evaluation.find(({ split }) => split === 'test'));
  });

  test('other data is scored with the model’s classes', async () => {
    const other = { cacheDirectory, data: `folder:${data}` };
    const result = await evaluate(out, { ...other, split: 'train' });
    expect(result.tasks[0]).toMatchObject({ clips: 24, classes: ['high', 'low', 'middle'] });
    const whole = await evaluate(out, other);
    expect(whole.split).toBe('all');
    const parts = await Promise.all(
      (['train', 'validation', 'test'] as const).map((split) => evaluate(out, { ...other, split })),
    );
    expect(whole.tasks[0]?.clips).toBe(parts.reduce((sum, { tasks }) => sum + (tasks[0]?.clips ?? 0), 0));
  });

  test('a recording is labelled as at evaluation, its probabilities adding up to 1, and a short one is padded', async () => {
    const loaded = await loadModel(out);
    const file = path.join(data, 'high/13.wav');
    const { tasks, windows, padded } = await predictFile(loaded, file);
    const lines = readFileSync(path.join(out, 'predictions.test.jsonl'), 'utf8').trim().split('\n');
    const line = lines.map((text) => JSON.parse(text)).find(({ id }) => id === 'high/13.wav');
    expect(tasks[0]?.classes[0]?.label).toBe(line.predicted);
    expect(tasks[0]?.classes[0]?.probability).toBeCloseTo(line.probability, 6);
    expect(tasks[0]?.classes.reduce((sum, { probability }) => sum + probability, 0)).toBeCloseTo(1, 9);
    expect([windows.length, padded]).toEqual([3, false]);
    const short = path.join(folder, 'short.wav');
    writeFileSync(short, wavBytes(tone(300, 0.02)));
    expect(await predictFile(loaded, short)).toMatchObject({ padded: true, windows: [{ start: 0 }] });
    loaded.model.dispose();
  });

  test('a checkpoint of another architecture and a half-written run are refused by name', async () => {
    const other = newRun();
    const model = { channels: [5], strides: [[2, 2]] as [number, number][], smoothness: 1 };
    await train(tinyPipeline(data, { model }), { out: other, cacheDirectory });
    writeFileSync(
      path.join(other, 'checkpoints/best.safetensors'),
      readFileSync(path.join(out, 'checkpoints/best.safetensors')),
    );
    await expect(loadModel(other)).rejects.toThrow(
      /best\.safetensors: a checkpoint of another architecture: expected "blocks\.1\.time\.kernel" \[3, 1, 1, 5\], found \[3, 1, 1, 3\]/,
    );
    rmSync(path.join(other, 'labels.json'));
    await expect(loadModel(other)).rejects.toThrow(/expected a whole run folder, found no labels\.json/);
    await expect(loadModel(path.join(folder, 'nowhere'))).rejects.toThrow(/expected a run folder, found nothing/);
    writeFileSync(path.join(out, 'checkpoints/last.safetensors'), 'x');
    await expect(loadModel(out, { weights: 'last' })).rejects.toThrow(/last\.safetensors/);
  });
});
