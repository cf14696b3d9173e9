import { learningCurves } from '../../src/report/charts/learning-curves.ts';
import { groupRuns } from '../../src/report/run-group.ts';
import { classifyGroups } from '../../src/report/run-variant.ts';
import { renderText } from '../../src/report/table-text.ts';
import { syntheticRun } from './synthetic-run.ts';

/** A run validated at each of 400 steps, whose accuracy is 0.5 but once, and at the end. */
function longRun() {
  const run = syntheticRun({
    name: 'words',
    pooling: 'strided',
    seed: 0,
    tasks: [{ name: 'words', dataset: 'speech-commands', classes: ['a', 'b'], accuracy: 0.9 }],
  });
  const [line] = run.metrics;
  if (line === undefined) throw new Error('a synthetic run has metrics');
  run.metrics = Array.from({ length: 400 }, (_, i) => ({
    ...line,
    step: i + 1,
    losses: { words: i === 100 ? 0.125 : 1 },
    validation: { accuracy: { words: i === 200 ? 0.99 : i === 399 ? 0.75 : 0.5 }, loss: { words: 1 } },
  }));
  return run;
}

test('the table beside a curve holds its true extreme and end, however long the curve', () => {
  const [accuracy, loss] = learningCurves(classifyGroups(groupRuns([longRun()])));
  expect(renderText(accuracy?.data ?? { id: '', title: '', columns: [], rows: [], notes: [] })).toMatch(
    /99\.0\s+75\.0/,
  );
  expect(renderText(loss?.data ?? { id: '', title: '', columns: [], rows: [], notes: [] })).toMatch(/0\.125\s+1\.000/);
});

test('a long curve is drawn with a point a pixel at most', () => {
  const [accuracy] = learningCurves(classifyGroups(groupRuns([longRun()])));
  const drawn = JSON.parse(JSON.stringify(accuracy?.spec)) as { data: { values: { step: number }[] } };
  expect(drawn.data.values.length).toBeLessThanOrEqual(160);
  expect(drawn.data.values.at(-1)?.step).toBe(400);
});
