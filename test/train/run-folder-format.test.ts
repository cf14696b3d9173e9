import { existsSync, mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { parse } from 'yaml';
import { train } from '../../src/train/index.ts';
import { tinyPipeline, writeTones } from './tiny-data.ts';

/*
 * A reader of docs/run-folder.md, written from the page and from nothing else: it shares no code with what it reads after.
 */

interface Tensor {
  shape: number[];
  values: Float32Array;
}

function readTensors(file: string): { tensors: Map<string, Tensor>; metadata: Record<string, string> } {
  const bytes = readFileSync(file);
  const length = Number(bytes.readBigUInt64LE(0));
  const { __metadata__: metadata = {}, ...entries } = JSON.parse(bytes.toString('utf8', 8, 8 + length));
  const data = bytes.subarray(8 + length);
  const tensors = new Map<string, Tensor>();
  for (const [name, entry] of Object.entries(entries as Record<string, { [key: string]: unknown }>)) {
    expect(entry.dtype).toBe('F32');
    const [begin, end] = entry.data_offsets as [number, number];
    const values = Float32Array.from({ length: (end - begin) / 4 }, (_, i) => data.readFloatLE(begin + 4 * i));
    expect(values.every(Number.isFinite)).toBe(true);
    tensors.set(name, { shape: entry.shape as number[], values });
  }
  return { tensors, metadata };
}

const json = (file: string) => {
  const text = readFileSync(file, 'utf8');
  expect(text.endsWith('\n')).toBe(true);
  return JSON.parse(text);
};
const lines = (file: string) =>
  readFileSync(file, 'utf8')
    .split('\n')
    .slice(0, -1)
    .map((line) => JSON.parse(line));

let folder: string;
let run: string;
const at = (...names: string[]) => path.join(run, ...names);

beforeAll(async () => {
  folder = mkdtempSync(path.join(tmpdir(), 'spectride-run-format-'));
  run = path.join(folder, 'run');
  writeTones(path.join(folder, 'tones'));
  const pipeline = tinyPipeline(path.join(folder, 'tones'), {
    tasks: [
      { name: 'tones', dataset: `folder:${path.join(folder, 'tones')}`, weight: 2 },
      { name: 'again', dataset: `folder:${path.join(folder, 'tones')}` },
    ],
    evaluation: { weights: 'best' },
  });
  await train(pipeline, { out: run, cacheDirectory: path.join(folder, 'cache') });
  await train(pipeline, { out: run, cacheDirectory: path.join(folder, 'cache'), resume: true });
});
afterAll(() => rmSync(folder, { recursive: true, force: true }));

describe('docs/run-folder.md', () => {
  test('names every file of a run that has ended', () => {
    expect(readdirSync(run).sort()).toEqual([
      'checkpoints',
      'environment.json',
      'labels.json',
      'metrics.jsonl',
      'pipeline.yaml',
      'predictions.test.jsonl',
      'predictions.validation.jsonl',
      'result.json',
    ]);
    const checkpoints = ['best.safetensors', 'last.safetensors', 'last.state.safetensors'];
    expect(readdirSync(at('checkpoints')).sort()).toEqual(checkpoints);
  });

  test('tells the classes, the machine and each time the run was gone on with', () => {
    const label = { label: 'label', classes: ['high', 'low', 'middle'] };
    expect(json(at('labels.json'))).toEqual({ tones: label, again: label });
    expect(Object.keys(json(at('labels.json')))).toEqual(['tones', 'again']);
    const { resumed, ...first } = json(at('environment.json'));
    for (const environment of [first, ...resumed]) {
      for (const key of ['spectride', 'node', 'tfjs', 'platform']) expect(typeof environment[key]).toBe('string');
      expect(environment.backend).toMatchObject({ name: 'cpu' });
      expect(environment.seed).toBe(0);
      expect(new Date(environment.started).toISOString()).toBe(environment.started);
    }
    expect(resumed.length).toBe(1);
  });

  test('tells how training went, in steps that rise, with the weighted loss and the strides', () => {
    const pipeline = parse(readFileSync(at('pipeline.yaml'), 'utf8'));
    const found = lines(at('metrics.jsonl'));
    expect(found.map(({ step }) => step)).toEqual(Array.from({ length: 12 }, (_, i) => i + 1));
    for (const { step, examples, loss, losses, learningRate, strides, validation, complexity } of found) {
      expect(examples).toBe(step * pipeline.train.batch);
      expect(loss).toBeCloseTo((2 * losses.tones + losses.again) / 2, 9);
      expect(learningRate).toBe(pipeline.train.learningRate);
      expect(Object.keys(strides)).toEqual(['blocks.1.time', 'blocks.1.frequency']);
      const [time, frequency] = Object.values(strides as Record<string, number>) as [number, number];
      // Eq. 6: block 2 has no pool and counts the product of block 1 once more.
      expect(complexity).toBeCloseTo(2 / (time * frequency), 5);
      expect(validation !== undefined).toBe(step % pipeline.train.validateEvery === 0);
    }
  });

  test('gives scores that follow from the predictions', () => {
    const result = json(at('result.json'));
    expect(result.evaluation.map(({ split }: { split: string }) => split)).toEqual(['validation', 'test']);
    for (const { split, tasks } of result.evaluation) {
      const predictions = lines(at(`predictions.${split}.jsonl`));
      for (const { task, classes, clips, correct, accuracy, confusion, perClass } of tasks) {
        const own = predictions.filter((line) => line.task === task);
        const right = own.filter(({ truth, predicted }) => truth === predicted).length;
        expect([own.length, right, right / own.length]).toEqual([clips, correct, accuracy]);
        expect(result.clips[task][split]).toBe(clips);
        expect(new Set(own.map(({ id }) => id)).size).toBe(clips);
        for (const { probability } of own) expect(probability).toBeGreaterThanOrEqual(1 / classes.length);
        for (const [t, truth] of classes.entries()) {
          for (const [p, predicted] of classes.entries()) {
            const count = own.filter((line) => line.truth === truth && line.predicted === predicted).length;
            expect(confusion[t][p]).toBe(count);
          }
          const all = own.filter((line) => line.truth === truth).length;
          expect(perClass[t]).toMatchObject({ label: truth, clips: all, recall: confusion[t][t] / all });
        }
      }
    }
    const best = lines(at('metrics.jsonl')).find(({ step }) => step === result.bestStep);
    const scored = result.evaluation[0].tasks.map(({ task, accuracy }: Record<string, unknown>) => [task, accuracy]);
    expect(best.validation.accuracy).toEqual(Object.fromEntries(scored));
  });

  test('names every tensor of a checkpoint with its shape', () => {
    const { channels, kernel } = parse(readFileSync(at('pipeline.yaml'), 'utf8')).model;
    const labels = json(at('labels.json'));
    const expected = new Map<string, number[]>();
    let inputs = 1;
    for (const [i, outputs] of channels.entries()) {
      const block = `blocks.${i + 1}`;
      expected.set(`${block}.time.kernel`, [kernel, 1, inputs, outputs]);
      expected.set(`${block}.frequency.kernel`, [1, kernel, outputs, outputs]);
      for (const axis of ['time', 'frequency']) {
        for (const name of ['bias', 'scale', 'offset', 'movingMean', 'movingVariance']) {
          expected.set(`${block}.${axis}.${name}`, [outputs]);
        }
        if (i === 0) expected.set(`${block}.${axis}.stride`, []);
      }
      inputs = outputs;
    }
    for (const [task, { classes }] of Object.entries(labels as Record<string, { classes: string[] }>)) {
      expected.set(`heads.${task}.kernel`, [inputs, classes.length]);
      expected.set(`heads.${task}.bias`, [classes.length]);
    }
    const shapes = (tensors: Map<string, Tensor>) =>
      Object.fromEntries([...tensors].map(([name, { shape }]) => [name, shape]));
    const last = readTensors(at('checkpoints', 'last.safetensors'));
    expect(shapes(last.tensors)).toEqual(Object.fromEntries(expected));
    expect(last.metadata).toEqual({ step: '12' });

    const result = json(at('result.json'));
    const best = readTensors(at('checkpoints', 'best.safetensors'));
    expect(shapes(best.tensors)).toEqual(Object.fromEntries(expected));
    expect(best.metadata).toEqual({ step: String(result.bestStep) });
    for (const { block, axis, stride, learned } of result.axes) {
      expect(learned).toBe(block === 1);
      if (learned) expect(best.tensors.get(`blocks.${block}.${axis}.stride`)?.values[0]).toBe(stride);
    }
    const trained = [...best.tensors].filter(([name]) => !name.includes('moving'));
    expect(result.parameters).toBe(trained.reduce((sum, [, { values }]) => sum + values.length, 0));
  });

  test('puts all that the next step depends on into one file', () => {
    const last = readTensors(at('checkpoints', 'last.safetensors')).tensors;
    const state = readTensors(at('checkpoints', 'last.state.safetensors'));
    for (const [name, { shape, values }] of last) {
      expect(state.tensors.get(name)?.values).toEqual(values);
      if (name.includes('moving')) continue;
      for (const moment of ['firstMoment', 'secondMoment']) {
        expect(state.tensors.get(`optimizer.${name}.${moment}`)?.shape).toEqual(shape);
      }
    }
    const moments = [...last.keys()].filter((name) => !name.includes('moving')).length * 2;
    expect(state.tensors.size).toBe(last.size + moments);
    const progress = JSON.parse(state.metadata.progress ?? '');
    expect(progress).toMatchObject({ step: 12, examples: 72, bestStep: json(at('result.json')).bestStep });
    expect(Object.keys(progress).sort()).toEqual(
      ['bestAccuracy', 'bestStep', 'batches', 'examples', 'seconds', 'stale', 'step'].sort(),
    );
    expect(existsSync(at('last.state.json'))).toBe(false);
  });
});
