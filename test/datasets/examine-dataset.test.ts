import { readFileSync } from 'node:fs';
import path from 'node:path';
import { decodeAudio } from '../../src/audio/index.ts';
import { openDataset } from '../../src/datasets/catalogue.ts';
import type { DatasetExamination, Finding, FindingKind } from '../../src/datasets/dataset-examination.ts';
import { datasetSpec } from '../../src/datasets/dataset-place.ts';
import { type ExamineDatasetOptions, examineDataset } from '../../src/datasets/examine-dataset.ts';
import { readSourceTree } from '../../src/datasets/source-tree.ts';
import { speechCommands } from '../../src/datasets/speech-commands.ts';
import { membersOf, tarGz } from '../fixtures/datasets/archives.ts';
import { faultyTree } from '../fixtures/datasets/faulty-tree.ts';
import { speechCommandsTree } from '../fixtures/datasets/official-trees.ts';
import { encodeWav, toneWav } from '../fixtures/datasets/wav.ts';
import { removeTemporaryFolders, temporaryFolder, writeTree } from './temporary-folder.ts';

afterAll(removeTemporaryFolders);

const faulty = writeTree(temporaryFolder(), faultyTree());

async function examine(spec: string, options: ExamineDatasetOptions = {}): Promise<DatasetExamination> {
  const dataset = await openDataset(spec, options.label === undefined ? {} : { label: options.label });
  return (await examineDataset(dataset, { workers: 0, ...options })).examination;
}

const found = ({ findings }: DatasetExamination, kind: FindingKind): Finding | undefined =>
  findings.find((finding) => finding.kind === kind);
const clipsOf = (examination: DatasetExamination, kind: FindingKind) =>
  found(examination, kind)?.items.map(({ clips }) => clips.join(' = '));

/** A manifest beside its clips: a row of columns for each file. */
function manifest(columns: string, rows: readonly string[], files: Record<string, Uint8Array>): string {
  const root = writeTree(temporaryFolder(), { ...files, 'clips.csv': [columns, ...rows].join('\n') });
  return `manifest:${path.join(root, 'clips.csv')}`;
}

describe('examineDataset()', () => {
  const examination = examine(`folder:${faulty}`, { groupBy: '([a-z]+)-\\d' });

  test('counts clips, seconds, splits, classes, rates, channels and containers', async () => {
    const { clips, readable, seconds, splits, columns, sampleRates, channels, containers } = await examination;
    expect({ clips, readable }).toEqual({ clips: 41, readable: 39 });
    expect(splits.train.clips + splits.validation.clips + splits.test.clips).toBe(41);
    expect(splits.validation).toEqual({ clips: 6, seconds: expect.closeTo(7.2, 9) });
    expect(seconds).toBeCloseTo(splits.train.seconds + splits.validation.seconds + splits.test.seconds, 9);
    expect(sampleRates).toEqual([
      { value: 16000, clips: 38 },
      { value: 8000, clips: 1 },
    ]);
    expect(channels).toEqual([
      { value: 1, clips: 38 },
      { value: 2, clips: 1 },
    ]);
    expect(containers).toEqual([{ value: 'WAV', clips: 39 }]);
    const [column] = columns;
    expect(column?.classes.map(({ label, splits: counts }) => [label, counts])).toEqual([
      ['Dog', { train: 1, validation: 0, test: 0 }],
      ['cat', { train: 13, validation: 3, test: 3 }],
      ['dog', { train: 13, validation: 3, test: 5 }],
    ]);
    expect(column?.skew).toBe(21);
  });

  test('summarises lengths and levels', async () => {
    const { lengths, loudness } = await examination;
    expect(lengths).toMatchObject({ least: 0.4, median: 1.2, greatest: 1.5 });
    expect(lengths.bins.reduce((sum, { clips }) => sum + clips, 0)).toBe(39);
    expect(loudness?.median).toBeCloseTo(20 * Math.log10(0.4 / Math.SQRT2), 0);
  });

  test.each<[FindingKind, string[]]>([
    ['unreadable', ['train/dog/corrupt.wav', 'train/dog/empty.wav']],
    ['silent', ['train/cat/silent.wav', 'train/cat/faint.wav']],
    ['clipped', ['train/cat/clipped.wav']],
    ['offset', ['train/cat/offset.wav']],
    ['short', ['train/dog/short.wav']],
    ['low-rate', ['train/dog/slow.wav']],
    ['truncated', ['train/dog/cut.wav']],
    ['conflicting-labels', ['train/cat/either.wav = train/dog/either.wav']],
    ['duplicates-between-splits', ['test/dog/again.wav = train/dog/again.wav']],
    ['duplicates', ['train/cat/one.wav = train/cat/two.wav']],
  ])('names what is %s, and nothing else', async (kind, clips) => {
    expect(clipsOf(await examination, kind)).toEqual(clips);
  });

  test('says of each case what is the matter', async () => {
    const details = (await examination).findings.map(({ kind, items }) => [kind, items[0]?.subject, items[0]?.detail]);
    expect(details).toEqual([
      ['unreadable', undefined, 'a RIFF file, but not WAVE audio'],
      ['group-leak', 'group "ann"', '6 train, 1 test'],
      ['conflicting-labels', undefined, 'in train only; label "cat" and "dog"'],
      ['duplicates-between-splits', undefined, 'in train and test'],
      ['missing-class', 'label "Dog"', 'none in validation and test, 1 train'],
      ['similar-labels', 'label', '"Dog" (1 clip), "dog" (21 clips)'],
      ['silent', undefined, 'every sample is equal'],
      ['truncated', undefined, '25.0 % of its samples are missing'],
      ['duplicates', undefined, 'in train only'],
      ['clipped', undefined, expect.stringMatching(/^\d+\.\d % of its samples$/)],
      ['offset', undefined, 'mean 0.200'],
      ['low-rate', undefined, '8000 Hz'],
      ['short', undefined, '0.40 s'],
    ]);
  });

  test('names every clip of a group that lies in two splits', async () => {
    const { groups } = await examination;
    expect(groups).toEqual({ by: '([a-z]+)-\\d', count: 4, ungrouped: 16 });
    const [leak, ...others] = found(await examination, 'group-leak')?.items ?? [];
    expect(others).toEqual([]);
    expect(leak?.clips).toHaveLength(7);
    expect(leak?.clips).toContain('test/dog/ann-9.wav');
  });

  test('says the same on threads as without', async () => {
    const files = Object.fromEntries(
      Array.from({ length: 110 }, (_, i) => [
        `${i % 2 ? 'a' : 'b'}/${i}.wav`,
        i % 17 === 0 ? 'none' : toneWav(200 + (i % 50), 0.1 + (i % 5) / 20, 16000, i % 50),
      ]),
    );
    const spec = `folder:${writeTree(temporaryFolder(), files)}`;
    const calls: number[] = [];
    const threaded = await examine(spec, { workers: 2, onProgress: (done) => calls.push(done) });
    expect(threaded).toEqual(await examine(spec));
    expect(calls).toEqual(Array.from({ length: 111 }, (_, done) => done));
  });

  test('checks the data set’s own groups unless told otherwise', async () => {
    const files = speechCommandsTree({ speakers: 12 });
    const clean = `folder:${writeTree(temporaryFolder(), files)}`;
    expect((await examine(clean)).groups).toEqual({ by: 'speaker', count: 12, ungrouped: 0 });
    expect(found(await examine(clean), 'group-leak')).toBeUndefined();

    const lists = String(files['validation_list.txt']) + String(files['testing_list.txt']);
    const leak = Object.keys(files).find((name) => name.startsWith('yes/') && !lists.includes(name)) ?? '';
    const leaky = `folder:${writeTree(temporaryFolder(), { ...files, 'testing_list.txt': leak })}`;
    expect(found(await examine(leaky), 'group-leak')?.items).toMatchObject([{ detail: '2 train, 1 test' }]);
    expect(found(await examine(leaky, { groupBy: 'speaker' }), 'group-leak')?.title).toBe(
      '1 group (by speaker) in more than one split',
    );
  });

  test('takes every label column of a manifest, or the one asked for', async () => {
    const splits = ['train', 'train', 'val', 'test'];
    const rows = Array.from(
      { length: 24 },
      (_, i) => `${i}.wav,${splits[i % 4]},${i % 3 ? 'yes' : 'no'},s${i % 6},recording ${i}`,
    );
    const files = Object.fromEntries(Array.from({ length: 24 }, (_, i) => [`${i}.wav`, toneWav(300, 1, 16000, i + 1)]));
    const spec = manifest('path,split,word,speaker,title', rows, files);
    const all = await examine(spec, { groupBy: 'speaker' });
    expect(all.columns.map(({ column, identifier, classes }) => [column, identifier, classes.length])).toEqual([
      ['word', false, 2],
      ['speaker', false, 6],
      ['title', true, 24],
    ]);
    // Speakers are kept out of splits by intention, titles are nobody's classes.
    expect(found(all, 'missing-class')).toBeUndefined();
    expect(found(all, 'group-leak')?.items[0]).toMatchObject({
      subject: 'speaker "s0"',
      detail: '2 train, 2 validation',
    });
    const one = await examine(spec, { label: 'word' });
    expect(one.columns.map(({ column }) => column)).toEqual(['word']);
  });

  test('takes segments of one file as clips of their own', async () => {
    const file = encodeWav([Float32Array.from({ length: 32000 }, (_, n) => (n < 16000 ? 0 : Math.sin(n)))], 16000);
    const spec = manifest(
      'path,start,end,label,split',
      ['a.wav,0,1,x,train', 'a.wav,1,2,y,train', 'a.wav,5,6,y,train'],
      {
        'a.wav': file,
      },
    );
    const examination = await examine(spec);
    expect(clipsOf(examination, 'silent')).toEqual(['a.wav#0-1']);
    expect(found(examination, 'unreadable')?.items).toEqual([
      { clips: ['a.wav#5-6'], detail: '0 samples between 5 s and 6 s; expected at least one' },
    ]);
    expect(found(examination, 'empty-split')?.items.map(({ subject }) => subject)).toEqual(['validation', 'test']);
  });

  test('knows a recording again in another container', async () => {
    const fixtures = path.resolve(import.meta.dirname, '../fixtures/audio');
    const flac = readFileSync(path.join(fixtures, 'tone.flac'));
    const { channels, sampleRate } = await decodeAudio(flac);
    // Its decoder divides the integers by 32767.
    const integers = channels.map((samples) => samples.map((value) => Math.round(value * 32767) / 32768));
    const root = writeTree(temporaryFolder(), {
      'train/a/x.flac': flac,
      'test/a/x.wav': encodeWav(integers, sampleRate),
      'train/b/x.mp3': readFileSync(path.join(fixtures, 'tone.mp3')),
      'test/b/x.ogg': readFileSync(path.join(fixtures, 'tone.ogg')),
    });
    const examination = await examine(`folder:${root}`);
    expect(clipsOf(examination, 'duplicates-between-splits')).toEqual(['test/a/x.wav = train/a/x.flac']);
    expect(examination.containers.map(({ value }) => value)).toEqual(['FLAC', 'MP3', 'Ogg Vorbis', 'WAV']);
  });

  test('reads the clips of an archive as those of a folder', async () => {
    const tree = speechCommandsTree({ speakers: 20 });
    tree['yes/zzzzzzzz_nohash_0.wav'] = 'no audio';
    const examined = [];
    for (const files of [tree, { 'speech_commands_v0.02.tar.gz': tarGz(membersOf(tree).reverse()) }]) {
      const cache = temporaryFolder();
      const dataset = speechCommands.open(await readSourceTree(writeTree(temporaryFolder(), files), cache), 'official');
      examined.push(await examineDataset(dataset, { workers: 0, examples: true }));
    }
    const [plain, archived] = examined;
    expect(archived?.examination.findings).toEqual(plain?.examination.findings);
    expect(archived?.examination.columns).toEqual(plain?.examination.columns);
    expect(archived?.examples).toEqual(plain?.examples);
    expect(plain?.examination.readable).toBe(60);
  });

  test('gives a sound clip of each class to look at, with its log-mel', async () => {
    const { examples } = await examineDataset(await openDataset(`folder:${faulty}`), { workers: 0, examples: true });
    expect(examples.map(({ column, label, clip, logMel }) => [column, label, clip, logMel.bins])).toEqual([
      ['label', 'dog', 'train/dog/again.wav', 64],
      ['label', 'cat', 'train/cat/ann-0.wav', 64],
      ['label', 'Dog', 'train/Dog/x.wav', 64],
    ]);
  });

  test('gives medians of descriptors by class where they are asked for', async () => {
    const root = writeTree(temporaryFolder(), {
      'low/1.wav': toneWav(300, 1, 16000, 1),
      'low/2.wav': toneWav(300, 0.5, 16000, 2),
      'high/1.wav': toneWav(4000, 1, 16000, 3),
    });
    const { columns } = await examine(`folder:${root}`, { descriptors: ['rms', 'spectralCentroid'] });
    const [high, low] = columns[0]?.classes ?? [];
    expect(low?.descriptors?.rms).toBeCloseTo(0.4 / Math.SQRT2, 2);
    expect(high?.descriptors?.spectralCentroid).toBeGreaterThan(2 * (low?.descriptors?.spectralCentroid ?? 0));
  });

  test('stops where it is told to, with and without threads', async () => {
    const files = Object.fromEntries(
      Array.from({ length: 300 }, (_, i) => [`a/${i}.wav`, toneWav(300, 0.05, 16000, i + 1)]),
    );
    const spec = `folder:${writeTree(temporaryFolder(), files)}`;
    for (const workers of [0, 2]) {
      const controller = new AbortController();
      const onProgress = (done: number) => {
        if (done === 40) controller.abort();
      };
      await expect(examine(spec, { workers, signal: controller.signal, onProgress })).rejects.toMatchObject({
        name: 'AbortError',
      });
    }
  });

  test.each<[string, ExamineDatasetOptions, RegExp]>([
    [
      'a label column that is not there',
      { label: 'word' },
      /^label: expected a label column of folder:.* \(label\), found "word"$/,
    ],
    [
      'a group that no clip has',
      { groupBy: 'speker' },
      /^groupBy: expected a column of .* \(label\) or a regular expression .*, found "speker"$/,
    ],
    ['a broken pattern', { groupBy: '(' }, /^groupBy: expected a column or a regular expression, found "\("/],
  ])('refuses %s', async (_, options, message) => {
    const dataset = await openDataset(`folder:${faulty}`);
    await expect(examineDataset(dataset, { workers: 0, ...options })).rejects.toThrow(message);
  });

  test('refuses a data set of which nothing can be read, with the first reason', async () => {
    const root = writeTree(temporaryFolder(), { 'a/1.wav': 'none', 'b/2.wav': 'none' });
    await expect(examine(`folder:${root}`)).rejects.toThrow(
      /expected at least one clip that can be read, found none of 2; .*1\.wav: not audio/,
    );
  });
});

describe('datasetSpec()', () => {
  test('takes folders, tables, specs and names of the catalogue', () => {
    const root = writeTree(temporaryFolder(), { 'clips.csv': 'path,label' });
    const table = path.join(root, 'clips.csv');
    expect(datasetSpec(root)).toBe(`folder:${root}`);
    expect(datasetSpec(table)).toBe(`manifest:${table}`);
    expect(datasetSpec(`manifest:${table}`)).toBe(`manifest:${table}`);
    expect(datasetSpec('folder:x')).toBe(`folder:${path.resolve('x')}`);
    expect(datasetSpec('nsynth')).toBe('nsynth');
  });

  test('refuses what is none of them', () => {
    expect(() => datasetSpec('no/such/place')).toThrow(
      /^no\/such\/place: expected a folder of recordings, a manifest \(CSV, TSV, JSONL\) or one of .*, found nothing there$/,
    );
  });
});
