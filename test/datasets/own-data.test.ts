import path from 'node:path';
import { openDataset } from '../../src/datasets/catalogue.ts';
import type { Dataset } from '../../src/datasets/types.ts';
import { removeTemporaryFolders, temporaryFolder, writeTree } from './temporary-folder.ts';

afterEach(removeTemporaryFolders);

/** A tree of empty files: indexing does not read recordings. */
const tree = (...names: string[]) => writeTree(temporaryFolder(), Object.fromEntries(names.map((name) => [name, ''])));
const summary = (dataset: Dataset) => dataset.clips.map(({ id, split, labels }) => `${id} ${split} ${labels.label}`);

describe('folder:', () => {
  test('takes sub-folders as labels, deeper folders included, in an order of its own', async () => {
    const root = tree('dog/b/2.WAV', 'dog/1.wav', 'cat/x.flac', 'cat/notes.txt', '.hidden/y.wav', '_extra/z.wav');
    const dataset = await openDataset(`folder:${root}`);
    expect(dataset.clips.map((clip) => clip.id)).toEqual(['cat/x.flac', 'dog/1.wav', 'dog/b/2.WAV']);
    expect(dataset.clips.map((clip) => clip.path)).toEqual(dataset.clips.map((clip) => path.join(root, clip.id)));
    expect(dataset.classes).toEqual({ label: ['cat', 'dog'] });
  });

  test('honours the lists of Speech Commands, its background noise and its speakers', async () => {
    const root = tree('no/a_nohash_0.wav', 'no/b_nohash_0.wav', 'yes/c_nohash_1.wav', '_background_noise_/hum.wav');
    writeTree(root, {
      'validation_list.txt': 'no/b_nohash_0.wav\r\n',
      'testing_list.txt': 'yes/c_nohash_1.wav\nyes/gone_nohash_0.wav\n',
    });
    const dataset = await openDataset(`folder:${root}`);
    expect(summary(dataset)).toEqual([
      'no/a_nohash_0.wav train no',
      'no/b_nohash_0.wav validation no',
      'yes/c_nohash_1.wav test yes',
    ]);
    expect(dataset.clips.map((clip) => clip.group)).toEqual(['a', 'b', 'c']);
    expect(dataset.noise).toEqual([path.join(root, '_background_noise_/hum.wav')]);
    expect(dataset.notes).toEqual(['1 of the 3 names in the lists of splits have no file']);
  });

  test('seeds the splits where there are no lists, each speaker in one of them', async () => {
    const names = ['no', 'yes'].flatMap((word) =>
      Array.from({ length: 20 }, (_, i) => `${word}/s${i % 10}_nohash_${i}.wav`),
    );
    const dataset = await openDataset(`folder:${tree(...names)}`);
    const splits = new Map<string, Set<string>>();
    for (const clip of dataset.clips) {
      const group = clip.group ?? '';
      splits.set(group, (splits.get(group) ?? new Set()).add(clip.split));
    }
    expect([...splits.values()].every((found) => found.size === 1)).toBe(true);
    expect(dataset.clips.filter((clip) => clip.split === 'test')).toHaveLength(4);
    expect(dataset.notes).toEqual([
      'no splits are given, so they are seeded: 10 % validation, 10 % test, each speaker in one of them',
    ]);
  });

  test('takes folders named after splits as splits', async () => {
    const dataset = await openDataset(
      `folder:${tree('train/cat/1.wav', 'test/dog/2.wav', 'val/cat/3.wav', 'train/dog/4.wav')}`,
    );
    expect(summary(dataset)).toEqual([
      'test/dog/2.wav test dog',
      'train/cat/1.wav train cat',
      'train/dog/4.wav train dog',
      'val/cat/3.wav validation cat',
    ]);
  });

  test('reads labels from names label.anything.wav, as Edge Impulse writes them', async () => {
    const dataset = await openDataset(
      `folder:${tree('training/noise.1a2b.wav', 'training/tap.9.wav', 'testing/tap.3.wav')}`,
    );
    expect(summary(dataset)).toEqual([
      'testing/tap.3.wav test tap',
      'training/noise.1a2b.wav train noise',
      'training/tap.9.wav train tap',
    ]);
  });

  test('reads labels from names label_anything.wav, as the Free Spoken Digit Dataset has them', async () => {
    const names = ['0', '1'].flatMap((digit) => ['ann', 'bob', 'eve'].map((speaker) => `${digit}_${speaker}_0.wav`));
    const split = { seeded: { validation: 0.3, test: 0.3, groupBy: '_([a-z]+)_', seed: 0 } };
    const dataset = await openDataset(`folder:${tree(...names)}`, { split });
    expect(dataset.classes).toEqual({ label: ['0', '1'] });
    for (const name of ['train', 'validation', 'test']) {
      const speakers = dataset.clips.filter((clip) => clip.split === name).map((clip) => clip.id.split('_')[1]);
      expect(new Set(speakers).size).toBe(1);
      expect(speakers).toHaveLength(2);
    }
  });

  test("reads Hugging Face's audiofolder with metadata beside the files or in each split's folder", async () => {
    const one = tree('data/1.wav', 'data/2.wav');
    writeTree(one, { 'metadata.csv': 'file_name,label,room\ndata/1.wav,cat,hall\ndata/2.wav,dog,hall\n' });
    const dataset = await openDataset(`folder:${one}`);
    expect(dataset.classes).toEqual({ label: ['cat', 'dog'], room: ['hall'] });

    const two = tree('train/1.wav', 'train/2.wav', 'test/3.wav');
    writeTree(two, {
      'train/metadata.jsonl': '{"file_name":"1.wav","label":"cat"}\n{"file_name":"2.wav","label":"dog"}\n',
      'test/metadata.jsonl': '{"file_name":"3.wav","label":"dog"}\n',
    });
    expect(summary(await openDataset(`folder:${two}`))).toEqual([
      'test/3.wav test dog',
      'train/1.wav train cat',
      'train/2.wav train dog',
    ]);
  });

  test.each([
    [
      'a folder that is not there',
      () => 'folder:/no/such/folder',
      /expected a folder that can be read, found: .*ENOENT/,
    ],
    ['an empty folder', () => `folder:${temporaryFolder()}`, /expected recordings .* found an empty folder/],
    ['a folder of other files', () => `folder:${tree('a/b.txt')}`, /expected recordings .* found 1 other files/],
    ['recordings without labels', () => `folder:${tree('1.wav')}`, /found 1 recordings without a label/],
    [
      'a name that is none',
      () => 'moon',
      /dataset: expected folder:PATH, manifest:FILE or one of .*notes, found "moon"/,
    ],
  ])('refuses %s', async (_, spec, message) => {
    await expect(openDataset(spec())).rejects.toThrow(message);
  });

  test('refuses the paper’s splits and one name in two lists', async () => {
    const root = tree('a/1.wav', 'b/2.wav');
    await expect(openDataset(`folder:${root}`, { split: 'paper' })).rejects.toThrow(/expected "official" or "seeded"/);
    writeTree(root, { 'validation_list.txt': 'a/1.wav', 'testing_list.txt': 'a/1.wav' });
    await expect(openDataset(`folder:${root}`)).rejects.toThrow(/found a\/1\.wav in both/);
  });
});

describe('manifest:', () => {
  const manifest = (text: string, name = 'clips.csv', ...files: string[]) => {
    const root = tree('a.wav', 'sub/b.wav', ...files);
    writeTree(root, { [name]: text });
    return `manifest:${path.join(root, name)}`;
  };

  test('reads splits, segments and several label columns', async () => {
    const dataset = await openDataset(
      manifest(
        'path,split,start,end,word,speaker\na.wav,train,0,1.5,yes,ann\na.wav,val,1.5,,no,ann\nsub/b.wav,test,,,yes,bob\n',
      ),
    );
    expect(dataset.clips.map(({ path: _, ...clip }) => clip)).toEqual([
      { id: 'a.wav#0-1.5', start: 0, end: 1.5, labels: { word: 'yes', speaker: 'ann' }, split: 'train' },
      { id: 'a.wav#1.5-', start: 1.5, labels: { word: 'no', speaker: 'ann' }, split: 'validation' },
      { id: 'sub/b.wav', labels: { word: 'yes', speaker: 'bob' }, split: 'test' },
    ]);
    expect(dataset.classes).toEqual({ word: ['no', 'yes'], speaker: ['ann', 'bob'] });
  });

  test('sorts classes that are whole numbers by value', async () => {
    const dataset = await openDataset(manifest('path,pitch\na.wav,100\nsub/b.wav,21\n'));
    expect(dataset.classes).toEqual({ pitch: ['21', '100'] });
  });

  test('groups a seeded split by a column, such as ESC-50’s folds, and finds files in a folder beside the table’s', async () => {
    const files = Array.from({ length: 20 }, (_, i) => `audio/${i}.ogg`);
    const rows = files.map((file, i) => `${path.basename(file)},${1 + (i % 5)},${i % 2 ? 'rain' : 'dog'}`);
    const spec = manifest(`filename,fold,category\n${rows.join('\n')}`, 'meta/esc.csv', ...files);
    const split = { seeded: { validation: 0.2, test: 0.2, groupBy: 'fold', seed: 0 } } as const;
    const dataset = await openDataset(spec, { split });
    expect(dataset.clips).toHaveLength(20);
    expect(dataset.clips[0]?.path).toMatch(/audio[/\\]\d+\.ogg$/);
    const folds = (of: string) =>
      new Set(dataset.clips.filter((clip) => clip.split === of).map((clip) => clip.labels.fold));
    expect([folds('train').size, folds('validation').size, folds('test').size]).toEqual([3, 1, 1]);
  });

  test('does not take UrbanSound8K’s start and end for segments', async () => {
    const spec = manifest(
      'slice_file_name,fsID,start,end,fold,class\nx.wav,1,20,24,5,siren\n',
      'metadata/UrbanSound8K.csv',
      'audio/fold5/x.wav',
    );
    const [clip] = (await openDataset(spec)).clips;
    expect(clip?.start).toBeUndefined();
    expect(clip?.path).toMatch(/fold5/);
  });

  test('counts a row that repeats another once, and says so', async () => {
    const dataset = await openDataset(manifest('path,label\na.wav,x\na.wav,x\nsub/b.wav,y\n'));
    expect(dataset.clips).toHaveLength(2);
    expect(dataset.notes[0]).toBe('clips.csv: 1 rows repeat an earlier one and count once');
  });

  test.each([
    ['file,x', 'expected at least one clip, found only a header'],
    ['name,label\na,b', 'expected a column "path", found "name", "label"'],
    ['path,split\na.wav,train', 'expected a label column beside "path", found "path", "split"'],
    ['path,label\n,b', ':2: expected a file in column "path", found nothing'],
    ['path,label,split\na.wav,x,sometimes', ':2: expected split train, validation or test, found "sometimes"'],
    ['path,label,start\na.wav,x,soon', ':2: expected start in seconds, 0 or more, found "soon"'],
    ['path,label,start\na.wav,x,-1', ':2: expected start in seconds, 0 or more, found "-1"'],
    ['path,label,start,end\na.wav,x,2,1', ':2: expected end after start, found start 2 and end 1'],
    ['path,label\na.wav,x\na.wav,y', ':3: expected one "label" for a.wav, found "y" after "x"'],
    ['path,label,split\na.wav,x,train\na.wav,x,test', ':3: expected one split for a.wav, found "test" after "train"'],
    ['path,label,split\na.wav,x,constructor', ':2: expected split train, validation or test, found "constructor"'],
  ])('refuses %j', async (text, message) => {
    await expect(openDataset(manifest(text))).rejects.toThrow(message);
  });
});
