import { spawn } from 'node:child_process';
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { stringify } from 'yaml';
import { tinyPipeline, writeTones } from '../train/tiny-data.ts';
import { runCli } from './run-cli.ts';

let folder: string;
let data: string;
let pipeline: string;
let env: NodeJS.ProcessEnv;

beforeAll(() => {
  folder = mkdtempSync(path.join(tmpdir(), 'spectride-cli-train-'));
  data = path.join(folder, 'tones');
  pipeline = path.join(folder, 'tiny.yaml');
  env = { SPECTRIDE_CACHE: path.join(folder, 'cache') };
  writeTones(data);
  writeFileSync(pipeline, stringify(tinyPipeline(data)));
});
afterAll(() => rmSync(folder, { recursive: true, force: true }));

const cli = (...args: string[]) => runCli(args, { cwd: folder, env });

describe('spectride train, evaluate and predict', () => {
  let run: string;
  beforeAll(async () => {
    run = path.join(folder, 'runs', 'tiny-3');
    const { code, stdout, stderr } = await cli('train', 'tiny.yaml', '--seed', '3');
    expect({ code, stderr }).toMatchObject({ code: 0 });
    expect(stdout).toMatch(/test tones +\d+\.\d % .*chance 33\.3 %; 9 clips\)/);
    expect(stdout).toContain(path.join('runs', 'tiny-3'));
  });

  test('train --json prints result.json and nothing else on stdout', async () => {
    const { code, stdout } = await cli('train', 'tiny.yaml', '--set', 'train.steps=2', '--out', 'short', '--json');
    expect(code).toBe(0);
    expect(JSON.parse(stdout)).toMatchObject({ name: 'tiny', steps: 2 });
  });

  test('evaluate prints classes and confusions, or one JSON document', async () => {
    const text = await cli('evaluate', run);
    expect(text.code).toBe(0);
    expect(text.stdout).toMatch(/precision %/);
    const json = await cli('evaluate', run, '--split', 'validation', '--json');
    expect(JSON.parse(json.stdout)).toMatchObject({ split: 'validation', tasks: [{ task: 'tones', clips: 9 }] });
  });

  test('predict names a label and its probability for every file, and windows on demand', async () => {
    const files = [path.join(data, 'low/13.wav'), path.join(data, 'high/13.wav')];
    const { code, stdout } = await cli('predict', run, ...files, '--top', '2', '--windows');
    expect(code).toBe(0);
    const lines = stdout.trim().split('\n');
    expect(lines.length).toBe(8);
    expect(lines[0]).toMatch(/low\/13\.wav: (low|middle|high) \d+\.\d %, (low|middle|high) \d+\.\d %$/);
    expect(lines[1]).toMatch(/^ {2}0\.00 to 0\.10 s: /);
  });

  test('Ctrl-C, which npm passes on a second time, saves, says how to go on, ends with 130, and --resume goes on', async () => {
    const out = path.join(folder, 'stopped');
    const args = ['train', pipeline, '--set', 'train.steps=300', '--set', 'train.validateEvery=300', '--out', out];
    const main = path.resolve(import.meta.dirname, '../../src/cli/main.ts');
    const child = spawn(process.execPath, [main, ...args], {
      cwd: folder,
      env: { ...process.env, ...env, NODE_OPTIONS: '' },
    });
    let stderr = '';
    child.stderr.setEncoding('utf8').on('data', (text: string) => {
      stderr += text;
    });
    const { existsSync } = await import('node:fs');
    while (!existsSync(path.join(out, 'metrics.jsonl')) && child.exitCode === null)
      await new Promise((done) => setTimeout(done, 50));
    await new Promise((done) => setTimeout(done, 300));
    child.kill('SIGINT');
    await new Promise((done) => setTimeout(done, 1));
    child.kill('SIGINT');
    const code = await new Promise((done) => child.on('close', done));
    expect({ code, stderr }).toMatchObject({ code: 130 });
    expect(stderr).toMatch(/interrupted; everything is saved in .*stopped: the same command with --resume goes on/);
    expect(existsSync(path.join(out, 'checkpoints', 'last.state.safetensors'))).toBe(true);
    const again = await cli(...args, '--resume');
    expect(again.code).toBe(0);
  });
});

describe('wrong input ends in one sentence and code 2', () => {
  const bad: [string, () => string[], RegExp][] = [
    ['a pipeline that is not there', () => ['train', 'none.yaml'], /none\.yaml: cannot be read/],
    [
      'an unknown key',
      () => ['train', pipeline, '--set', 'train.bach=2'],
      /train\.bach: unknown key; did you mean "batch"\?/,
    ],
    [
      'a wrong value',
      () => ['train', pipeline, '--set', 'train.batch=minus'],
      /train\.batch: expected a positive integer, found "minus"/,
    ],
    [
      'an override of no form',
      () => ['train', pipeline, '--set', 'nonsense'],
      /--set nonsense: expected key\.key=value/,
    ],
    ['an unknown backend', () => ['train', pipeline, '--backend', 'cuda'], /--backend/],
    ['a seed that is no number', () => ['train', pipeline, '--seed', 'x'], /--seed/],
    ['an empty seed', () => ['train', pipeline, '--seed', ''], /--seed/],
    [
      'an empty data folder',
      () => ['train', pipeline, '--set', `tasks.0.dataset=folder:${path.join(folder, 'empty')}`],
      /empty/,
    ],
    ['a run that is not there', () => ['evaluate', 'nowhere'], /nowhere: expected a run folder, found nothing/],
    [
      'a folder that is no run',
      () => ['predict', data, 'x.wav'],
      /expected a whole run folder, found no pipeline\.yaml/,
    ],
  ];
  beforeAll(() => mkdirSync(path.join(folder, 'empty')));

  test.each(bad)('%s', async (_, args, message) => {
    const { code, stdout, stderr } = await cli(
      ...args(),
      ...(args()[0] === 'train' ? ['--out', path.join(folder, 'bad')] : []),
    );
    expect({ code, stderr }).toMatchObject({ code: 2 });
    expect(stdout).toBe('');
    expect(stderr).toMatch(message);
    expect(stderr).not.toMatch(/\n\s+at /);
  });
});
