import { createHash } from 'node:crypto';
import { readdirSync, readFileSync, statSync } from 'node:fs';
import path from 'node:path';
import { openDataset } from '../../src/datasets/catalogue.ts';
import { openFeatureStore } from '../../src/datasets/feature-cache.ts';
import { resolveFeatures } from '../../src/features/index.ts';
import { toneWav } from '../fixtures/datasets/wav.ts';
import { removeTemporaryFolders, temporaryFolder, writeTree } from './temporary-folder.ts';

afterAll(removeTemporaryFolders);

/*
 * A reader of docs/feature-cache.md, written from the page and from nothing else: it shares no code with what it reads after.
 */

/** CRC-32 of zip and gzip, bit by bit. */
function crc32(...parts: Buffer[]): number {
  let crc = 0xffffffff;
  for (const byte of Buffer.concat(parts)) {
    crc ^= byte;
    for (let bit = 0; bit < 8; bit++) crc = (crc >>> 1) ^ (crc & 1 ? 0xedb88320 : 0);
  }
  return (crc ^ 0xffffffff) >>> 0;
}

const sha256 = (text: string) => createHash('sha256').update(text, 'utf8').digest('hex');

/** IEEE 754 binary16. */
function binary16(bits: number): number {
  const magnitude = bits & 0x7fff;
  const value = magnitude < 0x400 ? magnitude * 2 ** -24 : (1024 + (magnitude % 1024)) * 2 ** ((magnitude >> 10) - 25);
  return bits >> 15 ? -value : value;
}

interface ReadClip {
  trainingFrames: number;
  samples: number;
  frames: number[][];
  reason?: string;
}

function readTable(table: Buffer, clips: number) {
  return Array.from({ length: clips }, (_, clip) => {
    const entry = table.subarray(32 * clip, 32 * clip + 32);
    expect(entry.readUInt32LE(28)).toBe(0);
    return {
      offset: Number(entry.readBigUInt64LE(0)),
      frames: entry.readUInt32LE(8),
      trainingFrames: entry.readUInt32LE(12),
      samples: entry.readUInt32LE(16),
      unreadable: entry.readUInt32LE(20),
      crc: entry.readUInt32LE(24),
    };
  });
}

function readShard(file: string, holdsSamples = false): { key: string; table: Buffer; clips: ReadClip[] } {
  const bytes = readFileSync(file);
  expect(bytes.toString('latin1', 0, 8)).toBe('SPECTFTR');
  expect(bytes.readUInt32LE(8)).toBe(1);
  const bins = bytes.readUInt32LE(12);
  const valueBytes = bytes.readUInt32LE(16);
  const count = bytes.readUInt32LE(20);
  expect(Number(bytes.readBigUInt64LE(24))).toBe(bytes.length);
  const key = bytes.toString('hex', 32, 64);
  expect(path.basename(file)).toBe(`${key}.shard`);
  const table = bytes.subarray(80, 80 + 32 * count);
  expect(bytes.readUInt32LE(64)).toBe(crc32(bytes.subarray(0, 64), table));
  expect(bytes.subarray(68, 80)).toEqual(Buffer.alloc(12));
  let end = 80 + 32 * count;
  const clips = readTable(table, count).map((entry) => {
    expect(entry.offset).toBe(end);
    end += entry.unreadable ? entry.frames : entry.frames * bins * valueBytes;
    const data = bytes.subarray(entry.offset, end);
    expect(entry.crc).toBe(crc32(data));
    const { trainingFrames, samples } = entry;
    if (entry.unreadable) return { trainingFrames, samples, frames: [], reason: data.toString('utf8') };
    const value = (at: number) => {
      if (valueBytes === 4) return data.readFloatLE(4 * at);
      return holdsSamples ? data.readInt16LE(2 * at) / 32768 : binary16(data.readUInt16LE(2 * at));
    };
    const frames = Array.from({ length: entry.frames }, (_, frame) =>
      Array.from({ length: bins }, (_, bin) => value(frame * bins + bin)),
    );
    return { trainingFrames, samples, frames };
  });
  expect(end).toBe(bytes.length);
  return { key, table, clips };
}

function beginsShard(id: string): boolean {
  let h = 0x811c9dc5n;
  for (let i = 0; i < id.length; i++) h = ((h ^ BigInt(id.charCodeAt(i))) * 0x01000193n) & 0xffffffffn;
  h ^= h >> 16n;
  h = (h * 0x85ebca6bn) & 0xffffffffn;
  h ^= h >> 13n;
  return h % 128n === 0n;
}

describe('docs/feature-cache.md, samples', () => {
  test.each([
    [undefined, 4],
    [16000, 2],
  ])('where all recordings are 16-bit PCM at %s Hz a sample has %s bytes', async (pcm16Rate, bytesOfSample) => {
    const cache = temporaryFolder();
    const root = writeTree(temporaryFolder(), {
      'a/1.wav': toneWav(440, 0.05),
      'a/long.wav': toneWav(500, 2.6),
      'b/2.wav': toneWav(700, 1),
      'b/bad.wav': 'not audio',
    });
    const dataset = { ...(await openDataset(`folder:${root}`)), ...(pcm16Rate ? { pcm16Rate } : {}) };
    const store = await openFeatureStore(dataset, {
      features: resolveFeatures(),
      window: 1,
      cacheDirectory: cache,
      waveform: true,
      maxBad: 1,
    });
    store.close();
    const [folder = ''] = readdirSync(path.join(cache, 'features'));
    const inFolder = (name: string) => path.join(cache, 'features', folder, name);
    const text = readFileSync(inFolder('settings.json'), 'utf8');
    expect(folder).toBe(sha256(text.slice(0, -1)).slice(0, 16));
    expect(JSON.stringify(JSON.parse(text))).toBe(
      `{"format":1,"waveform":true,"valueBytes":${bytesOfSample},"features":{"sampleRate":16000}}`,
    );
    const shards = readdirSync(inFolder('')).filter((name) => name.endsWith('.shard'));
    const clips = shards.flatMap((name) => {
      const header = readFileSync(inFolder(name)).subarray(0, 80);
      expect([header.readUInt32LE(12), header.readUInt32LE(16)]).toEqual([1, bytesOfSample]);
      return readShard(inFolder(name), true).clips;
    });
    expect(clips.filter(({ reason }) => reason !== undefined)).toHaveLength(1);
    const good = clips.filter(({ reason }) => reason === undefined);
    const expected = dataset.clips
      .filter(({ id }) => id !== 'b/bad.wav')
      .map(({ path: file }) => {
        const data = readFileSync(file).subarray(44);
        return Array.from({ length: data.length / 2 }, (_, i) => data.readInt16LE(2 * i) / 32768);
      });
    const byLength = (a: { length: number }, b: { length: number }) => a.length - b.length;
    expect(good.map(({ frames }) => frames.flat()).sort(byLength)).toEqual(expected.sort(byLength));
    for (const { frames, trainingFrames, samples } of good)
      expect([trainingFrames, samples]).toEqual([frames.length, frames.length]);
  });
});

describe.each(['float32', 'float16'] as const)('docs/feature-cache.md, %s', (precision) => {
  const cache = temporaryFolder();
  const root = temporaryFolder();
  const features = resolveFeatures();

  test('is enough to read every value, reason, key and index', async () => {
    const names = Array.from({ length: 600 }, (_, i) => `${i % 2 ? 'a' : 'b'}/${i}.wav`);
    const short = toneWav(440, 0.05);
    writeTree(root, Object.fromEntries(names.map((name) => [name, short])));
    writeTree(root, { 'a/long.wav': toneWav(500, 2.6), 'b/bad.wav': 'not audio' });
    const dataset = await openDataset(`folder:${root}`);
    const store = await openFeatureStore(dataset, { features, window: 0.1, cacheDirectory: cache, precision });

    const [folder] = readdirSync(path.join(cache, 'features'));
    const inFolder = (name: string) => path.join(cache, 'features', folder ?? '', name);
    const text = readFileSync(inFolder('settings.json'), 'utf8');
    expect(text.endsWith('}\n')).toBe(true);
    const settingsHash = sha256(text.slice(0, -1));
    expect(folder).toBe(settingsHash.slice(0, 16));
    expect(Object.keys(JSON.parse(text))).toEqual([
      'format',
      'window',
      'waveform',
      'valueBytes',
      'transform',
      'features',
    ]);
    expect(JSON.parse(text)).toMatchObject({ format: 1, window: 0.1, waveform: false, features: { ...features } });

    // Cut the data set into shards as the page says, and read each one under the key that follows.
    const shards: (typeof dataset.clips)[] = [];
    for (const clip of dataset.clips) {
      const last = shards.at(-1);
      if (!last || last.length === 512 || beginsShard(clip.id)) shards.push([clip]);
      else shards[shards.length - 1] = [...last, clip];
    }
    expect(shards.length).toBeGreaterThan(1);
    const keys = shards.map((clips) =>
      sha256(
        settingsHash +
          clips
            .map((clip) => {
              const { size, mtimeNs, ctimeNs } = statSync(clip.path, { bigint: true });
              return `\n${clip.id}\0${clip.path}\0\0\0\0${size}/${mtimeNs}/${ctimeNs}`;
            })
            .join(''),
      ),
    );
    const read = keys.map((key) => readShard(inFolder(`${key}.shard`)));
    expect(read.map(({ key }) => key)).toEqual(keys);
    expect(readdirSync(inFolder('')).sort()).toEqual(
      [...keys.map((key) => `${key}.shard`), 'settings.json', `${sha256(keys.join(''))}.index`].sort(),
    );

    const clips = read.flatMap((shard) => shard.clips);
    const bad = clips.filter((clip) => clip.reason !== undefined);
    expect(bad.map((clip) => clip.reason)).toEqual(store.bad.map((clip) => clip.reason));
    const good = clips.filter((clip) => clip.reason === undefined);
    expect(good).toHaveLength(store.clips.length);
    for (const [index, clip] of good.entries()) {
      expect(clip.trainingFrames).toBe(store.trainingFrames(index));
      const target = new Float32Array(clip.frames.length * 64);
      store.read(index, 0, clip.frames.length, target, 0);
      expect([...target]).toEqual(clip.frames.flat());
    }

    const index = readFileSync(inFolder(`${sha256(keys.join(''))}.index`));
    expect(index.toString('latin1', 0, 8)).toBe('SPECTIDX');
    expect([index.readUInt32LE(8), index.readUInt32LE(12)]).toEqual([1, keys.length]);
    expect(index.toString('hex', 16, 48)).toBe(sha256(keys.join('')));
    expect(index.readUInt32LE(48)).toBe(crc32(index.subarray(0, 48), index.subarray(64)));
    const expected = read.flatMap(({ key, table, clips }) => {
      const count = Buffer.alloc(4);
      count.writeUInt32LE(clips.length);
      return [Buffer.from(key, 'hex'), count, table];
    });
    expect(index.subarray(64)).toEqual(Buffer.concat(expected));
  });
});
