import { spawn } from 'node:child_process';
import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import fc from 'fast-check';
import type { BatchWindow } from '../../src/datasets/batches.ts';
import { type NoiseRecordings, openNoise } from '../../src/datasets/noise.ts';
import type { FeatureStore } from '../../src/datasets/types.ts';
import { BadInputError } from '../../src/errors.ts';
import { resolveFeatures } from '../../src/features/index.ts';
import { definePipeline, loadPipeline } from '../../src/pipeline/index.ts';
import type { AugmentationSettings, PipelineInput } from '../../src/pipeline/schema.ts';
import { stream } from '../../src/random.ts';
import { mixAtSnr, waveformReader } from '../../src/train/augment-waveform.ts';
import { readRun, train } from '../../src/train/index.ts';
import { tinyPipeline, tone, wavBytes, writeTones } from './tiny-data.ts';

let folder: string;
let data: string;
let noise: string;
let cacheDirectory: string;
let runs = 0;
const newRun = () => path.join(folder, `run-${runs++}`);

beforeAll(() => {
  folder = mkdtempSync(path.join(tmpdir(), 'spectride-noise-'));
  data = path.join(folder, 'tones');
  noise = path.join(folder, 'noise');
  cacheDirectory = path.join(folder, 'cache');
  writeTones(data);
  mkdirSync(noise);
  const random = stream(1, 'noise');
  const hiss = (samples: number) => wavBytes(Array.from({ length: samples }, () => 0.2 * random.normal()));
  writeFileSync(path.join(noise, 'long.wav'), hiss(8000));
  writeFileSync(path.join(noise, 'short.wav'), hiss(500));
});
afterAll(() => rmSync(folder, { recursive: true, force: true }));

const { log10, abs } = Math;
const meanSquare = (values: Iterable<number>) => {
  const all = Float64Array.from(values);
  return all.reduce((sum, value) => sum + value ** 2, 0) / all.length;
};

describe('mixAtSnr()', () => {
  test('adds noise at the ratio of mean squares that the definition asks for', () => {
    const values = fc.array(fc.float({ min: -1, max: 1, noNaN: true }), { minLength: 8, maxLength: 60 });
    fc.assert(
      fc.property(
        values,
        fc.integer({ min: 0, max: 99 }),
        fc.double({ min: -20, max: 40, noNaN: true }),
        (all, seed, snr) => {
          fc.pre(meanSquare(all) > 1e-6);
          const samples = Float32Array.from(all);
          const random = stream(seed, 'test');
          const background = Float32Array.from(samples, () => 0.1 * random.normal());
          const mixed = samples.slice();
          mixAtSnr(mixed, background, snr);
          const added = mixed.map((value, i) => value - (samples[i] ?? 0));
          // What is added is seen through the rounding of the sums to float32.
          expect(abs(10 * log10(meanSquare(samples) / meanSquare(added)) - snr)).toBeLessThan(0.01);
          const [first, second] = [0, 1].map((i) => (added[i] ?? 0) / (background[i] ?? 1));
          expect(abs((first ?? 0) / (second ?? 1) - 1)).toBeLessThan(0.01);
        },
      ),
    );
  });

  test('leaves silent samples silent, and samples under silent noise as they are', () => {
    const silent = new Float32Array(50);
    mixAtSnr(silent, Float32Array.from({ length: 50 }, Math.random), 5);
    expect(silent).toEqual(new Float32Array(50));
    const samples = Float32Array.from({ length: 50 }, (_, i) => Math.sin(i));
    const before = samples.slice();
    mixAtSnr(samples, new Float32Array(50), 5);
    expect(samples).toEqual(before);
  });
});

/** A store of one clip whose features are its samples: a frame is one sample, and log-mel changes nothing. */
function plainStore(samples: Float32Array): FeatureStore {
  const read: FeatureStore['read'] = (_, start, frames, target, offset) => {
    target.set(samples.subarray(start, start + frames), offset);
  };
  return {
    bins: 1,
    clips: [],
    bad: [],
    padded: 0,
    trainingFrames: () => samples.length,
    evaluationStarts: () => [0],
    read,
    waveform: {
      samplesUnder: (frames) => frames,
      read: (index, start, frames, target) => read(index, start, frames, target, 0),
      logMel: (window, _, target, offset) => target.set(window, offset),
    },
    close: () => undefined,
  };
}

const length = 400;
const clean = Float32Array.from({ length }, (_, i) => Math.sin(i));
/** Noise that is orthogonal to nothing in particular, and known: the same at each draw. */
const known = Float32Array.from({ length }, (_, i) => Math.cos(i * i));
const constantNoise: NoiseRecordings = { draw: (_, target) => target.set(known), close: () => undefined };
const off: AugmentationSettings = { timeShift: 0, gain: 0, mixup: 0 };

/** The window of a row, as the reader gives it. */
function readRow(
  settings: Partial<AugmentationSettings>,
  row: number,
  more: Partial<BatchWindow & { seed: number }> = {},
) {
  const reader = waveformReader({
    settings: { ...off, ...settings },
    sampleRate: 1000,
    frames: length,
    seed: more.seed ?? 5,
    stores: [plainStore(clean)],
    noise: [constantNoise],
  });
  const target = new Float32Array(length + 3);
  reader?.({ source: 0, clip: 0, start: 0, step: 0, row, ...more }, target, 3);
  return target.slice(3);
}
const rows = <T>(count: number, of: (row: number) => T) => Array.from({ length: count }, (_, row) => of(row));

describe('waveformReader()', () => {
  test('is nothing where nothing is changed', () => {
    const options = { settings: off, sampleRate: 1000, frames: 1, seed: 0, stores: [], noise: [] };
    expect(waveformReader(options)).toBeUndefined();
  });

  test('draws by the seed, the step and the row alone', () => {
    const all = { timeShift: 0.1, gain: 6, noise: { snr: [0, 20] as [number, number], probability: 0.7 } };
    expect(readRow(all, 3)).toEqual(readRow(all, 3));
    for (const other of [readRow(all, 4), readRow(all, 3, { step: 1 }), readRow(all, 3, { seed: 6 })])
      expect(other).not.toEqual(readRow(all, 3));
  });

  test('mixes noise into its share of windows, at ratios all over the range', () => {
    const found = rows(400, (row) => readRow({ noise: { snr: [-5, 15], probability: 0.25 } }, row)).flatMap(
      (window) => {
        const added = window.map((value, i) => value - (clean[i] ?? 0));
        return added.some((value) => value !== 0) ? [10 * log10(meanSquare(clean) / meanSquare(added))] : [];
      },
    );
    expect(abs(found.length / 400 - 0.25)).toBeLessThan(0.07);
    expect(Math.min(...found)).toBeGreaterThan(-5.01);
    expect(Math.max(...found)).toBeLessThan(15.01);
    expect(Math.min(...found)).toBeLessThan(-3);
    expect(Math.max(...found)).toBeGreaterThan(13);
    expect(abs(found.reduce((sum, snr) => sum + snr, 0) / found.length - 5)).toBeLessThan(1.8);
  });

  test('shifts samples by at most the setting, and fills up with zeros', () => {
    const shifts = rows(300, (row) => {
      const window = readRow({ timeShift: 0.003 }, row);
      return [-3, -2, -1, 0, 1, 2, 3].find((by) => window.every((value, i) => value === (clean[i - by] ?? 0)));
    });
    expect(new Set(shifts)).toEqual(new Set([-3, -2, -1, 0, 1, 2, 3]));
  });

  test('a shift longer than the window leaves silence', () => {
    const silent = rows(20, (row) => readRow({ timeShift: 60 }, row)).filter((window) => window.every((v) => v === 0));
    expect(silent.length).toBeGreaterThan(15);
  });

  test('gain multiplies all samples of a window by the same factor within the setting', () => {
    const gains = rows(200, (row) => {
      const window = readRow({ gain: 6 }, row);
      const factor = (window[1] ?? 0) / (clean[1] ?? 1);
      for (const [i, value] of window.entries()) expect(value).toBeCloseTo(factor * (clean[i] ?? 0), 5);
      return 20 * log10(factor);
    });
    expect(Math.max(...gains.map(abs))).toBeLessThan(6.001);
    expect(Math.max(...gains)).toBeGreaterThan(5);
    expect(Math.min(...gains)).toBeLessThan(-5);
  });
});

describe('openNoise()', () => {
  const opened = (names: string[]) =>
    openNoise(
      names.map((name) => path.join(noise, name)),
      'noise',
      { features: resolveFeatures(), window: 1, cacheDirectory },
    );
  const samplesOf = (name: string) => {
    const bytes = readFileSync(path.join(noise, name)).subarray(44);
    return Float32Array.from({ length: bytes.length / 2 }, (_, i) => bytes.readInt16LE(2 * i) / 32768);
  };

  test('draws a run of a recording that is long enough, from any place', async () => {
    const recordings = await opened(['long.wav']);
    const whole = samplesOf('long.wav');
    const random = stream(2, 'draws');
    const starts = rows(100, () => {
      const target = new Float32Array(1600);
      recordings.draw(random, target);
      const start = whole.findIndex((_, at) => target.every((value, i) => value === whole[at + i]));
      expect(start).toBeGreaterThanOrEqual(0);
      return start;
    });
    recordings.close();
    expect(Math.min(...starts)).toBeLessThan(640);
    expect(Math.max(...starts)).toBeGreaterThan(5760);
  });

  test('repeats a recording that is shorter, and takes each recording as often', async () => {
    const recordings = await opened(['long.wav', 'short.wav']);
    const short = samplesOf('short.wav');
    const random = stream(3, 'draws');
    const repeated = rows(300, () => {
      const target = new Float32Array(1600);
      recordings.draw(random, target);
      const start = short.findIndex((_, at) => target.every((value, i) => value === short[(at + i) % short.length]));
      return start >= 0;
    }).filter(Boolean).length;
    recordings.close();
    expect(abs(repeated / 300 - 0.5)).toBeLessThan(0.1);
  });
});

const trainSettings = { steps: 12, window: 0.1, batch: 6, learningRate: 0.02, validateEvery: 4, logEvery: 1 };
const noisy = (augmentation: NonNullable<PipelineInput['train']>['augmentation']): Partial<PipelineInput> => ({
  features: { bins: 12, waveform: true },
  train: { ...trainSettings, augmentation },
});
const weights = (run: string) => readFileSync(path.join(run, 'checkpoints/last.safetensors'));
const timeless = async (run: string) =>
  (await readRun(run)).metrics.map(({ seconds: _, examplesPerSecond: __, ...line }) => line);

describe('training with features.waveform', () => {
  test('without augmentation is training on stored features', async () => {
    const [kept, computed] = [newRun(), newRun()];
    await train(tinyPipeline(data), { out: kept, cacheDirectory });
    await train(tinyPipeline(data, noisy({})), { out: computed, cacheDirectory });
    const [expected, found] = [await timeless(kept), await timeless(computed)];
    expect(found).toHaveLength(expected.length);
    for (const [i, { loss }] of found.entries()) expect(loss).toBeCloseTo(expected[i]?.loss ?? Number.NaN, 2);
  });

  test('with noise, killed with SIGKILL again and again, ends in the bits of one never killed', async () => {
    const changes = noisy({
      noise: { source: noise, snr: [0, 20], probability: 0.8 },
      timeShift: 0.02,
      gain: 3,
      mixup: 0.2,
      specAugment: { timeMasks: 1, timeWidth: 2, frequencyMasks: 1, frequencyWidth: 2 },
    });
    const [whole, plain, out] = [newRun(), newRun(), newRun()];
    await train(tinyPipeline(data, changes), { out: whole, cacheDirectory });
    const script = path.join(import.meta.dirname, 'child-train.ts');
    for (const moment of [0, 15]) {
      const child = spawn(process.execPath, [script, data, out, cacheDirectory, 'resume', JSON.stringify(changes)], {
        stdio: ['ignore', 'pipe', 'ignore'],
      });
      child.stdout.once('data', () => setTimeout(() => child.kill('SIGKILL'), moment));
      await new Promise((done) => child.on('close', done));
    }
    await train(tinyPipeline(data, changes), { out, cacheDirectory, resume: true });
    expect(weights(out).equals(weights(whole))).toBe(true);
    expect(await timeless(out)).toEqual(await timeless(whole));
    await train(tinyPipeline(data, noisy({})), { out: plain, cacheDirectory });
    expect(weights(plain).equals(weights(whole))).toBe(false);
  });

  test('mixes in the noise that comes with the data set where none is named', async () => {
    const own = path.join(folder, 'with-noise');
    writeTones(own);
    mkdirSync(path.join(own, '_background_noise_'));
    writeFileSync(path.join(own, '_background_noise_/hum.wav'), wavBytes(tone(50, 1)));
    const [first, second, plain] = [newRun(), newRun(), newRun()];
    const changes = noisy({ noise: { snr: [0, 10] } });
    await train(tinyPipeline(own, changes), { out: first, cacheDirectory });
    await train(tinyPipeline(own, changes), { out: second, cacheDirectory });
    await train(tinyPipeline(own, noisy({})), { out: plain, cacheDirectory });
    expect(weights(first).equals(weights(second))).toBe(true);
    expect(weights(first).equals(weights(plain))).toBe(false);
  });
});

describe('noise is refused in one sentence', () => {
  const tasks = [{ name: 't', dataset: 'nsynth' }];
  const define = (settings: unknown, waveform = true) =>
    definePipeline({ tasks, features: { waveform }, train: { augmentation: { noise: settings as never } } });
  test.each([
    [
      'without stored samples',
      { snr: [0, 10] },
      false,
      /train\.augmentation\.noise: expected features\.waveform to be true.*found false/,
    ],
    [
      'with a range upside down',
      { snr: [20, 5] },
      true,
      /train\.augmentation\.noise\.snr: expected the lower ratio first, found \[20,5\]/,
    ],
    ['with one ratio', { snr: 10 }, true, /train\.augmentation\.noise\.snr: expected a list of 2 numbers, found 10/],
    ['without a ratio', {}, true, /train\.augmentation\.noise\.snr: expected a list of 2 numbers, found nothing/],
    [
      'with a ratio beyond all sense',
      { snr: [0, 1e6] },
      true,
      /train\.augmentation\.noise\.snr\.1: expected a number of at least -100 and at most 100, found 1000000/,
    ],
    [
      'with a probability of 2',
      { snr: [0, 10], probability: 2 },
      true,
      /train\.augmentation\.noise\.probability: expected a number of at least 0 and at most 1, found 2/,
    ],
    [
      'with no name of a folder',
      { snr: [0, 10], source: '' },
      true,
      /train\.augmentation\.noise\.source: expected a text/,
    ],
    [
      'with a misspelt key',
      { snr: [0, 10], probabilty: 1 },
      true,
      /train\.augmentation\.noise\.probabilty: unknown key; did you mean "probability"/,
    ],
  ])('%s', (_, settings, waveform, message) => {
    expect(() => define(settings, waveform)).toThrow(message);
    expect(() => define(settings, waveform)).toThrow(BadInputError);
  });

  const folders: [string, Record<string, string>, RegExp][] = [
    [
      'a folder without recordings',
      { 'read.me': '' },
      /^train\.augmentation\.noise\.source: expected recordings in .*, found only other files$/,
    ],
    [
      'a recording that is none',
      { 'bad.wav': 'text' },
      /^train\.augmentation\.noise\.source: expected at most 0 % unreadable clips, found 1 of 1 .*bad\.wav/,
    ],
  ];
  test.each(folders)('%s', async (name, files, message) => {
    const source = path.join(folder, name);
    mkdirSync(source);
    for (const [file, text] of Object.entries(files)) writeFileSync(path.join(source, file), text);
    const outcome = train(tinyPipeline(data, noisy({ noise: { source, snr: [0, 10] } })), {
      out: newRun(),
      cacheDirectory,
    });
    await expect(outcome).rejects.toThrow(BadInputError);
    await expect(outcome).rejects.toThrow(message);
  });

  test('a folder that is not there, before any data is read', async () => {
    const changes = { ...noisy({ noise: { source: '/nowhere/noise', snr: [0, 10] } }), tasks };
    await expect(train(tinyPipeline(data, changes), { out: newRun(), cacheDirectory })).rejects.toThrow(
      /^train\.augmentation\.noise\.source: \/nowhere\/noise: expected a folder that can be read/,
    );
  });

  test('a data set without noise, where none is named', async () => {
    const outcome = train(tinyPipeline(data, noisy({ noise: { snr: [0, 10] } })), { out: newRun(), cacheDirectory });
    await expect(outcome).rejects.toThrow(
      /^train\.augmentation\.noise\.source: expected a folder of recordings, since folder:.* has no noise/,
    );
  });
});

test('the folder of noise is taken from the pipeline file’s, that of an override from the working folder', async () => {
  const file = path.join(folder, 'noise.yaml');
  const text = [
    'features: { waveform: true }',
    'tasks: [{ name: t, dataset: nsynth }]',
    'train: { augmentation: { noise: { source: noise, snr: [0, 10] } } }',
  ];
  writeFileSync(file, text.join('\n'));
  const sourceOf = async (...set: string[]) => (await loadPipeline(file, { set })).train.augmentation.noise?.source;
  expect(await sourceOf()).toBe(noise);
  expect(await sourceOf('train.augmentation.noise.source=elsewhere')).toBe(path.resolve('elsewhere'));
});
