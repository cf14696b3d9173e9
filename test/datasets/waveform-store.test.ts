import { readdirSync, readFileSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import fc from 'fast-check';
import { simdLogMelSource } from '../../src/backend/log-mel/index.ts';
import { createBatches } from '../../src/datasets/batches.ts';
import { openDataset } from '../../src/datasets/catalogue.ts';
import { type FeatureStoreOptions, openFeatureStore, openSampleStore } from '../../src/datasets/feature-cache.ts';
import { fromPcm16, toPcm16 } from '../../src/datasets/pcm-samples.ts';
import type { Dataset, FeatureStore } from '../../src/datasets/types.ts';
import { evaluationWindows } from '../../src/datasets/windows.ts';
import { type LogMelOptions, resolveFeatures } from '../../src/features/index.ts';
import { encodeWav, tone, toneWav } from '../fixtures/datasets/wav.ts';
import { removeTemporaryFolders, temporaryFolder, writeTree } from './temporary-folder.ts';

afterAll(removeTemporaryFolders);

const lengths = { 'a/long.wav': 2.7, 'a/one.wav': 1, 'a/tiny.wav': 0.004, 'b/rest.wav': 2.3777, 'b/short.wav': 0.4 };
const root = writeTree(temporaryFolder(), {
  ...Object.fromEntries(Object.entries(lengths).map(([name, seconds], i) => [name, toneWav(300 + 500 * i, seconds)])),
  'b/other-rate.wav': toneWav(700, 1.3, 22050),
  'b/bad.wav': 'not audio',
});
const cacheDirectory = temporaryFolder();
let dataset: Dataset;

beforeAll(async () => {
  const opened = await openDataset(`folder:${root}`);
  // All clips train, so that batches are made of every one.
  dataset = { ...opened, clips: opened.clips.map((clip) => ({ ...clip, split: 'train' as const })) };
});

const open = (more: Partial<FeatureStoreOptions> = {}) =>
  openFeatureStore(dataset, { features: resolveFeatures(), window: 1, cacheDirectory, maxBad: 0.5, ...more });

/** The largest difference of two stores' values over some windows. */
function largestDifference(
  [a, b]: readonly [FeatureStore, FeatureStore],
  frames: number,
  windows: Iterable<{ index: number; start: number }>,
): number {
  const [left, right] = [a, b].map((store) => new Float32Array(frames * store.bins)) as [Float32Array, Float32Array];
  let largest = 0;
  for (const { index, start } of windows) {
    a.read(index, start, frames, left, 0);
    b.read(index, start, frames, right, 0);
    for (const [i, value] of left.entries()) largest = Math.max(largest, Math.abs(value - (right[i] ?? Number.NaN)));
  }
  return largest;
}

describe('a store of samples', () => {
  const settings: [string, LogMelOptions, number][] = [
    ['the paper’s features', {}, 1],
    ['librosa’s placement of windows in frames', { preset: 'librosa', bins: 40 }, 1],
    ['frames for every hop begun', { preset: 'leaf' }, 0.5],
    ['centred frames and a hop that does not divide the window', { padding: 'center', hopLength: 237, bins: 20 }, 0.73],
    ['frames with gaps between them', { hopLength: 700, bins: 10 }, 0.3],
  ];
  test.each(settings)('gives the windows of a store of features: %s', async (_, options, window) => {
    const features = resolveFeatures(options);
    const stores = [
      await open({ features, window, transform: simdLogMelSource }),
      await open({ features, window, transform: simdLogMelSource, waveform: true }),
    ] as const;
    const [kept, computed] = stores;
    expect(computed.bins).toBe(kept.bins);
    expect(computed.clips).toEqual(kept.clips);
    expect(computed.bad).toEqual(kept.bad);
    expect(computed.bad).toHaveLength(1);
    expect(computed.padded).toBe(kept.padded);
    const every = kept.clips.map((_, index) => index);
    expect(every.map(computed.trainingFrames)).toEqual(every.map(kept.trainingFrames));
    expect(every.map(computed.evaluationStarts)).toEqual(every.map(kept.evaluationStarts));
    const frames = Math.min(...every.map(kept.trainingFrames));
    expect(largestDifference(stores, frames, evaluationWindows(kept, 'train'))).toBeLessThan(1e-5);
    const training = every.flatMap((index) =>
      Array.from({ length: kept.trainingFrames(index) - frames + 1 }, (_, start) => ({ index, start })),
    );
    expect(largestDifference(stores, frames, training)).toBeLessThan(1e-5);
    for (const store of stores) store.close();
  });

  test('gives the batches of a store of features', async () => {
    const stores = [await open(), await open({ waveform: true })] as const;
    const [kept, computed] = stores.map((store) =>
      createBatches({
        sources: [{ store, tasks: [{ name: 't', label: 'label', classes: ['a', 'b'] }] }],
        batch: 4,
        frames: 98,
        seed: 3,
      }),
    );
    for (let step = 0; step < 5; step++) {
      const [a, b] = [kept?.next(), computed?.next()];
      expect(b?.labels).toEqual(a?.labels);
      const differences = [...(a?.features ?? [])].map((value, i) => Math.abs(value - (b?.features[i] ?? Number.NaN)));
      expect(Math.max(...differences)).toBeLessThan(1e-5);
    }
    for (const store of stores) store.close();
  });

  test('refuses frames that a store of features has not', async () => {
    const store = await open({ waveform: true });
    const one = store.clips.findIndex((clip) => clip.id === 'a/one.wav');
    for (const start of [-1, 1]) {
      expect(() => store.read(one, start, 98, new Float32Array(98 * 64), 0)).toThrow(
        /a\/one\.wav: expected frames within 0 … 98/,
      );
    }
    store.close();
  });

  test('gives the samples under a window’s frames, zeros outside the clip', async () => {
    const { waveform, clips, close } = await open({ waveform: true });
    expect(waveform?.samplesUnder(98)).toBe(97 * 160 + 400);
    const target = new Float32Array(15920).fill(9);
    waveform?.read(
      clips.findIndex((clip) => clip.id === 'b/short.wav'),
      0,
      98,
      target,
    );
    const expected = tone(2300, 0.4).map((value) => Math.round(value * 32768) / 32768);
    expect(target.subarray(0, 6400)).toEqual(expected);
    expect(target.subarray(6400)).toEqual(new Float32Array(15920 - 6400));
    close();
  });

  test('is the same for all log-mel settings and windows of one sample rate, and is another at another rate', async () => {
    const own = temporaryFolder();
    let extracted = 0;
    const opened = async (more: Partial<FeatureStoreOptions>) => {
      extracted = 0;
      const onProgress = (done: number) => {
        extracted = done;
      };
      (await open({ cacheDirectory: own, waveform: true, onProgress, ...more })).close();
      return extracted;
    };
    expect(await opened({})).toBe(7);
    expect(await opened({ features: resolveFeatures({ bins: 20, hopLength: 200 }), window: 0.5 })).toBe(0);
    expect(await opened({ features: resolveFeatures({ sampleRate: 8000, highFrequency: 3800 }) })).toBe(7);
    expect(await opened({ waveform: false })).toBe(7);
    writeFileSync(path.join(root, 'a/one.wav'), toneWav(810, 1));
    expect(await opened({})).toBe(7);
    expect(await opened({})).toBe(0);
  });

  test('keeps samples of 16-bit PCM at the features’ rate in two bytes without loss, others in four', async () => {
    const samples = Float32Array.from({ length: 9000 }, (_, i) => ((i * 7919) % 65536) / 32768 - 1);
    const folder = writeTree(temporaryFolder(), { 'a/1.wav': encodeWav([samples], 16000), 'b/2.wav': toneWav(600, 1) });
    const own = await openDataset(`folder:${folder}`);
    const read = async (pcm16Rate: number | undefined) => {
      const cache = temporaryFolder();
      const store = await openSampleStore(
        { ...own, ...(pcm16Rate ? { pcm16Rate } : {}) },
        { features: resolveFeatures(), window: 1, cacheDirectory: cache },
      );
      const target = new Float32Array(9000);
      store.read(0, 0, 9000, target, 0);
      store.close();
      const [settingsFolder = ''] = readdirSync(path.join(cache, 'features'));
      const { valueBytes } = JSON.parse(
        readFileSync(path.join(cache, 'features', settingsFolder, 'settings.json'), 'utf8'),
      );
      return [target, valueBytes] as const;
    };
    const exact = samples.map((value) => Math.round(value * 32768) / 32768);
    expect(await read(undefined)).toEqual([exact, 4]);
    expect(await read(16000)).toEqual([exact, 2]);
    expect(await read(22050)).toEqual([exact, 4]);
  });

  test('goes on where it was stopped, to the bytes of one that was not', async () => {
    const folder = writeTree(
      temporaryFolder(),
      Object.fromEntries(Array.from({ length: 600 }, (_, i) => [`${i % 2 ? 'a' : 'b'}/${i}.wav`, toneWav(500, 0.01)])),
    );
    const own = await openDataset(`folder:${folder}`);
    const prepare = async (cache: string, signal?: AbortSignal, onProgress?: (done: number) => void) =>
      (
        await openFeatureStore(own, {
          features: resolveFeatures(),
          window: 1,
          waveform: true,
          workers: 1,
          cacheDirectory: cache,
          ...(signal ? { signal } : {}),
          ...(onProgress ? { onProgress } : {}),
        })
      ).close();
    const [whole, stopped] = [temporaryFolder(), temporaryFolder()];
    await prepare(whole);
    const abort = new AbortController();
    await expect(prepare(stopped, abort.signal, (done) => done > 300 && abort.abort())).rejects.toThrow();
    const contents = (cache: string) =>
      readdirSync(path.join(cache, 'features'), { recursive: true, encoding: 'utf8' })
        .filter((name) => name.includes('.'))
        .sort()
        .map((name) => [name, readFileSync(path.join(cache, 'features', name))]);
    expect(contents(stopped).length).toBeLessThan(contents(whole).length);
    let first: number | undefined;
    await prepare(stopped, undefined, (done) => {
      first ??= done;
    });
    expect(first).toBeGreaterThan(0);
    expect(contents(stopped)).toEqual(contents(whole));
  });
});

test('16-bit samples are rounded to the nearest, and cut off where they are beyond', () => {
  fc.assert(
    fc.property(fc.float({ min: -2, max: 2, noNaN: true }), (value) => {
      const target = new Float32Array(1);
      fromPcm16(new Uint16Array(toPcm16(Float32Array.of(value)).buffer), target);
      const within = Math.max(-1, Math.min(32767 / 32768, value));
      expect(Math.abs((target[0] ?? Number.NaN) - within)).toBeLessThanOrEqual(1 / 65536);
    }),
  );
});
