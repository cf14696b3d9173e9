import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import fc from 'fast-check';
import { parse } from 'yaml';
import { BadInputError } from '../../src/errors.ts';
import { editDistance, nearest } from '../../src/pipeline/edit-distance.ts';
import { loadPipeline, resolvePipeline, serializePipeline } from '../../src/pipeline/index.ts';
import { override } from '../../src/pipeline/override.ts';

const tasks = [{ name: 'words', dataset: 'speech-commands' }];
let folder: string;

beforeAll(() => {
  folder = mkdtempSync(path.join(tmpdir(), 'spectride-pipeline-'));
});
afterAll(() => rmSync(folder, { recursive: true, force: true }));

function pipelineFile(text: string): string {
  const file = path.join(folder, 'p.yaml');
  writeFileSync(file, text);
  return file;
}

describe('resolvePipeline()', () => {
  test('fills in the paper’s settings for everything but the tasks', () => {
    const pipeline = resolvePipeline({ tasks });
    expect(pipeline.model).toMatchObject({
      pooling: 'diffstride',
      channels: [64, 128, 256, 256, 512, 512],
      smoothness: 4,
      batchNorm: { momentum: 0.99, epsilon: 1e-3 },
    });
    expect(pipeline.train).toMatchObject({ batch: 256, learningRate: 1e-4, optimizer: 'adam', schedule: 'constant' });
    expect(pipeline.train.steps).toBeUndefined();
  });

  const refused: [string, unknown, RegExp][] = [
    [
      'an unknown key with the nearest known one',
      { tasks, train: { bach: 3 } },
      /^p\.yaml: train\.bach: unknown key; did you mean "batch"\?$/,
    ],
    ['an unknown key at the top', { tasks, trian: {} }, /^p\.yaml: trian: unknown key; did you mean "train"\?$/],
    [
      'an unknown key inside an alternative',
      { tasks, model: { smoothness: { relativ: 1 } } },
      /smoothness\.relativ: unknown key; did you mean "relative"/,
    ],
    [
      'a word for a number',
      { tasks, train: { batch: 'minus' } },
      /^p\.yaml: train\.batch: expected a positive integer, found "minus"$/,
    ],
    ['a batch of 0', { tasks, train: { batch: 0 } }, /train\.batch: expected a positive integer, found 0/],
    ['a fraction for a whole number', { tasks, seed: 1.5 }, /seed: expected an integer of at least 0, found 1\.5/],
    [
      'a name that is none of the choices',
      { tasks, model: { pooling: 'max' } },
      /model\.pooling: expected one of strided, spectral, diffstride, found "max"/,
    ],
    [
      'a momentum of 1',
      { tasks, model: { batchNorm: { momentum: 1 } } },
      /momentum: expected a number of at least 0 and below 1, found 1/,
    ],
    [
      'a smoothness below 0',
      { tasks, model: { smoothness: -1 } },
      /model\.smoothness: expected a positive number.*found -1/,
    ],
    [
      'one stride where two belong',
      { tasks, model: { strides: [[2]] } },
      /model\.strides\.0: expected a list of 2 numbers, found \[2\]/,
    ],
    ['no tasks', {}, /tasks: expected a list of at least one entry, found nothing/],
    ['an empty list of tasks', { tasks: [] }, /tasks: expected a list of at least one entry, found \[\]/],
    ['two tasks of one name', { tasks: [...tasks, ...tasks] }, /tasks: expected different names, found "words" twice/],
    [
      'a task’s name with a space',
      { tasks: [{ name: 'a b', dataset: 'x' }] },
      /tasks\.0\.name: expected letters.*found "a b"/,
    ],
    [
      'steps and epochs at once',
      { tasks, train: { steps: 1, epochs: 1 } },
      /expected either steps or epochs, found both/,
    ],
    [
      'a micro-batch beyond the batch',
      { tasks, train: { batch: 4, microBatch: 8 } },
      /microBatch: expected at most train\.batch \(4\), found 8/,
    ],
    [
      'a share above 1',
      { tasks: [{ ...tasks[0], split: { seeded: { test: 3 } } }] },
      /tasks\.0\.split\.seeded\.test: .*at most 1, found 3/,
    ],
    ['a list for a mapping', [], /pipeline: expected a mapping/],
  ];
  test.each(refused)('refuses %s', (_, input, message) => {
    expect(() => resolvePipeline(input, 'p.yaml')).toThrow(BadInputError);
    expect(() => resolvePipeline(input, 'p.yaml')).toThrow(message);
  });

  test('whatever JSON it is given, it answers with a pipeline or one sentence', () => {
    fc.assert(
      fc.property(fc.jsonValue(), fc.constantFrom('model', 'train', 'tasks', 'features', 'seed'), (value, key) => {
        try {
          resolvePipeline({ tasks, [key]: value });
        } catch (error) {
          expect(error).toBeInstanceOf(BadInputError);
          expect((error as Error).message).toMatch(/^pipeline: .*(expected|unknown key)/s);
        }
      }),
    );
  });
});

describe('loadPipeline()', () => {
  test('takes paths from the pipeline’s folder, and those of overrides from the working folder', async () => {
    const file = pipelineFile('tasks: [{ name: words, dataset: "folder:data/words" }]');
    expect((await loadPipeline(file)).tasks[0]?.dataset).toBe(`folder:${path.join(folder, 'data/words')}`);
    const changed = await loadPipeline(file, { set: ['tasks.0.dataset=manifest:mine.csv'] });
    expect(changed.tasks[0]?.dataset).toBe(`manifest:${path.resolve('mine.csv')}`);
  });

  test('applies overrides in order and the seed last', async () => {
    const file = pipelineFile('tasks: [{ name: a, dataset: b }]\nseed: 3');
    const pipeline = await loadPipeline(file, {
      set: ['train.batch=8', 'train.batch=9', 'model.smoothness.relative=0.05', 'model.channels=[4, 8]', 'seed=4'],
      seed: 5,
    });
    expect(pipeline.train.batch).toBe(9);
    expect(pipeline.model.smoothness).toEqual({ relative: 0.05 });
    expect(pipeline.model.channels).toEqual([4, 8]);
    expect(pipeline.seed).toBe(5);
  });

  test('a pipeline written out and read back is the same', async () => {
    const pipeline = resolvePipeline({ tasks, train: { schedule: { kind: 'cosine', warmup: 3 }, epochs: 2 } });
    expect(resolvePipeline(parse(serializePipeline(pipeline)))).toEqual(pipeline);
  });

  test('refuses a missing file and a file that is not YAML, by name', async () => {
    await expect(loadPipeline(path.join(folder, 'none.yaml'))).rejects.toThrow(/none\.yaml: cannot be read/);
    await expect(loadPipeline(pipelineFile('tasks: ['))).rejects.toThrow(/p\.yaml: not YAML/);
    await expect(loadPipeline(pipelineFile(''))).rejects.toThrow(/p\.yaml: pipeline: expected a mapping/);
  });
});

describe('override()', () => {
  test('changes one value and leaves the document it was given as it is', () => {
    const document = { a: { b: [1, 2] } };
    expect(override(document, 'a.b.1=7')).toEqual({ a: { b: [1, 7] } });
    expect(override(document, 'a.b.2=7')).toEqual({ a: { b: [1, 2, 7] } });
    expect(override(document, 'c.d={ e: true }')).toEqual({ a: { b: [1, 2] }, c: { d: { e: true } } });
    expect(document).toEqual({ a: { b: [1, 2] } });
  });

  test('a length in epochs takes back one in steps, and the other way round', () => {
    expect(override({ train: { steps: 9, batch: 2 } }, 'train.epochs=1')).toEqual({ train: { batch: 2, epochs: 1 } });
    expect(override({ train: { epochs: 9 } }, 'train.steps=1')).toEqual({ train: { steps: 1 } });
  });

  test.each([
    ['no equals sign', 'train.batch'],
    ['an empty key', '.a=1'],
    ['an index beyond the end', 'b.5=1'],
    ['a reach into the prototype', '__proto__.polluted=1'],
    ['a value that is not YAML', 'a=[1'],
  ])('refuses %s', (_, assignment) => {
    expect(() => override({ b: [1] }, assignment)).toThrow(BadInputError);
    expect(({} as { polluted?: number }).polluted).toBeUndefined();
  });
});

test('editDistance() is a metric, and nearest() suggests nothing far', () => {
  fc.assert(
    fc.property(fc.string({ maxLength: 8 }), fc.string({ maxLength: 8 }), fc.string({ maxLength: 8 }), (a, b, c) => {
      expect(editDistance(a, a)).toBe(0);
      expect(editDistance(a, b)).toBe(editDistance(b, a));
      expect(editDistance(a, c)).toBeLessThanOrEqual(editDistance(a, b) + editDistance(b, c));
    }),
  );
  expect(editDistance('kitten', 'sitting')).toBe(3);
  expect(nearest('learningrate', ['batch', 'learningRate'])).toBe('learningRate');
  expect(nearest('xyzzy', ['batch', 'learningRate'])).toBeUndefined();
});
