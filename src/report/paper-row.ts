import type { TaskSettings } from '../pipeline/schema.ts';
import { paperRows } from './paper-figures.ts';

/** A task as the paper's tables name it. */
export interface PaperRow {
  /** Row of Tables 1, 2 and A.7. */
  row: string;
  /** Row of Table A.1. */
  counts: string;
  /** Whether the data are the paper's; otherwise its figures stand beside as those of the nearest task. */
  sameData: boolean;
}

const scenes = { row: 'acoustic scenes', counts: 'TUT Urban 2018' };
const birds = { row: 'birdsong detection', counts: 'DCASE 2018 birds' };
const instrument = { row: 'music (instrument)', counts: 'NSynth instrument' };
const pitch = { row: 'music (pitch)', counts: 'NSynth pitch' };
const words = { row: 'speech commands', counts: 'Speech Commands' };

/** The row of a data set of the catalogue; without a label column a task has the first, NSynth's instrument family. */
function catalogueRow(dataset: string, label: string | undefined): PaperRow | undefined {
  const music = label === 'pitch' ? pitch : instrument;
  switch (dataset) {
    case 'tut-urban-2018':
      return { ...scenes, sameData: true };
    case 'birds':
      return { ...birds, sameData: true };
    case 'nsynth':
      return { ...music, sameData: true };
    case 'speech-commands':
      return { ...words, sameData: true };
    case 'notes':
      return { ...music, sameData: false };
    default:
      return undefined;
  }
}

/** Names of folders that hold spoken words, as the demo's does: `words`, `my-words`, `speech_commands_v0.02`. */
const wordFolder = /^(.*[-_ .])?(words|commands)([-_ .].*)?$/i;

/** The paper's row for a task, by its dataset and label column; undefined where the paper has no such task. */
export function paperRowOf({ dataset, label }: Pick<TaskSettings, 'dataset' | 'label'>): PaperRow | undefined {
  const folder = /^folder:(?:.*[/\\])?([^/\\]+)[/\\]*$/s.exec(dataset)?.[1];
  if (folder === undefined) return catalogueRow(dataset, label);
  return wordFolder.test(folder) ? { ...words, sameData: false } : undefined;
}

/** Whether these tasks are the paper's five on its data: no other multi-task model is the one that its tables show. */
export function arePaperTasks(tasks: readonly Pick<TaskSettings, 'dataset' | 'label'>[]): boolean {
  const found = tasks.map(paperRowOf).map((row) => (row?.sameData ? row.row : undefined));
  return found.length === paperRows.length && paperRows.every((row) => found.includes(row));
}

/** What a table calls a task: the paper's row where the data are the paper's, else the task's own name. */
export function rowName(task: Pick<TaskSettings, 'name' | 'dataset' | 'label'>): string {
  const row = paperRowOf(task);
  return row?.sameData ? row.row : task.name;
}
