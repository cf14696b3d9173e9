import { bar, renderDashboard, sparkline } from '../../src/cli/dashboard.ts';
import { syntheticRun } from '../report/synthetic-run.ts';

const run = syntheticRun({
  name: 'demo',
  pooling: 'diffstride',
  seed: 0,
  tasks: [
    { name: 'words', dataset: 'words', classes: ['yes', 'no'], accuracy: 0.9 },
    { name: 'pitch', dataset: 'notes', classes: ['60', '61', '62'], accuracy: 0.7 },
  ],
  strides: [
    [1.7, 1.9],
    [2.1, 2],
  ],
});

describe('the dashboard of train --watch', () => {
  const rows = renderDashboard({ name: 'demo', steps: 600, lines: run.metrics.slice(0, 31) }, 100);

  test('shows step, speed and time left', () => {
    // 0.4 s a step: 300 steps are left.
    expect(rows[0]).toMatch(/^demo {2}step 300 of 600, .* examples\/s, 2 min 0 s left$/);
    expect(rows[1]).toMatch(/50 %$/);
  });
  test('shows loss and validation accuracy of every task', () => {
    expect(rows.find((row) => row.startsWith('  words'))).toMatch(/loss \d\.\d{3} .* \d+\.\d % \(best \d+\.\d %\)/);
    expect(rows.find((row) => row.startsWith('  pitch'))).toBeDefined();
  });
  test('shows every stride and by how much it has moved', () => {
    const line = run.metrics[30];
    const stride = line?.strides['blocks.1.time'] ?? Number.NaN;
    const row = rows.find((entry) => entry.startsWith('  layer 1'));
    expect(row).toContain(`${stride.toFixed(3)} (−${(2 - stride).toFixed(3)})`);
  });
  test('says what is done before the first step and besides the steps', () => {
    const activity = 'preparing data 3 of 20';
    expect(renderDashboard({ name: 'demo', steps: 0, lines: [] }, 80)).toEqual(['demo: waiting for the first step']);
    expect(renderDashboard({ name: 'demo', steps: 0, lines: [], activity }, 80)).toEqual([`demo: ${activity}`]);
    expect(renderDashboard({ name: 'demo', steps: 600, lines: run.metrics, activity }, 80)).toContain(activity);
  });
  test('never exceeds the width of the terminal', () => {
    for (const columns of [30, 60, 200]) {
      for (const row of renderDashboard({ name: 'demo', steps: 600, lines: run.metrics }, columns)) {
        expect([...row].length).toBeLessThanOrEqual(columns);
      }
    }
  });
  test('waits for the first step', () => {
    expect(renderDashboard({ name: 'demo', steps: 600, lines: [] }, 80)).toEqual(['demo: waiting for the first step']);
  });
});

describe('sparkline()', () => {
  test('goes from the least to the greatest value', () => {
    expect(sparkline([0, 1, 2, 3, 4, 5, 6, 7], 8)).toBe('▁▂▃▄▅▆▇█');
    expect(sparkline([7, 0], 8)).toBe('█▁');
    expect(sparkline([], 8)).toBe('');
    expect(sparkline([3, 3, 3], 2)).toBe('▁▁');
  });
});

test('bar() fills to an eighth of a cell and stays in its width', () => {
  expect(bar(0.5, 4)).toBe('██··');
  expect(bar(1 / 16, 4)).toBe('▎···');
  expect(bar(2, 3)).toBe('███');
  expect(bar(-1, 3)).toBe('···');
});
