import { spawn } from 'node:child_process';
import { readdirSync, readFileSync } from 'node:fs';
import path from 'node:path';
import { removeTemporaryFolders, temporaryFolder, writeTree } from '../datasets/temporary-folder.ts';
import { faultyTree } from '../fixtures/datasets/faulty-tree.ts';
import { toneWav } from '../fixtures/datasets/wav.ts';
import { runCli } from './run-cli.ts';

const root = path.resolve(import.meta.dirname, '../..');
const words = path.join(root, 'data/words');
const faulty = writeTree(temporaryFolder(), faultyTree());

afterAll(removeTemporaryFolders);

describe('spectride data', () => {
  test('tells what is in a data set, and ends with 0 whatever it finds', async () => {
    const { code, stdout, stderr } = await runCli(['data', faulty]);
    expect({ code, stderr }).toEqual({ code: 0, stderr: '' });
    expect(stdout).toMatch(/^clips +41, of which 39 can be read$/m);
    expect(stdout).toMatch(/^cat +19 +46\.3 +13 +3 +3 /m);
    expect(stdout).toContain('✗ 2 clips cannot be read');
    expect(stdout).toContain('    train/dog/empty.wav: an empty file; expected audio');
    expect(stdout).toContain('· 1 clip is clipped');
  });

  test('answers in one JSON document with every case', async () => {
    const { code, stdout, stderr } = await runCli([
      'data',
      faulty,
      '--json',
      '--group-by',
      '([a-z]+)-\\d',
      '--descriptors',
    ]);
    expect({ code, stderr }).toEqual({ code: 0, stderr: '' });
    const examination = JSON.parse(stdout) as {
      columns: { classes: { label: string; descriptors: Record<string, number> }[] }[];
      findings: { kind: string; items: { clips: string[] }[] }[];
    };
    expect(examination).toMatchObject({ name: `folder:${faulty}`, clips: 41, readable: 39, window: 1 });
    expect(examination.findings.map(({ kind }) => kind)).toContain('group-leak');
    expect(examination.findings.find(({ kind }) => kind === 'group-leak')?.items[0]?.clips).toHaveLength(7);
    expect(Object.keys(examination.columns[0]?.classes[0]?.descriptors ?? {})).toEqual([
      'rms',
      'zcr',
      'spectralCentroid',
    ]);
  });

  test('writes a page', async () => {
    const page = path.join(temporaryFolder(), 'deep/data.html');
    const { code, stdout } = await runCli(['data', words, '--html', page]);
    expect(code).toBe(0);
    expect(stdout).toContain('Nothing found that seems wrong.');
    expect(stdout.trim().endsWith(`Page: ${page}`)).toBe(true);
    expect(readFileSync(page, 'utf8').match(/<image /g)).toHaveLength(8);
    expect(readdirSync(path.dirname(page))).toEqual(['data.html']);
  });

  test('--strict ends with 1 for a fault, and with 0 where there are remarks only', async () => {
    expect((await runCli(['data', faulty, '--strict'])).code).toBe(1);
    const rows = ['train', 'validation', 'test'].flatMap((split, s) =>
      ['cat', 'dog'].map((label, l) => [`${split}/${label}/x.wav`, toneWav(300, 0.5, 16000, 1 + 2 * s + l)] as const),
    );
    const short = writeTree(temporaryFolder(), Object.fromEntries(rows));
    const { code, stdout } = await runCli(['data', short, '--strict']);
    expect(stdout).toContain('· 6 clips are shorter than a window of 1 s');
    expect(code).toBe(0);
    expect((await runCli(['data', short, '--window', '0.5'])).stdout).toContain('Nothing found');
  });

  test('looks at seeded splits with the groups kept together', async () => {
    const args = ['data', faulty, '--json', '--group-by', '([a-z]+)-\\d'];
    const { stdout } = await runCli([...args, '--split', 'seeded']);
    const { findings } = JSON.parse(stdout) as { findings: { kind: string }[] };
    expect(findings.map(({ kind }) => kind)).not.toContain('group-leak');
  });

  test('ends with 130 on Ctrl-C, and prints nothing', async () => {
    const long = toneWav(300, 100);
    const files = Object.fromEntries(Array.from({ length: 12 }, (_, i) => [`a/${i}.wav`, long]));
    const place = writeTree(temporaryFolder(), files);
    const rows = Array.from({ length: 4000 }, (_, i) => `a/${i % 12}.wav,${i / 1000},100,x`);
    writeTree(place, { 'clips.csv': ['path,start,end,label', ...rows].join('\n') });
    const child = spawn(process.execPath, [path.join(root, 'src/cli/main.ts'), 'data', path.join(place, 'clips.csv')], {
      env: { ...process.env, NODE_OPTIONS: '' },
    });
    let stdout = '';
    child.stdout.on('data', (text: Buffer) => {
      stdout += text.toString();
    });
    const timer = setTimeout(() => child.kill('SIGINT'), 3000);
    const code = await new Promise((done) => child.on('close', done));
    clearTimeout(timer);
    expect({ code, stdout }).toEqual({ code: 130, stdout: '' });
  });

  const empty = temporaryFolder();
  test.each<[string, string[], RegExp]>([
    [
      'a place where nothing is',
      ['no/such'],
      /no\/such: expected a folder of recordings, a manifest .* found nothing there/,
    ],
    ['a folder without recordings', [empty], /expected recordings .* found an empty folder/],
    [
      'a file that is no table',
      [path.join(words, 'close/00000001_nohash_0.wav')],
      /expected text in UTF-8, found other bytes/,
    ],
    ['a set that was not prepared', ['nsynth'], /dataset nsynth: expected a prepared data set, found none/],
    ['a column that is not there', [words, '--label', 'word'], /label: expected a label column .* found "word"/],
    ['a window of no length', [words, '--window', '0'], /--window/],
    ['a split that is none', [words, '--split', 'third'], /--split/],
    ['paper’s splits of one’s own data', [words, '--split', 'paper'], /expected "official" or "seeded"/],
  ])('answers %s with one sentence and code 2', async (_, args, message) => {
    const { code, stdout, stderr } = await runCli(['data', ...args], { env: { SPECTRIDE_CACHE: empty } });
    expect({ code, stdout }).toEqual({ code: 2, stdout: '' });
    expect(stderr).toMatch(message);
    expect(stderr).not.toMatch(/^ {4}at /m);
  });
});
