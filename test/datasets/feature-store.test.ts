import { readdirSync, rmSync, truncateSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { openDataset } from '../../src/datasets/catalogue.ts';
import { type Extractor, inlineExtractor } from '../../src/datasets/extractor.ts';
import { type FeatureStoreOptions, openFeatureStore } from '../../src/datasets/feature-cache.ts';
import { evaluationWindows } from '../../src/datasets/windows.ts';
import { logMel, resolveFeatures } from '../../src/features/index.ts';
import { encodeWav, tone, toneWav } from '../fixtures/datasets/wav.ts';
import { removeTemporaryFolders, temporaryFolder, writeTree } from './temporary-folder.ts';

afterEach(removeTemporaryFolders);

const features = resolveFeatures();
const settings = (more: Partial<FeatureStoreOptions> = {}): FeatureStoreOptions => ({
  features,
  window: 1,
  cacheDirectory: temporaryFolder(),
  ...more,
});
const folderOf = (files: Record<string, string | Uint8Array>) => `folder:${writeTree(temporaryFolder(), files)}`;

/** The samples of a 16-bit WAV of `samples`, as they come back. */
const quantized = (samples: Float32Array) => samples.map((value) => Math.round(value * 32768) / 32768);

describe('openFeatureStore()', () => {
  test('keeps features of the default transform as such where another was asked for that this machine has not', async () => {
    const dataset = await openDataset(folderOf({ 'a/a.wav': toneWav(440, 1) }));
    const cacheDirectory = temporaryFolder();
    const none = { module: 'data:text/javascript,export const none = () => undefined', name: 'none' };
    await openFeatureStore(dataset, settings({ cacheDirectory, transform: none }));
    await openFeatureStore(dataset, settings({ cacheDirectory }));
    expect(readdirSync(path.join(cacheDirectory, 'features'))).toHaveLength(1);
  });

  test('gives the log-mel of each clip, filled up with zero samples where it is shorter than its windows', async () => {
    const lengths = { 'a/long.wav': 2.7, 'a/one.wav': 1, 'b/rest.wav': 2.3, 'b/short.wav': 0.4 };
    const dataset = await openDataset(
      folderOf(Object.fromEntries(Object.entries(lengths).map(([name, seconds]) => [name, toneWav(440, seconds)]))),
    );
    const store = await openFeatureStore(dataset, settings());
    expect(store.clips.map((clip) => clip.id)).toEqual(Object.keys(lengths));
    expect(store.padded).toBe(1);
    expect(store.bins).toBe(64);
    const starts = store.clips.map((_, index) => store.evaluationStarts(index));
    expect(starts).toEqual([[0, 100, 200], [0], [0, 100], [0]]);
    expect(store.clips.map((_, index) => store.trainingFrames(index))).toEqual([268, 98, 228, 98]);
    for (const [index, seconds] of Object.values(lengths).entries()) {
      const padded = new Float32Array(Math.max(seconds * 16000, (starts[index]?.length ?? 0) * 16000));
      padded.set(quantized(tone(440, seconds)));
      for (const start of starts[index] ?? []) {
        const target = new Float32Array(1 + 98 * 64);
        store.read(index, start, 98, target, 1);
        const window = padded.slice(start * 160, start * 160 + 16000);
        expect(target.subarray(1)).toEqual(logMel(window).values);
      }
    }
    expect([
      ...evaluationWindows(store, 'train'),
      ...evaluationWindows(store, 'validation'),
      ...evaluationWindows(store, 'test'),
    ]).toHaveLength(7);
    expect(() => store.read(1, 1, 98, new Float32Array(98 * 64), 0)).toThrow(
      /expected frames within 0 … 98, found 1 … 99/,
    );
    store.close();
  });

  test('keeps nothing of a shard whose recordings vanish while they are read', async () => {
    const dataset = await openDataset(folderOf({ 'a/one.wav': toneWav(440, 1), 'b/two.wav': toneWav(220, 1) }));
    const cacheDirectory = temporaryFolder();
    const valueBytes = 4 as const;
    const inline = inlineExtractor({ features, window: 1, waveform: false, valueBytes });
    const vanishing: Extractor = {
      ...inline,
      extract(group) {
        for (const { path: file } of group) rmSync(file, { force: true });
        return inline.extract(group);
      },
    };
    await expect(openFeatureStore(dataset, settings({ cacheDirectory, extractor: vanishing }))).rejects.toThrow(
      /changed or vanished while they were read/,
    );
    const kept = readdirSync(path.join(cacheDirectory, 'features'), { recursive: true }).map(String);
    expect(kept.filter((name) => name.endsWith('.shard'))).toEqual([]);
  });

  test('leaves out clips that cannot be read, with the reason, up to maxBad', async () => {
    const spec = folderOf({
      'a/good.wav': toneWav(440, 1),
      'a/text.wav': 'this is not audio',
      'b/empty.wav': '',
      'b/silent.wav': encodeWav([new Float32Array(0)], 16000),
      'b/good.wav': toneWav(880, 1),
    });
    const dataset = await openDataset(spec);
    const store = await openFeatureStore(dataset, settings({ maxBad: 0.6 }));
    expect(store.clips.map((clip) => clip.id)).toEqual(['a/good.wav', 'b/good.wav']);
    expect(store.bad.map((clip) => clip.id)).toEqual(['a/text.wav', 'b/empty.wav', 'b/silent.wav']);
    for (const { reason, path: file } of store.bad) expect(reason).toContain(path.basename(file));
    await expect(openFeatureStore(dataset, settings({ maxBad: 0.5 }))).rejects.toThrow(
      /expected at most 50 % unreadable clips, found 3 of 5 \(60\.0 %\): .*text\.wav/,
    );
  });

  test('reads half-precision values within their rounding', async () => {
    const dataset = await openDataset(folderOf({ 'a/1.wav': toneWav(300, 1), 'b/2.wav': toneWav(900, 1) }));
    const [single, half] = await Promise.all(
      (['float32', 'float16'] as const).map((precision) => openFeatureStore(dataset, settings({ precision }))),
    );
    const [exact, rounded] = [single, half].map((store) => {
      const target = new Float32Array(98 * 64);
      store?.read(1, 0, 98, target, 0);
      return target;
    });
    for (const [i, value] of (exact ?? []).entries()) {
      expect(Math.abs((rounded?.[i] ?? Number.NaN) - value)).toBeLessThanOrEqual(Math.abs(value) * 2 ** -11 + 2 ** -25);
    }
  });

  test('computes a data set once, again where a file or a setting changes, and never reads what is not whole', async () => {
    const root = writeTree(temporaryFolder(), { 'a/1.wav': toneWav(300, 1), 'b/2.wav': toneWav(900, 1) });
    const options = settings();
    let extracted = 0;
    const open = async (more: Partial<FeatureStoreOptions> = {}) => {
      extracted = 0;
      let before: number | undefined;
      const dataset = await openDataset(`folder:${root}`);
      const store = await openFeatureStore(dataset, {
        ...options,
        ...more,
        onProgress(done) {
          extracted += done - (before ?? done);
          before = done;
        },
      });
      const target = new Float32Array(98 * store.bins);
      store.read(0, 0, 98, target, 0);
      store.close();
      return target;
    };
    const first = await open();
    expect(extracted).toBe(2);
    expect(await open()).toEqual(first);
    expect(extracted).toBe(0);
    await open({ features: resolveFeatures({ bins: 40 }) });
    expect(extracted).toBe(2);
    // The same name, the same length, other samples.
    writeFileSync(path.join(root, 'a/1.wav'), toneWav(2000, 1));
    expect(await open()).not.toEqual(first);
    expect(extracted).toBe(2);

    const folder = path.join(options.cacheDirectory ?? '', 'features');
    const shards = readdirSync(folder, { recursive: true, encoding: 'utf8' }).filter((name) => name.endsWith('.shard'));
    for (const shard of shards) truncateSync(path.join(folder, shard), 5000);
    await open();
    expect(extracted).toBe(2);
  });

  test('stops when it is told to, leaving nothing half-written', async () => {
    const dataset = await openDataset(folderOf({ 'a/1.wav': toneWav(300, 1), 'b/2.wav': toneWav(900, 1) }));
    const options = settings();
    const stop = new AbortController();
    const opened = openFeatureStore(dataset, { ...options, signal: stop.signal, onProgress: () => stop.abort() });
    await expect(opened).rejects.toThrow(/abort/i);
    const left = readdirSync(options.cacheDirectory ?? '', { recursive: true, encoding: 'utf8' });
    expect(left.filter((name) => /shard|partial|index/.test(name))).toEqual([]);
  });
});
