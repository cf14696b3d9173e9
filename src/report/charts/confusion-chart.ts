import { testScore } from '../accuracy-cells.ts';
import { groupLabels } from '../group-labels.ts';
import { roundHalfUp } from '../round.ts';
import type { FinishedRun } from '../run-record.ts';
import type { RunVariant } from '../run-variant.ts';
import type { Table } from '../table.ts';
import type { ReportFigure } from './figure.ts';
import { seriesColors } from './render-chart.ts';

/** Matrices up to this many classes name every class and print their counts. */
const namedClasses = 40;
const printedClasses = 14;
/** Rows of the table below a matrix: the confusions that occur most. */
const tabulatedConfusions = 12;

interface Confusion {
  classes: string[];
  /** counts[true][predicted], clips of all runs of the group. */
  counts: number[][];
  runs: number;
}

function addMatrices(a: readonly number[][], b: readonly number[][]): number[][] {
  return a.map((row, i) => row.map((value, j) => value + (b[i]?.[j] ?? 0)));
}

/** The confusion matrix of a task summed over the runs of a group, or undefined where none was scored. */
function summedConfusion(runs: readonly FinishedRun[], task: string): Confusion | undefined {
  const scores = runs.map((run) => testScore(run, task)).filter((score) => score !== undefined);
  const [first] = scores;
  if (first === undefined) return undefined;
  const same = scores.filter((score) => score.classes.join('\n') === first.classes.join('\n'));
  return {
    classes: first.classes,
    counts: same.map((score) => score.confusion).reduce(addMatrices),
    runs: same.length,
  };
}

function confusionTable(id: string, title: string, { classes, counts }: Confusion): Table {
  const mistakes = counts
    .flatMap((row, truth) => row.map((clips, predicted) => ({ truth, predicted, clips })))
    .filter((entry) => entry.truth !== entry.predicted && entry.clips > 0)
    .sort((a, b) => b.clips - a.clips);
  return {
    id,
    title: `${title} Most frequent confusions.`,
    columns: [
      { heading: 'true', kind: 'text' },
      { heading: 'taken for', kind: 'text' },
      { heading: 'clips', kind: 'figure' },
      { heading: 'of the true class', kind: 'figure' },
    ],
    rows: mistakes.slice(0, tabulatedConfusions).map((entry) => {
      const total = (counts[entry.truth] ?? []).reduce((sum, clips) => sum + clips, 0);
      return {
        cells: [
          classes[entry.truth],
          classes[entry.predicted],
          String(entry.clips),
          `${roundHalfUp((100 * entry.clips) / total, 1)} %`,
        ],
      };
    }),
    notes: mistakes.length === 0 ? ['No clip was taken for another class.'] : [],
  };
}

function confusionFigure(id: string, name: string, confusion: Confusion): ReportFigure {
  const { classes, counts, runs } = confusion;
  const totals = counts.map((row) => row.reduce((sum, clips) => sum + clips, 0));
  const values = counts.flatMap((row, truth) =>
    row.flatMap((clips, predicted) =>
      clips === 0
        ? []
        : [{ truth: classes[truth], predicted: classes[predicted], clips, share: clips / (totals[truth] ?? clips) }],
    ),
  );
  const named = classes.length <= namedClasses;
  const cell = Math.max(3, Math.min(34, Math.floor(400 / classes.length)));
  const correct = counts.reduce((sum, row, index) => sum + (row[index] ?? 0), 0);
  const clips = totals.reduce((sum, total) => sum + total, 0);
  const caption = `${name}: test clips by true and predicted class${runs > 1 ? `, ${runs} runs together` : ''}; the darker, the larger the share of the true class.`;
  const axis = named
    ? { labelLimit: 90, labelOverlap: false, ticks: false, domain: false, grid: false }
    : { labels: false, ticks: false, domain: false, grid: false };
  const place = {
    x: {
      field: 'predicted',
      type: 'nominal' as const,
      sort: classes,
      scale: { domain: classes },
      title: 'predicted',
      axis: { ...axis, labelAngle: classes.length > 6 ? -60 : 0, orient: 'bottom' as const },
    },
    y: { field: 'truth', type: 'nominal' as const, sort: classes, scale: { domain: classes }, title: 'true', axis },
  };
  return {
    id,
    caption,
    label: `${caption} ${correct} of ${clips} clips lie on the diagonal. The table below lists the most frequent confusions.`,
    data: confusionTable(`${id}-data`, caption, confusion),
    spec: {
      data: { values },
      width: cell * classes.length,
      height: cell * classes.length,
      encoding: place,
      layer: [
        {
          mark: { type: 'rect', color: seriesColors[0], stroke: null },
          encoding: {
            opacity: {
              field: 'share',
              type: 'quantitative',
              scale: { domain: [0, 1], range: [0.06, 1] },
              legend: null,
            },
          },
        },
        ...(classes.length <= printedClasses
          ? [
              {
                mark: { type: 'text' as const, fontSize: cell < 30 ? 9.5 : 11 },
                encoding: {
                  text: { field: 'clips', type: 'quantitative' as const },
                  color: { condition: { test: 'datum.share > 0.55', value: 'var(--paper)' }, value: 'var(--ink)' },
                },
              },
            ]
          : []),
      ],
      config: { view: { stroke: 'var(--rule)' } },
    },
  };
}

/** The confusion matrix of every task of every group, summed over its runs. */
export function confusionMatrices(variants: readonly RunVariant<FinishedRun>[]): ReportFigure[] {
  const labels = groupLabels(variants);
  return variants.flatMap((variant, index) => {
    const tasks = variant.group.runs[0]?.pipeline.tasks ?? [];
    return tasks.flatMap((task) => {
      const confusion = summedConfusion(variant.group.runs, task.name);
      const name = tasks.length > 1 ? `${labels[index]}, ${task.name}` : (labels[index] ?? task.name);
      return confusion === undefined ? [] : [confusionFigure(`confusion-${index + 1}-${task.name}`, name, confusion)];
    });
  });
}
