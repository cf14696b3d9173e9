import type { TaskSettings } from '../pipeline/schema.ts';

/** A task as the paper's tables name it. */
export interface PaperRow {
  /** Row of Tables 1, 2 and A.7. */
  row: string;
  /** Row of Table A.1. */
  counts: string;
  /** Whether the data are the paper's; otherwise its figures stand beside as those of the nearest task. */
  sameData: boolean;
}

const rows: { dataset: RegExp; label?: RegExp; row: string; counts: string; sameData: boolean }[] = [
  { dataset: /^tut-urban/, row: 'acoustic scenes', counts: 'TUT Urban 2018', sameData: true },
  { dataset: /^(dcase.*bird|bird)/, row: 'birdsong detection', counts: 'DCASE 2018 birds', sameData: true },
  { dataset: /^nsynth$/, label: /pitch/, row: 'music (pitch)', counts: 'NSynth pitch', sameData: true },
  { dataset: /^nsynth$/, row: 'music (instrument)', counts: 'NSynth instrument', sameData: true },
  { dataset: /^speech-commands$/, row: 'speech commands', counts: 'Speech Commands', sameData: true },
  { dataset: /notes/, label: /pitch/, row: 'music (pitch)', counts: 'NSynth pitch', sameData: false },
  { dataset: /notes/, row: 'music (instrument)', counts: 'NSynth instrument', sameData: false },
  { dataset: /words|commands/, row: 'speech commands', counts: 'Speech Commands', sameData: false },
];

/** The paper's row for a task, by its dataset and label column; undefined where the paper has no such task. */
export function paperRowOf(task: Pick<TaskSettings, 'name' | 'dataset' | 'label'>): PaperRow | undefined {
  const label = task.label ?? task.name;
  return rows.find(
    (entry) => entry.dataset.test(task.dataset) && (entry.label === undefined || entry.label.test(label)),
  );
}

/** What a table calls a task: the paper's row where the data are the paper's, else the task's own name. */
export function rowName(task: Pick<TaskSettings, 'name' | 'dataset' | 'label'>): string {
  const row = paperRowOf(task);
  return row?.sameData ? row.row : task.name;
}
