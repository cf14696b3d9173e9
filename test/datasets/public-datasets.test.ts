import { existsSync, readdirSync, readFileSync, rmSync } from 'node:fs';
import path from 'node:path';
import { birds } from '../../src/datasets/birds.ts';
import { openDataset } from '../../src/datasets/catalogue.ts';
import type { DatasetDefinition } from '../../src/datasets/dataset-definition.ts';
import { nsynth } from '../../src/datasets/nsynth.ts';
import { type PrepareDatasetOptions, prepareDataset } from '../../src/datasets/prepare-dataset.ts';
import { readSourceTree } from '../../src/datasets/source-tree.ts';
import { speechCommands, speechCommandWords } from '../../src/datasets/speech-commands.ts';
import { tutUrban } from '../../src/datasets/tut-urban.ts';
import type { Dataset, Split } from '../../src/datasets/types.ts';
import { resolveFeatures } from '../../src/features/index.ts';
import { membersOf, tarGz, zip } from '../fixtures/datasets/archives.ts';
import {
  birdsTree,
  type Files,
  nsynthTree,
  speechCommandsShare,
  speechCommandsTree,
  tutUrbanTree,
} from '../fixtures/datasets/official-trees.ts';
import { startServer, type TestServer } from './http-server.ts';
import { removeTemporaryFolders, temporaryFolder, writeTree } from './temporary-folder.ts';

afterAll(removeTemporaryFolders);

const bird = birdsTree(2, 1);
const urban = tutUrbanTree({ segments: 1, seconds: 1 });
const note = {
  ...nsynthTree('train', 11, [60, 62], 1),
  ...nsynthTree('valid', 9, [60, 62], 1),
  ...nsynthTree('test', 9, [60], 1),
};
const speech = speechCommandsTree();
const stem = 'TUT-urban-acoustic-scenes-2018-development';
const inFolder = (files: Files, folder: string): Files =>
  Object.fromEntries(Object.entries(files).map(([name, data]) => [`${folder}/${name}`, data]));
const partOf = (files: Files, from: number, to?: number): Files =>
  Object.fromEntries(Object.entries(files).slice(from, to));

/** Each data set as an extracted tree, and as the archives in which it is published. */
const sets: { definition: DatasetDefinition; tree: Files; archives: Files }[] = [
  {
    definition: speechCommands,
    tree: speech,
    archives: { 'speech_commands_v0.02.tar.gz': tarGz(membersOf(speech, './')) },
  },
  {
    definition: nsynth,
    tree: note,
    archives: {
      'nsynth-train.jsonwav.tar.gz': tarGz(membersOf(nsynthTree('train', 11, [60, 62], 1)).reverse()),
      'nsynth-valid.jsonwav.tar.gz': tarGz(membersOf(nsynthTree('valid', 9, [60, 62], 1))),
      'nsynth-test.jsonwav.tar.gz': tarGz(membersOf(nsynthTree('test', 9, [60], 1))),
    },
  },
  {
    definition: birds,
    tree: {
      ...bird.tables,
      ...inFolder(bird.ff1010bird, 'ff1010bird'),
      ...inFolder(bird.warblrb10k, 'warblr'),
      ...inFolder(bird.birdvox, 'BirdVox'),
    },
    archives: {
      ...bird.tables,
      'ff1010bird_wav.zip': zip(membersOf(bird.ff1010bird)),
      'warblrb10k_public_wav.zip': zip(membersOf(bird.warblrb10k)),
      'BirdVox-DCASE-20k.zip': zip(membersOf(bird.birdvox)),
    },
  },
  {
    definition: tutUrban,
    tree: inFolder({ ...urban.meta, ...urban.audio }, stem),
    archives: {
      [`${stem}.meta.zip`]: zip(membersOf(urban.meta, `${stem}/`)),
      [`${stem}.audio.2.zip`]: zip(membersOf(partOf(urban.audio, 0, 9), `${stem}/`)),
      [`${stem}.audio.10.zip`]: zip(membersOf(partOf(urban.audio, 9), `${stem}/`)),
    },
  },
];

async function open(
  definition: DatasetDefinition,
  files: Files,
  split: Parameters<DatasetDefinition['open']>[1] = 'official',
) {
  const tree = await readSourceTree(writeTree(temporaryFolder(), files), temporaryFolder());
  return definition.open(tree, split);
}

const facts = (dataset: Dataset) => dataset.clips.map(({ id, labels, split, group }) => ({ id, labels, split, group }));
const count = (dataset: Dataset, split: Split) => dataset.clips.filter((clip) => clip.split === split).length;

describe.each(sets)('$definition.name', ({ definition, tree, archives }) => {
  test('is the same data set from its archives as from the extracted tree, for every split', async () => {
    for (const split of ['official', 'paper', 'seeded'] as const) {
      const unpacked = await open(definition, tree, split);
      const packed = await open(definition, archives, split);
      expect(facts(packed)).toEqual(facts(unpacked));
      expect(packed.classes).toEqual(unpacked.classes);
      expect(packed.readingOrder?.length).toBe(packed.clips.length);
      expect(count(unpacked, 'train')).toBeGreaterThan(0);
    }
  });

  test('has a folder in data/ that says what it is', () => {
    const readme = readFileSync(path.join(import.meta.dirname, '../../data', definition.name, 'README.md'), 'utf8');
    for (const file of definition.files.slice(0, 2)) expect(readme).toContain(file.name);
    for (const expected of Object.values(definition.expected)) {
      if (expected > 0) expect(readme).toContain(expected.toLocaleString('en'));
    }
  });

  test('refuses a folder of something else', async () => {
    await expect(open(definition, { 'a/1.wav': '' })).rejects.toMatchObject({ name: 'BadInputError' });
  });
});

describe('splits', () => {
  test('of Speech Commands are its lists, which its rule reproduces; the speaker is the group', async () => {
    const dataset = await open(speechCommands, speech);
    for (const clip of dataset.clips) {
      const share = speechCommandsShare(path.basename(clip.id));
      expect(clip.split).toBe(share < 10 ? 'validation' : share < 20 ? 'test' : 'train');
      expect(clip.group).toBe(path.basename(clip.id).slice(0, 8));
    }
    expect(speechCommandWords).toHaveLength(35);
    expect(dataset.classes.word).toEqual(speechCommandWords);
    expect(dataset.noise?.map((file) => path.basename(file))).toEqual(['white_noise.wav']);
  });

  test('of the paper: NSynth is tested with the official validation part', async () => {
    const official = await open(nsynth, note);
    const paper = await open(nsynth, note, 'paper');
    expect([count(official, 'train'), count(official, 'validation'), count(official, 'test')]).toEqual([22, 18, 9]);
    expect([count(paper, 'train'), count(paper, 'validation'), count(paper, 'test')]).toEqual([22, 9, 18]);
    expect(paper.classes.pitch).toHaveLength(128);
    expect(paper.classes.instrument_family_str).toHaveLength(11);
  });

  test('of the paper: the others are draws in the proportions of Table A.1, stratified', async () => {
    const large = await open(
      speechCommands,
      speechCommandsTree({ words: ['yes', 'no'], speakers: 120, sound: false }),
      'paper',
    );
    expect(count(large, 'test')).toBe(Math.round((240 * 10_700) / 105_829));
    expect(count(large, 'train')).toBe(Math.round((240 * 84_771) / 105_829));
    for (const word of ['yes', 'no']) {
      expect(large.clips.filter((clip) => clip.split === 'test' && clip.labels.word === word)).toHaveLength(12);
    }
    const scenes = await open(tutUrban, { ...urban.meta, ...urban.audio }, 'paper');
    expect([count(scenes, 'train'), count(scenes, 'test')]).toEqual([18, 2]);
  });

  test('count a recording once where an archive and the folder unpacked from it lie side by side', async () => {
    const unpacked = inFolder(urban.audio, `${stem}.audio.1`);
    const once = await open(tutUrban, { ...urban.meta, ...urban.audio }, 'official');
    const twice = await open(tutUrban, { ...urban.meta, ...urban.audio, ...unpacked }, 'official');
    expect(twice.clips.map((clip) => clip.id).sort()).toEqual(once.clips.map((clip) => clip.id).sort());
  });

  test('grouped by location keep a location in one split', async () => {
    const files = tutUrbanTree({ locations: 5, segments: 1, seconds: 0 });
    const empty = Object.fromEntries(Object.keys(files.audio).map((name) => [name, '']));
    const split = { seeded: { validation: 0.2, test: 0.2, groupBy: 'location', seed: 1 } };
    const dataset = await open(tutUrban, { ...files.meta, ...empty }, split);
    expect([count(dataset, 'train'), count(dataset, 'validation'), count(dataset, 'test')]).toEqual([30, 10, 10]);
    expect(new Set(dataset.clips.map((clip) => clip.group)).size).toBe(50);
  });
});

describe('prepareDataset()', () => {
  let server: TestServer;
  beforeAll(async () => {
    server = await startServer({});
  });
  afterAll(() => server.close());

  /** A definition whose files lie on the test's server, and no longer have the real ones' lengths and checksums. */
  function served({ definition, archives }: (typeof sets)[number]): DatasetDefinition {
    server.files = Object.fromEntries(
      Object.entries(archives).map(([name, data]) => [name, Buffer.from(data as Uint8Array)]),
    );
    return { ...definition, files: Object.keys(archives).map((name) => ({ name, url: `${server.url}/${name}` })) };
  }

  const options = (cacheDirectory: string): PrepareDatasetOptions => ({
    cacheDirectory,
    features: resolveFeatures(),
    window: 1,
    workers: 2,
    retryDelay: 1,
  });

  const shards = (cache: string) => {
    const names = readdirSync(path.join(cache, 'features'), { recursive: true, encoding: 'utf8' });
    return names.filter((name) => name.endsWith('.shard')).length;
  };

  test.each(sets)(
    'fetches $definition.name from a bad server, extracts its archives’ features, and opens by its name',
    async (set) => {
      const cache = temporaryFolder();
      const definition = served(set);
      server.faults.push({ kind: 'drop', after: 2000 }, { kind: 'status', status: 500 }, { kind: 'ignore range' });
      const remarks: string[] = [];
      const prepared = await prepareDataset(definition, {
        ...options(cache),
        download: true,
        onRemark: (text) => remarks.push(text),
      });
      expect(prepared.bad).toEqual([]);
      expect(prepared.complete).toBe(false);
      expect(remarks[0]).toMatch(/GB to fetch to .*, [\d.]+ GB free/);
      expect(remarks.some((remark) => /the cache takes up to [\d.]+ GB in .*, [\d.]+ GB free/.test(remark))).toBe(true);
      expect(
        remarks.some((remark) =>
          /expected .* clips of .*, found \d+: this is not the whole official data set/.test(remark),
        ),
      ).toBe(true);
      expect(shards(cache)).toBeGreaterThan(0);

      const dataset = await openDataset(definition.name, { cacheDirectory: cache, split: 'paper' });
      expect(dataset.clips.length).toBeGreaterThan(0);
      // Nothing is fetched or computed a second time.
      const before = server.requests.length;
      const progress: number[] = [];
      await prepareDataset(definition, {
        ...options(cache),
        download: true,
        onProgress: (_, __, done) => progress.push(done),
      });
      expect(server.requests).toHaveLength(before);
      expect(progress).toEqual([]);
    },
  );

  test('an extracted tree is taken into a cache that is not there yet, and samples without a fixed rate are told as float32', async () => {
    const birdSet = sets.find(({ definition: { name } }) => name === birds.name);
    const root = writeTree(temporaryFolder(), birdSet?.tree ?? {});
    const remarks: string[] = [];
    const cacheDirectory = path.join(temporaryFolder(), 'new', 'cache');
    const definition = { ...birds, clipSeconds: 1e6 };
    const prepared = await prepareDataset(definition, {
      ...options(cacheDirectory),
      root,
      waveform: true,
      onRemark: (text) => remarks.push(text),
    });
    const need = Number(/takes up to ([\d.]+) GB/.exec(remarks.join('\n'))?.[1]);
    expect(need).toBeCloseTo((prepared.clips * 1e6 * 16_000 * 4) / 1e9, 0);
  });

  test('goes on where it was interrupted, while fetching and while extracting', async () => {
    const cache = temporaryFolder();
    const definition = served(sets[0] as (typeof sets)[number]);
    server.faults.length = 0;
    server.faults.push({ kind: 'slow' });
    const stop = new AbortController();
    const fetching = prepareDataset(definition, {
      ...options(cache),
      download: true,
      signal: stop.signal,
      onProgress: (phase, _, done) => phase === 'download' && done > 0 && stop.abort(),
    });
    await expect(fetching).rejects.toThrow(/abort/i);
    const again = new AbortController();
    const extracting = prepareDataset(definition, {
      ...options(cache),
      download: true,
      signal: again.signal,
      onProgress: (phase, _, done) => phase === 'features' && done > 0 && again.abort(),
    });
    await expect(extracting).rejects.toThrow(/abort/i);
    const downloads = path.join(cache, 'downloads', 'speech-commands');
    expect(existsSync(path.join(downloads, 'speech_commands_v0.02.tar.gz'))).toBe(true);
    const prepared = await prepareDataset(definition, { ...options(cache), download: true });
    expect(prepared.clips).toBe(90);
  });

  test('lists what cannot be read in an archive, and says where nothing is', async () => {
    const cache = temporaryFolder();
    const files = { ...speech, [Object.keys(speech).find((name) => name.startsWith('yes/')) ?? '']: 'not audio' };
    const root = writeTree(temporaryFolder(), { 'speech_commands_v0.02.tar.gz': tarGz(membersOf(files)) });
    const remarks: string[] = [];
    const prepared = await prepareDataset(speechCommands, {
      ...options(cache),
      root,
      maxBad: 0.05,
      onRemark: (text) => remarks.push(text),
    });
    expect(prepared.bad.map((clip) => clip.id)).toEqual([expect.stringMatching(/^yes\//)]);
    expect(remarks).toContainEqual(
      expect.stringMatching(/expected 2428923189 bytes, found \d+: this is not the official file/),
    );
    await expect(prepareDataset(speechCommands, { ...options(cache), root })).rejects.toThrow(
      /expected at most 1 % unreadable clips/,
    );

    rmSync(root, { recursive: true });
    await expect(openDataset('speech-commands', { cacheDirectory: cache })).rejects.toThrow(
      /found nothing there; run "spectride prepare/,
    );
    await expect(openDataset('nsynth', { cacheDirectory: cache })).rejects.toThrow(
      /expected a prepared data set, found none/,
    );
    await expect(prepareDataset(speechCommands, { ...options(cache), root })).rejects.toThrow(
      /give --root FOLDER, or --download/,
    );
  });
});
