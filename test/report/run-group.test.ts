import { distinctRuns, groupRuns } from '../../src/report/run-group.ts';
import { syntheticRun } from './synthetic-run.ts';

const tasks = [{ name: 'words', dataset: 'speech-commands', classes: ['a', 'b'], accuracy: 0.9 }];
const run = (seed: number, changes: object = {}) => ({
  ...syntheticRun({ name: 'words', pooling: 'strided', seed, tasks }),
  directory: `runs/${seed}-${JSON.stringify(changes)}`,
  ...changes,
});

describe('groupRuns()', () => {
  test('takes seeds together that differ only in what does not change the outcome', () => {
    const [plain, saved, wide] = [run(0), run(1), run(2)];
    saved.pipeline = { ...saved.pipeline, train: { ...saved.pipeline.train, checkpointMinutes: 5, logEvery: 3 } };
    wide.pipeline = {
      ...wide.pipeline,
      backend: 'wasm',
      evaluation: { ...wide.pipeline.evaluation, batch: 64 },
    };
    const groups = groupRuns([plain, saved, wide]);
    expect(groups.map(({ label, runs }) => [label, runs.length])).toEqual([['words', 3]]);
  });
});

describe('distinctRuns()', () => {
  test('counts a seed once for each setting, whatever the backend, and says what stands for what is left out', () => {
    const first = run(0);
    const again = run(0, { directory: 'runs/again' });
    again.pipeline = { ...again.pipeline, backend: 'cpu' };
    const second = run(1);
    const other = run(0, { directory: 'runs/other' });
    other.pipeline = { ...other.pipeline, train: { ...other.pipeline.train, batch: 7 } };
    const { runs, repeats } = distinctRuns([first, again, second, other]);
    expect(runs.map(({ directory }) => directory)).toEqual([first, second, other].map(({ directory }) => directory));
    expect(repeats.map((repeat) => [repeat.run.directory, repeat.of.directory])).toEqual([
      ['runs/again', first.directory],
    ]);
  });
});
