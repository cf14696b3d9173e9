import { readdirSync } from 'node:fs';
import path from 'node:path';
import { loadPipeline } from '../../src/pipeline/load.ts';
import { planRuns } from '../../src/report/experiment/plan.ts';
import { readExperiment } from '../../src/report/experiment/schema.ts';
import { paperRows } from '../../src/report/paper-figures.ts';
import { paperRowOf } from '../../src/report/paper-row.ts';

const folder = path.resolve(import.meta.dirname, '../../pipelines/experiments');
const files = readdirSync(folder).filter((name) => name.endsWith('.yaml'));

test.each(files)(
  'every run of pipelines/experiments/%s is of a pipeline that loads with its settings',
  async (name) => {
    const file = path.join(folder, name);
    const experiment = await readExperiment(file);
    const runs = planRuns(experiment, file);
    for (const run of runs) {
      const pipeline = await loadPipeline(run.pipeline, { set: run.set, seed: run.seed });
      expect(pipeline.seed).toBe(run.seed);
    }
    expect(runs.length > 0 || experiment.measure !== undefined).toBe(true);
  },
);

test('demo-tables.yaml is four models × three poolings × three seeds, and shared strides × three', async () => {
  const file = path.join(folder, 'demo-tables.yaml');
  const runs = planRuns(await readExperiment(file), file);
  expect(runs).toHaveLength(39);
  expect(runs.filter((run) => run.set.includes('model.shared=true'))).toHaveLength(3);
});

test('the tasks of table-1.yaml are the rows of the paper’s Table 1', async () => {
  const file = path.join(folder, 'table-1.yaml');
  const runs = planRuns(await readExperiment(file), file);
  expect(runs).toHaveLength(54);
  const multi = runs.find((run) => run.id.startsWith('multi-task'));
  const pipeline = await loadPipeline(multi?.pipeline ?? '', { seed: 0 });
  const rows = pipeline.tasks.map(paperRowOf);
  expect(rows.map((row) => row?.row)).toEqual([...paperRows]);
  expect(rows.every((row) => row?.sameData)).toBe(true);
});
