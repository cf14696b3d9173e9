import { axisLabels, legendColumns, wrapLabel } from '../../src/report/charts/label-layout.ts';
import { renderChart } from '../../src/report/charts/render-chart.ts';
import { globalStriding, strideDistribution } from '../../src/report/charts/stride-charts.ts';
import { groupLabels } from '../../src/report/group-labels.ts';
import { groupRuns } from '../../src/report/run-group.ts';
import { classifyGroups } from '../../src/report/run-variant.ts';
import { syntheticRun } from './synthetic-run.ts';

const variants = classifyGroups(
  groupRuns(
    [0, 0.1, 10].map((complexity) =>
      syntheticRun({
        name: 'words-and-notes',
        pooling: 'diffstride',
        seed: 0,
        complexity,
        model: { pooling: 'diffstride', ...(complexity === 10 ? { smoothness: { relative: 0.05 } } : {}) },
        tasks: [{ name: 'words', dataset: 'folder:words', classes: ['a', 'b'], accuracy: 0.9 }],
        steps: 20,
      }),
    ),
  ),
);

/** Texts of a drawing, a label in several lines as one. */
async function texts(figure: ReturnType<typeof globalStriding>): Promise<string[]> {
  const svg = figure === undefined ? '' : await renderChart(figure.spec, figure.label);
  return [...svg.matchAll(/<text [^>]*>(.*?)<\/text>/gs)].map(([, text = '']) =>
    text
      .replace(/<[^>]*>/g, ' ')
      .replace(/\s+/g, ' ')
      .trim(),
  );
}

test.each([
  ['the global striding factors', globalStriding],
  ['the strides at the end', strideDistribution],
])('%s have every model’s whole name beside them', async (_, draw) => {
  const labels = groupLabels(variants);
  expect(new Set(labels).size).toBe(3);
  expect(Math.max(...labels.map((label) => label.length))).toBeGreaterThan(50);
  expect(await texts(draw(variants))).toEqual(expect.arrayContaining(labels));
});

describe('wrapLabel()', () => {
  test('keeps every word, in lines of forty characters at most', () => {
    const label = 'all-three, diffstride (λ = 0.1, smoothness.relative=0.05, strideLearningRate=0.01)';
    const lines = wrapLabel(label);
    expect(lines.join(' ')).toBe(label);
    expect(Math.max(...lines.map((line) => line.length))).toBeLessThanOrEqual(40);
  });

  test('leaves short labels and long words alone', () => {
    expect(wrapLabel('diffstride (λ = 1)')).toEqual(['diffstride (λ = 1)']);
    expect(wrapLabel('w'.repeat(50))).toEqual(['w'.repeat(50)]);
  });
});

test('axisLabels() sets shorter labels in the middle of the longest', () => {
  const three = ['a', 'b', 'c'].map((letter) => letter.repeat(30));
  expect(axisLabels([three.join(' '), 'short'])).toEqual({ texts: [three.join('\n'), '\nshort'], lines: 3 });
});

test('legendColumns() puts fewer labels side by side the longer they are, and one at least', () => {
  expect([5, 30, 60, 200].map((length) => legendColumns(['l'.repeat(length)], 3))).toEqual([3, 2, 1, 1]);
});
