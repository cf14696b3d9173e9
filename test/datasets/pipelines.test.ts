import { readdirSync, readFileSync } from 'node:fs';
import path from 'node:path';
import { rememberRoot } from '../../src/datasets/prepared-root.ts';
import { loadPipeline } from '../../src/pipeline/load.ts';
import { train } from '../../src/train/index.ts';
import {
  birdsTree,
  type Files,
  nsynthTree,
  speechCommandsTree,
  tutUrbanTree,
} from '../fixtures/datasets/official-trees.ts';
import { toneWav } from '../fixtures/datasets/wav.ts';
import { removeTemporaryFolders, temporaryFolder, writeTree } from './temporary-folder.ts';

afterAll(removeTemporaryFolders);

const root = path.resolve(import.meta.dirname, '../..');
const cacheDirectory = temporaryFolder();
const eighth = 'model.channels=[8,16,32,32,64,64]';

/** Puts a tiny tree of a public data set where pipelines find it by name. */
function remember(name: string, files: Files): void {
  rememberRoot(cacheDirectory, name, writeTree(temporaryFolder(), files));
}

beforeAll(() => {
  const bird = birdsTree(6, 1);
  const urban = tutUrbanTree({ seconds: 1 });
  remember('speech-commands', speechCommandsTree({ speakers: 30 }));
  remember('nsynth', {
    ...nsynthTree('train', 11, [60, 62], 1),
    ...nsynthTree('valid', 9, [60, 62], 1),
    ...nsynthTree('test', 9, [60], 1),
  });
  remember('birds', { ...bird.tables, ...bird.ff1010bird, ...bird.warblrb10k, ...bird.birdvox });
  remember('tut-urban-2018', { ...urban.meta, ...urban.audio });
});

/** Two steps and the scoring of a pipeline file on tiny data. */
async function trainTwoSteps(file: string, ...set: string[]) {
  const pipeline = await loadPipeline(path.join(root, 'pipelines', file), {
    set: ['train.steps=2', 'train.batch=10', ...set],
  });
  return { pipeline, result: await train(pipeline, { out: path.join(temporaryFolder(), 'run'), cacheDirectory }) };
}

const files = readdirSync(path.join(root, 'pipelines/paper')).map((name) => `paper/${name}`);

describe('pipelines/paper', () => {
  test('has one file for each of the paper’s six audio models, at its protocol', async () => {
    expect(files.map((file) => path.basename(file, '.yaml')).sort()).toEqual(
      ['birds', 'instrument', 'multi-task', 'pitch', 'scenes', 'speech-commands'].sort(),
    );
    for (const file of files) {
      const { tasks, train: settings, model } = await loadPipeline(path.join(root, 'pipelines', file));
      expect(tasks.map(({ split }) => split)).toEqual(tasks.map(() => 'paper'));
      expect(settings).toMatchObject({
        steps: 1_000_000,
        batch: 256,
        learningRate: 1e-4,
        window: 1,
        schedule: 'constant',
      });
      expect(model).toMatchObject({ pooling: 'diffstride', smoothness: 4, channels: [64, 128, 256, 256, 512, 512] });
    }
  });

  test.each(files)('%s trains two steps on the official layout and is scored', async (file) => {
    const { pipeline, result } = await trainTwoSteps(file, eighth);
    const heads = { pitch: 128, instrument: 11, words: 35, birds: 2, scenes: 10 };
    const scored = result.evaluation.find(({ split }) => split === 'test');
    expect(scored?.tasks.map((task) => task.task)).toEqual(pipeline.tasks.map(({ name }) => name));
    for (const { task, classes } of scored?.tasks ?? [])
      expect(classes).toHaveLength(heads[task as keyof typeof heads]);
  });

  test('speech-commands.yaml trains at full width, and strided and with shared strides by --set', async () => {
    await trainTwoSteps('paper/speech-commands.yaml', 'train.batch=2', 'train.steps=1');
    await trainTwoSteps('paper/speech-commands.yaml', eighth, 'model.pooling=strided');
    await trainTwoSteps('paper/speech-commands.yaml', eighth, 'model.shared=true');
  });
});

describe('one’s own data', () => {
  const small = 'model.channels=[8,8,8,8,8,8]';

  test('own-folder.yaml trains on a folder whose sub-folders are labels', async () => {
    const recordings = Object.fromEntries(
      Array.from({ length: 24 }, (_, i) => [
        `${i % 2 ? 'high' : 'low'}/${i}.wav`,
        toneWav(i % 2 ? 2000 : 300, 1, 16000, i),
      ]),
    );
    const folder = writeTree(temporaryFolder(), recordings);
    const set = [`tasks.0.dataset=folder:${folder}`, 'train.steps=2', 'train.batch=8', small];
    const { epochs: _, ...rest } = (await loadPipeline(path.join(root, 'pipelines/own-folder.yaml'))).train;
    expect(rest).toMatchObject({ balance: 'balanced', earlyStopping: 8 });
    const { result } = await trainTwoSteps('own-folder.yaml', ...set);
    expect(result.evaluation.map(({ split }) => split)).toContain('test');
  });

  test('files like FSDD’s (8 kHz, flat), ESC-50’s (44.1 kHz ogg, folds) and UrbanSound8K’s (folders of folds) are trained on', async () => {
    const digits = Object.fromEntries(
      Array.from({ length: 24 }, (_, i) => [
        `${i % 2}_${['ann', 'bob', 'eve'][i % 3]}_${i}.wav`,
        toneWav(300 + 900 * (i % 2), 0.4, 8000, i),
      ]),
    );
    const fsdd = writeTree(temporaryFolder(), digits);
    await trainTwoSteps('own-folder.yaml', `tasks.0.dataset=folder:${fsdd}`, small);

    const ogg = readFileSync(path.join(root, 'test/fixtures/audio/tone.ogg'));
    const names = Array.from({ length: 20 }, (_, i) => `${1 + (i % 5)}-${i}-A-${i % 2}.ogg`);
    const rows = names.map((name, i) => `${name},${1 + (i % 5)},${i % 2},${i % 2 ? 'rain' : 'dog'},False`);
    const esc = writeTree(temporaryFolder(), {
      ...Object.fromEntries(names.map((name) => [`audio/${name}`, ogg])),
      'meta/esc50.csv': `filename,fold,target,category,esc10\n${rows.join('\n')}\n`,
    });
    const folds = 'tasks.0.split={ seeded: { validation: 0.2, test: 0.2, groupBy: fold } }';
    await trainTwoSteps(
      'own-folder.yaml',
      `tasks.0.dataset=manifest:${esc}/meta/esc50.csv`,
      'tasks.0.label=category',
      folds,
      small,
    );

    const slices = Array.from({ length: 20 }, (_, i) => `${100 + i}-0-0-${i}.wav`);
    const urban = writeTree(temporaryFolder(), {
      ...Object.fromEntries(
        slices.map((name, i) => [`audio/fold${1 + (i % 5)}/${name}`, toneWav(300 + 900 * (i % 2), 0.7, 44100, i)]),
      ),
      'metadata/UrbanSound8K.csv': `slice_file_name,fsID,start,end,salience,fold,classID,class\n${slices
        .map((name, i) => `${name},${100 + i},12.5,16.5,1,${1 + (i % 5)},${i % 2},${i % 2 ? 'siren' : 'drilling'}`)
        .join('\n')}\n`,
    });
    await trainTwoSteps(
      'own-folder.yaml',
      `tasks.0.dataset=manifest:${urban}/metadata/UrbanSound8K.csv`,
      'tasks.0.label=class',
      folds,
      small,
    );
  });
});
