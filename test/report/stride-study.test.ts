import { buildReport } from '../../src/report/build-report.ts';
import { strideStudyTable, studyStrides } from '../../src/report/stride-study.ts';
import { syntheticRun } from './synthetic-run.ts';

const scored = syntheticRun({
  name: 'words',
  pooling: 'diffstride',
  seed: 0,
  tasks: [{ name: 'words', dataset: 'folder:words', classes: ['a', 'b', 'c'], accuracy: 0.9 }],
  steps: 20,
});
const unscored = { ...scored, result: { ...scored.result, evaluation: [] } };

describe('a run without validation and test clips', () => {
  test('has the stride study of one with them', () => {
    const study = studyStrides(unscored);
    expect(study).toEqual(studyStrides(scored));
    expect(strideStudyTable(study, 'words').rows).toHaveLength(12);
  });

  test('has a report without scores', async () => {
    const { tables, html } = await buildReport([unscored]);
    const ids = tables.map((table) => table.id);
    expect(ids).toEqual(expect.arrayContaining(['table-2', 'table-a1', 'stride-movement', 'cut-offs', 'runs']));
    expect(ids).not.toContain('scores');
    expect(html).not.toContain('id="scores"');
    expect(tables.find((table) => table.id === 'table-a1')?.rows[0]?.cells[1]).toBe('3');
  });

  test('has no accuracy table beside others of its kind', async () => {
    const another = { ...unscored, pipeline: { ...unscored.pipeline, seed: 1 }, directory: 'runs/another' };
    const { tables } = await buildReport([unscored, another]);
    expect(tables.map((table) => table.id)).not.toContain('table-1');
  });
});
