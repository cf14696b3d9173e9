import type { TaskScore } from '../train/results.ts';
import { figure, type Table } from './table.ts';

const share = (value: number | null) =>
  value === null ? undefined : figure({ mean: 100 * value, deviation: undefined, count: 1 }, 1);
const count = (value: number) => figure({ mean: value, deviation: undefined, count: 1 }, 0);

/** Precision, recall and F1 of every class of a task, in %; a figure that is undefined (no clip, never predicted) is –. */
export function classTable({ task, perClass }: TaskScore): Table {
  return {
    id: `classes-${task}`,
    title: `${task}: classes`,
    columns: [
      { heading: 'class', kind: 'text' },
      ...['clips', 'precision %', 'recall %', 'F1 %'].map((heading) => ({ heading, kind: 'figure' }) as const),
    ],
    rows: perClass.map(({ label, clips, precision, recall, f1 }) => ({
      cells: [label, count(clips), share(precision), share(recall), share(f1)],
    })),
    notes: [],
  };
}

/** Clips by true class (rows) and predicted class (columns, in the same order, numbered where they are many). */
export function confusionTable({ task, classes, confusion }: TaskScore): Table {
  const named = classes.length <= 12;
  const headings = classes.map((label, i) => (named ? label : String(i + 1)));
  return {
    id: `confusion-${task}`,
    title: `${task}: confusion (rows: true, columns: predicted)`,
    columns: [{ heading: 'true', kind: 'text' }, ...headings.map((heading) => ({ heading, kind: 'figure' }) as const)],
    rows: classes.map((label, i) => ({
      cells: [named ? label : `${i + 1} ${label}`, ...classes.map((_, j) => count(confusion[i]?.[j] ?? 0))],
    })),
    notes: [],
  };
}
