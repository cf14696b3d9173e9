import { paperCounts } from './paper-figures.ts';
import { paperRowOf } from './paper-row.ts';
import type { FinishedRun } from './run-record.ts';
import { shortDataset } from './short-dataset.ts';
import type { Table } from './table.ts';

const digits = new Intl.NumberFormat('en');

function number(value: number | undefined): string | undefined {
  return value === undefined ? undefined : digits.format(value);
}

/** Table A.1: classes and clips of every task's data as these runs saw them, beside the paper's counts. */
export function countTable(runs: readonly FinishedRun[]): Table | undefined {
  const rows = new Map<string, Table['rows'][number]>();
  let otherData = false;
  for (const run of runs) {
    for (const task of run.pipeline.tasks) {
      const paper = paperRowOf(task);
      const clips = run.result.clips[task.name];
      const classes = run.labels[task.name]?.classes.length;
      const theirs = paper && paperCounts(paper.counts);
      const key = JSON.stringify([task.dataset, task.label, task.split, clips]);
      if (rows.has(key)) continue;
      const other = paper !== undefined && !paper.sameData;
      otherData ||= other;
      rows.set(key, {
        cells: [
          `${paper?.sameData ? paper.counts : `${task.name} (${shortDataset(task.dataset)})`}${other ? '*' : ''}`,
          number(classes),
          number(theirs?.classes),
          number(clips?.train),
          number(theirs?.train),
          number(clips?.validation),
          number(clips?.test),
          number(theirs?.test),
        ],
      });
    }
  }
  if (rows.size === 0) return undefined;
  return {
    id: 'table-a1',
    title: 'Table A.1. Data',
    columns: [
      { heading: 'data', kind: 'text' },
      { heading: 'classes', kind: 'figure' },
      { heading: 'paper', kind: 'paper' },
      { heading: 'train clips', kind: 'figure' },
      { heading: 'paper', kind: 'paper' },
      { heading: 'validation clips', kind: 'figure' },
      { heading: 'test clips', kind: 'figure' },
      { heading: 'paper', kind: 'paper' },
    ],
    rows: [...rows.values()],
    notes: otherData
      ? ['* recordings other than the paper’s; beside them stand its figures for the nearest task.']
      : [],
  };
}
