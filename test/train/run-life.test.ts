import { spawn } from 'node:child_process';
import {
  cpSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  renameSync,
  rmSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import * as tf from '@tensorflow/tfjs';
import { BadInputError, InterruptedError } from '../../src/errors.ts';
import type { PipelineInput } from '../../src/pipeline/schema.ts';
import { readSafetensors } from '../../src/safetensors.ts';
import { evaluate, loadModel, readRun, train } from '../../src/train/index.ts';
import { tinyPipeline, tone, wavBytes, writeTones } from './tiny-data.ts';

let folder: string;
let data: string;
let cacheDirectory: string;
let runs = 0;

beforeAll(() => {
  folder = mkdtempSync(path.join(tmpdir(), 'spectride-life-'));
  data = path.join(folder, 'tones');
  cacheDirectory = path.join(folder, 'cache');
  writeTones(data);
});
afterAll(() => rmSync(folder, { recursive: true, force: true }));

const newRun = () => path.join(folder, `run-${runs++}`);
const weights = (run: string) => readFileSync(path.join(run, 'checkpoints/last.safetensors'));
const settings = { window: 0.1, batch: 6, learningRate: 0.02, logEvery: 1 };
const tiny = (changes: PipelineInput['train'], more: Partial<PipelineInput> = {}) =>
  tinyPipeline(data, { ...more, train: { ...settings, ...changes } });

describe('a run that fails before its first step leaves nothing, so that the mended command just works', () => {
  const mistakes: [string, () => ReturnType<typeof tinyPipeline>, RegExp][] = [
    [
      'a label column that is not there',
      () => tiny({ steps: 1 }, { tasks: [{ name: 't', dataset: `folder:${data}`, label: 'speaker' }] }),
      /expected a label column/,
    ],
    [
      'strides for another number of blocks',
      () =>
        tiny(
          { steps: 1 },
          {
            model: {
              channels: [3],
              strides: [
                [2, 2],
                [1, 1],
              ],
              smoothness: 1,
            },
          },
        ),
      /model\.strides: expected one pair for each of the 1 blocks/,
    ],
    [
      'effective strides that a fixed ramp cannot give',
      () => tiny({ steps: 1 }, { model: { channels: [3], strides: [[4, 4]], smoothness: 4, init: 'effective' } }),
      /model\.init: "effective" is impossible in block 1/,
    ],
    [
      'a warm-up longer than the run',
      () => tiny({ steps: 3, schedule: { kind: 'cosine', warmup: 9 } }),
      /train\.schedule\.warmup: expected fewer steps than the run's 3, found 9/,
    ],
  ];
  test.each(mistakes)('%s', async (_, pipeline, message) => {
    const out = newRun();
    const outcome = train(pipeline(), { out, cacheDirectory });
    await expect(outcome).rejects.toThrow(BadInputError);
    await expect(outcome).rejects.toThrow(message);
    expect(existsSync(out)).toBe(false);
  });

  test('a model that cannot be is refused before any data is read', async () => {
    const tasks = [{ name: 't', dataset: 'folder:/nowhere' }];
    const impossible = tiny({ steps: 1 }, { tasks, model: { channels: [3], smoothness: 1 } });
    await expect(train(impossible, { out: newRun(), cacheDirectory })).rejects.toThrow(/model\.strides/);
  });

  test('what a killed write left behind neither bars a new run nor stays in one that goes on', async () => {
    const out = newRun();
    mkdirSync(out);
    writeFileSync(path.join(out, '.pipeline.yaml.1-ab.tmp'), 'tasks: [');
    await train(tiny({ steps: 2 }), { out, cacheDirectory });
    writeFileSync(path.join(out, 'checkpoints/.best.safetensors.1-ab.tmp'), 'half');
    await train(tiny({ steps: 2 }), { out, cacheDirectory, resume: true });
    expect(
      [...readdirSync(out), ...readdirSync(path.join(out, 'checkpoints'))].filter((name) => name.endsWith('.tmp')),
    ).toEqual([]);
  });
});

describe('resumption', () => {
  test('a run killed with SIGKILL at any moment, again and again, ends in the bits of one never killed', async () => {
    const whole = newRun();
    await train(tinyPipeline(data), { out: whole, cacheDirectory });
    const script = path.join(import.meta.dirname, 'child-train.ts');
    const out = newRun();
    // Moments in milliseconds after the child's first line or, where it prints none, its start: some fall into checkpoints.
    for (const moment of [0, 7, 23]) {
      const child = spawn(process.execPath, [script, data, out, cacheDirectory, 'resume'], {
        stdio: ['ignore', 'pipe', 'ignore'],
      });
      child.stdout.once('data', () => setTimeout(() => child.kill('SIGKILL'), moment));
      await new Promise((done) => child.on('close', done));
    }
    await train(tinyPipeline(data), { out, cacheDirectory, resume: true });
    expect(weights(out).equals(weights(whole))).toBe(true);
    const timeless = async (run: string) =>
      (await readRun(run)).metrics.map(({ seconds: _, examplesPerSecond: __, ...line }) => line);
    expect(await timeless(out)).toEqual(await timeless(whole));
  });

  test('a run that goes on is barred to a second process, which leaves it as it is', async () => {
    const [whole, out] = [newRun(), newRun()];
    await train(tinyPipeline(data), { out: whole, cacheDirectory });
    let second: Promise<unknown> | undefined;
    await train(tinyPipeline(data), {
      out,
      cacheDirectory,
      onMetrics: () => {
        second ??= train(tinyPipeline(data), { out, cacheDirectory, resume: true }).catch((error: unknown) => error);
      },
    });
    expect(await second).toBeInstanceOf(BadInputError);
    expect(await second).toHaveProperty(
      'message',
      expect.stringMatching(/found that process \d+ trains in this folder/),
    );
    expect(weights(out).equals(weights(whole))).toBe(true);
    expect((await readRun(out)).metrics.map(({ step }) => step)).toEqual(
      (await readRun(whole)).metrics.map(({ step }) => step),
    );
    expect(existsSync(path.join(out, '.lock'))).toBe(false);
  });

  test('a run made in code goes on where a setting was given as undefined', async () => {
    const out = newRun();
    const pipeline = () => tiny({ steps: 2, strideLearningRate: undefined });
    await train(pipeline(), { out, cacheDirectory });
    await expect(train(pipeline(), { out, cacheDirectory, resume: true })).resolves.toHaveProperty('steps', 2);
  });

  test('a run without validation clips says that it cannot stop early', async () => {
    const own = path.join(folder, 'unvalidated');
    writeTones(own);
    writeFileSync(path.join(own, 'validation_list.txt'), '');
    const notes: string[] = [];
    const pipeline = tinyPipeline(own, { train: { ...settings, steps: 3, validateEvery: 1, earlyStopping: 1 } });
    const { steps } = await train(pipeline, { out: newRun(), cacheDirectory, onNote: (note) => notes.push(note) });
    expect(steps).toBe(3);
    expect(notes.join()).toContain('no validation clips: train.earlyStopping');
  });

  test('a run that early stopping has ended takes no further step when resumed', async () => {
    const out = newRun();
    const pipeline = tiny({ steps: 400, learningRate: 1e-9, validateEvery: 1, earlyStopping: 2 });
    const { steps } = await train(pipeline, { out, cacheDirectory });
    const before = weights(out);
    const again = await train(pipeline, { out, cacheDirectory, resume: true });
    expect(again.steps).toBe(steps);
    expect(weights(out).equals(before)).toBe(true);
  });

  test('a run does not go on with other data: other classes, or another number of clips', async () => {
    const own = path.join(folder, 'own');
    const out = newRun();
    const pipeline = (steps: number) => tinyPipeline(own, { train: { ...settings, steps } });
    writeTones(own);
    await train(pipeline(3), { out, cacheDirectory });
    const [first = ''] = readdirSync(own);
    const clips = readdirSync(path.join(own, first));
    cpSync(path.join(own, first, clips[0] ?? ''), path.join(own, first, 'copy-1.wav'));
    cpSync(path.join(own, first, clips[0] ?? ''), path.join(own, first, 'copy-2.wav'));
    cpSync(path.join(own, first, clips[0] ?? ''), path.join(own, first, 'copy-3.wav'));
    await expect(train(pipeline(3), { out, cacheDirectory, resume: true })).rejects.toThrow(
      /the data are others than when the run began/,
    );
    for (const name of ['copy-1.wav', 'copy-2.wav', 'copy-3.wav']) rmSync(path.join(own, first, name));
    renameSync(path.join(own, first), path.join(own, 'renamed'));
    await expect(train(pipeline(3), { out, cacheDirectory, resume: true })).rejects.toThrow(
      /expected the classes that the run was started with, found others/,
    );
  });

  test('the first environment stays, and each later one is added to it', async () => {
    const out = newRun();
    const first = tiny({ steps: 2 });
    await train(first, { out, cacheDirectory });
    const { started } = (await readRun(out)).environment;
    await train(first, { out, cacheDirectory, resume: true });
    await train(first, { out, cacheDirectory, resume: true });
    const { environment } = await readRun(out);
    expect(environment.started).toBe(started);
    expect(environment.resumed?.length).toBe(2);
  });

  test('a run that was stopped can be scored and used with the weights of its last step', async () => {
    const out = newRun();
    const interrupt = new AbortController();
    const onMetrics = ({ step }: { step: number }) => {
      if (step === 3) interrupt.abort();
    };
    await expect(
      train(tiny({ steps: 9, validateEvery: 9 }), { out, cacheDirectory, signal: interrupt.signal, onMetrics }),
    ).rejects.toThrow(InterruptedError);
    const loaded = await loadModel(out);
    const { tensors, metadata } = readSafetensors(readFileSync(path.join(out, 'checkpoints/last.state.safetensors')));
    expect(JSON.parse(metadata.progress ?? '').step).toBe(3);
    const kernel = loaded.model.parameters.get('blocks.1.time.kernel')?.variable.dataSync() ?? [];
    expect([...kernel]).toEqual([...(tensors.get('blocks.1.time.kernel')?.data ?? [])]);
    loaded.model.dispose();
  });
});

test('checkpoints come by the clock too, and do not change the outcome', async () => {
  const [often, seldom] = [newRun(), newRun()];
  const stepsSaved: number[] = [];
  await train(tiny({ steps: 6, validateEvery: 6, checkpointMinutes: 1e-9 }), {
    out: often,
    cacheDirectory,
    onProgress: (phase) => {
      const file = path.join(often, 'checkpoints/last.state.safetensors');
      if (phase !== 'train') return;
      stepsSaved.push(JSON.parse(readSafetensors(readFileSync(file)).metadata.progress ?? '').step);
    },
  });
  expect(stepsSaved).toEqual([1, 2, 3, 4, 5, 6]);
  await train(tiny({ steps: 6, validateEvery: 6 }), { out: seldom, cacheDirectory });
  expect(weights(often).equals(weights(seldom))).toBe(true);
});

describe('a run that diverges', () => {
  test.each(['adam', 'sgd'] as const)(
    'under %s keeps no weights that are not numbers, and stays readable',
    async (optimizer) => {
      const out = newRun();
      const pipeline = tiny({ steps: 8, learningRate: 3e38, optimizer, validateEvery: 1 });
      await expect(train(pipeline, { out, cacheDirectory })).rejects.toThrow(/NaN|Infinity/);
      const { metrics, result } = await readRun(out);
      expect(result).toBeUndefined();
      expect(metrics.flatMap(({ validation }) => Object.values(validation?.loss ?? {})).every(Number.isFinite)).toBe(
        true,
      );
      for (const name of readdirSync(path.join(out, 'checkpoints'))) {
        const { tensors } = readSafetensors(readFileSync(path.join(out, 'checkpoints', name)));
        for (const { data: values } of tensors.values()) expect([...values].every(Number.isFinite)).toBe(true);
      }
    },
  );
});

test('micro-batches of equal statistics give the update of the whole batch', async () => {
  // Every clip sounds the same, so each part of a batch has the statistics of the whole.
  const same = path.join(folder, 'same');
  for (const label of ['a', 'b', 'c']) {
    mkdirSync(path.join(same, label), { recursive: true });
    for (let i = 0; i < 6; i++) writeFileSync(path.join(same, label, `${i}.wav`), wavBytes(tone(700, 0.1)));
  }
  writeFileSync(path.join(same, 'validation_list.txt'), 'a/5.wav\nb/5.wav\nc/5.wav\n');
  writeFileSync(path.join(same, 'testing_list.txt'), 'a/4.wav\nb/4.wav\nc/4.wav\n');
  const trained = async (microBatch: number) => {
    const out = newRun();
    const tasks = [{ name: 't', dataset: `folder:${same}` }];
    const pipeline = tiny({ steps: 5, validateEvery: 5, optimizer: 'sgd', complexity: 0.1, microBatch }, { tasks });
    await train(pipeline, { out, cacheDirectory });
    return readSafetensors(weights(out)).tensors;
  };
  const [whole, parts] = [await trained(6), await trained(2)];
  for (const [name, { data: expected }] of whole) {
    if (/moving/.test(name)) continue; // folded in once for each part
    const found = parts.get(name)?.data ?? [];
    expect(Math.max(...Array.from(expected, (value, i) => Math.abs(value - (found[i] ?? Number.NaN))))).toBeLessThan(
      2e-5,
    );
  }
});

test('two tasks of one data set share its batches, a task’s weight scales its loss, and every step leaves the tensors as they were', async () => {
  const file = path.join(folder, 'notes.csv');
  const clips = ['low', 'high'].flatMap((pitch) => [...Array(10).keys()].map((i) => ({ pitch, i })));
  const rows = clips.map(({ pitch, i }) => {
    const split = i < 6 ? 'train' : i < 8 ? 'validation' : 'test';
    return `tones/${pitch}/${String(i).padStart(2, '0')}.wav,${split},${pitch},${i % 2 ? 'odd' : 'even'}`;
  });
  writeFileSync(file, `path,split,pitch,parity\n${rows.join('\n')}\n`);
  const task = (label: string, weight = 1) => ({ name: label, dataset: `manifest:${file}`, label, weight });
  const counts = new Set<number>();
  const pipeline = tiny({ steps: 4, validateEvery: 4 }, { tasks: [task('pitch', 3), task('parity')] });
  const out = newRun();
  const result = await train(pipeline, {
    out,
    cacheDirectory,
    onProgress: (phase) => {
      if (phase === 'train') counts.add(tf.memory().numTensors);
    },
  });
  expect(result.clips).toEqual({
    pitch: { train: 12, validation: 4, test: 4 },
    parity: { train: 12, validation: 4, test: 4 },
  });
  const { metrics } = await readRun(out);
  for (const { loss, losses, epoch, step } of metrics) {
    expect(loss).toBeCloseTo((3 * (losses.pitch ?? 0) + (losses.parity ?? 0)) / 2, 9);
    expect(epoch).toBeCloseTo((step * 6) / 12, 9); // one source of 12 clips
  }
  expect(counts.size).toBeLessThanOrEqual(2); // the first update makes what the optimiser remembers
});

describe('evaluate() with other data', () => {
  test('refuses labels that the model was not trained on, by name', async () => {
    const out = newRun();
    await train(tiny({ steps: 1 }), { out, cacheDirectory });
    const other = path.join(folder, 'other');
    mkdirSync(path.join(other, 'siren'), { recursive: true });
    mkdirSync(path.join(other, 'low'), { recursive: true });
    for (const label of ['siren', 'low']) writeFileSync(path.join(other, label, '0.wav'), wavBytes(tone(500, 0.2)));
    await expect(evaluate(out, { cacheDirectory, data: `folder:${other}` })).rejects.toThrow(
      /task "tones": expected in folder:.*other only labels that the model was trained on \(high, low, middle\), found "siren"/,
    );
  });

  test('scores data of one class, which could not be trained on', async () => {
    const out = newRun();
    await train(tiny({ steps: 1 }), { out, cacheDirectory });
    const file = path.join(folder, 'one-class.csv');
    writeFileSync(file, 'path,split,label\ntones/low/11.wav,test,low\ntones/low/12.wav,test,low\n');
    const { tasks } = await evaluate(out, { cacheDirectory, data: `manifest:${file}` });
    expect(tasks[0]).toMatchObject({ clips: 2, classes: ['high', 'low', 'middle'] });
  });
});
