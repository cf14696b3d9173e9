import {
  copyFileSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { setTimeout as wait } from 'node:timers/promises';
import { BadInputError } from '../../src/errors.ts';
import { performExperiment } from '../../src/report/experiment/perform-experiment.ts';
import { planRuns } from '../../src/report/experiment/plan.ts';
import { experimentSchema, readExperiment } from '../../src/report/experiment/schema.ts';
import { runFiles } from '../../src/train/run-folder.ts';

const root = path.resolve(import.meta.dirname, '../..');
const folder = mkdtempSync(path.join(tmpdir(), 'spectride-experiment-'));
afterAll(() => rmSync(folder, { recursive: true }));

const pipelineFile = path.join(folder, 'words.yaml');
writeFileSync(pipelineFile, 'name: words\ntasks: [{ name: words, dataset: "folder:words" }]\n');

function experimentFile(content: string, name = 'experiment.yaml'): string {
  const file = path.join(folder, name);
  writeFileSync(file, content);
  return file;
}

describe('planRuns()', () => {
  const plan = (runs: object[], set = {}) =>
    planRuns(experimentSchema.parse({ name: 'x', set, runs }), path.join(folder, 'x.yaml'));

  test('is every combination of pipelines, poolings, swept settings and seeds', () => {
    const runs = plan([
      {
        pipelines: ['words.yaml', 'sub/notes.yml'],
        poolings: ['strided', 'diffstride'],
        sweep: { 'train.complexity': [0, 0.1], 'model.smoothness': [{ relative: 0.05 }] },
        seeds: [0, 3],
      },
    ]);
    expect(runs).toHaveLength(16);
    expect(new Set(runs.map((run) => run.id)).size).toBe(16);
    expect(runs[0]).toEqual({
      id: 'words-strided-complexity=0-smoothness=_relative_0.05_-seed0',
      pipeline: path.join(folder, 'words.yaml'),
      seed: 0,
      set: ['model.pooling=strided', 'train.complexity=0', 'model.smoothness={"relative":0.05}'],
    });
  });

  test('starts all runs of a seed before those of the next', () => {
    const seeds = plan([
      { pipelines: ['words.yaml'], seeds: [0, 1] },
      { pipelines: ['notes.yaml'], seeds: [1, 0] },
    ]).map((run) => run.seed);
    expect(seeds).toEqual([0, 0, 1, 1]);
  });

  test('lets a run’s settings win over the experiment’s, and swept ones over both', () => {
    const [run] = plan(
      [{ pipelines: ['a.yaml'], set: { 'train.steps': 5 }, sweep: { 'train.batch': [8] }, seeds: [0] }],
      {
        'train.steps': 9,
      },
    );
    expect(run?.set).toEqual(['train.steps=9', 'train.steps=5', 'train.batch=8']);
  });

  test('gives text as text, and takes paths from the experiment’s folder', () => {
    const [run] = plan([{ pipelines: ['a.yaml'], seeds: [0] }], {
      name: '007',
      title: 'a: b',
      'tasks.0.dataset': 'folder:../recordings',
      'train.augmentation.noise.source': 'noise',
      'model.pooling': 'strided',
    });
    expect(run?.set).toEqual([
      'name="007"',
      'title="a: b"',
      `tasks.0.dataset=folder:${path.resolve(folder, '../recordings')}`,
      `train.augmentation.noise.source=${path.join(folder, 'noise')}`,
      'model.pooling=strided',
    ]);
  });

  test('takes the same run of two entries once, and refuses two different ones of the same name', () => {
    expect(plan([{ pipelines: ['a.yaml'] }, { pipelines: ['a.yaml'] }])).toHaveLength(3);
    const different = [{ pipelines: ['a.yaml'] }, { pipelines: ['a.yaml'], set: { 'train.batch': 8 } }];
    expect(() => plan(different)).toThrow(BadInputError);
    expect(() => plan(different)).toThrow('two settings for a-seed0');
  });
});

describe('readExperiment()', () => {
  test.each([
    ['a file that is not there', undefined, 'expected an experiment file, found nothing there'],
    ['something that is not YAML', 'a: [', 'expected YAML'],
    ['an unknown key', 'name: x\nrun: []\n', 'run'],
    ['no runs', 'name: x\n', 'expected runs or measure'],
    ['a pooling that is none', 'name: x\nruns: [{ pipelines: [a.yaml], poolings: [max] }]\n', 'runs.0.poolings.0'],
    ['a name that leaves its folder', 'name: ../x\nruns: [{ pipelines: [a.yaml] }]\n', 'name'],
  ])('refuses %s in one sentence', async (_, content, message) => {
    const file = content === undefined ? path.join(folder, 'no.yaml') : experimentFile(content, 'bad.yaml');
    await expect(readExperiment(file)).rejects.toThrow(BadInputError);
    await expect(readExperiment(file)).rejects.toThrow(message);
  });
});

describe('performExperiment()', () => {
  const file = experimentFile(
    'name: tiny\nruns: [{ pipelines: [words.yaml], poolings: [spectral, diffstride], seeds: [0, 1] }]\n',
  );
  const out = path.join(folder, 'out');
  const command = [process.execPath, path.join(root, 'test/report/stand-in-train.mjs')];
  const calls = () => readFileSync(path.join(out, 'calls.txt'), 'utf8').trim().split('\n');
  const all = ['words-spectral-seed0', 'words-diffstride-seed0', 'words-spectral-seed1', 'words-diffstride-seed1'];
  const environment = (name: string, value: string | undefined) => {
    if (value === undefined) delete process.env[name];
    else process.env[name] = value;
  };

  test('goes on after a run that fails, and lists it with its reason', async () => {
    environment('STAND_IN_FAIL', 'words-diffstride-seed0');
    const outcome = await performExperiment(file, { out, jobs: 2, command });
    environment('STAND_IN_FAIL', undefined);
    expect(outcome.failed).toEqual([
      {
        id: 'words-diffstride-seed0',
        reason: 'the loss is not a number at step 7',
        log: path.join(out, 'logs', 'words-diffstride-seed0.log'),
      },
    ]);
    expect(outcome.done).toHaveLength(3);
    expect(calls().sort()).toEqual([...all].sort());
    expect(existsSync(path.join(out, 'report', 'index.html'))).toBe(true);
  });

  test('passes an interruption on, then goes on where it was and does nothing twice', async () => {
    const controller = new AbortController();
    environment('STAND_IN_SLOW', 'words-diffstride-seed0');
    const running = performExperiment(file, { out, jobs: 1, command, signal: controller.signal });
    for (let tries = 0; tries < 500 && !existsSync(path.join(out, 'waiting')); tries++) await wait(20);
    environment('STAND_IN_SLOW', undefined);
    controller.abort();
    expect(await running).toMatchObject({ interrupted: true, failed: [] });

    const events: string[] = [];
    const outcome = await performExperiment(file, {
      out,
      jobs: 1,
      command,
      onProgress: ({ run, event }) => events.push(`${run.id} ${event}`),
    });
    expect(events).toEqual([
      'words-spectral-seed0 skipped',
      'words-diffstride-seed0 resumed',
      'words-diffstride-seed0 done',
      'words-spectral-seed1 skipped',
      'words-diffstride-seed1 skipped',
    ]);
    expect(outcome).toMatchObject({ interrupted: false, failed: [] });
    expect(outcome.done).toHaveLength(4);
    expect(calls()).toHaveLength(all.length + 2);
  });

  test('says where every run stands under dryRun, and starts none', async () => {
    const before = calls().length;
    const { planned } = await performExperiment(file, { out, jobs: 1, command, dryRun: true });
    expect(planned).toEqual(all.map((id) => ({ id, state: 'done' })));
    expect(calls()).toHaveLength(before);
  });

  test('leaves the folder of a run that has no checkpoint yet as it is, and goes on with it', async () => {
    const begun = path.join(folder, 'begun');
    const run = path.join(begun, 'words-spectral-seed0');
    const { pipeline } = runFiles;
    mkdirSync(run, { recursive: true });
    copyFileSync(path.join(out, 'words-spectral-seed0', pipeline), path.join(run, pipeline));
    writeFileSync(path.join(run, 'metrics.jsonl'), '');
    mkdirSync(path.join(begun, 'words-diffstride-seed0'));
    writeFileSync(path.join(begun, 'words-diffstride-seed0', '.pipeline.yaml.1.tmp'), 'name: w');
    const { planned } = await performExperiment(file, { out: begun, jobs: 1, command, dryRun: true });
    expect(planned?.slice(0, 2).map(({ state }) => state)).toEqual(['interrupted', 'missing']);
    expect(readdirSync(run).sort()).toEqual(['metrics.jsonl', pipeline]);
  });

  test('does not take a folder of other settings for a run that is done', async () => {
    const changed = experimentFile(
      'name: tiny\nset: { train.batch: 7 }\nruns: [{ pipelines: [words.yaml], poolings: [spectral], seeds: [0] }]\n',
      'changed.yaml',
    );
    const outcome = await performExperiment(changed, { out, jobs: 1, command });
    expect(outcome.failed[0]?.reason).toContain('holds a run of other settings');
    expect(existsSync(path.join(out, 'words-spectral-seed0', 'result.json'))).toBe(true);
  });

  test('reports runs in the order of the file, whichever ends first', async () => {
    environment('STAND_IN_LATE', 'words-spectral-seed0');
    const outcome = await performExperiment(file, { out: path.join(folder, 'late'), jobs: 2, command });
    environment('STAND_IN_LATE', undefined);
    expect(outcome.done.map((run) => path.basename(run))).toEqual(all);
  });

  test('refuses seeds that the file does not have', async () => {
    for (const seeds of [[8], [0, 8]]) {
      await expect(performExperiment(file, { out, jobs: 1, command, seeds })).rejects.toThrow(
        'expected some of 0, 1, found 8',
      );
    }
  });
});

test.each(['table-a2.yaml'])('pipelines/experiments/%s is an experiment', async (name) => {
  await expect(readExperiment(path.join(root, 'pipelines/experiments', name))).resolves.toBeDefined();
});
