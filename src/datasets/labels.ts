import { BadInputError } from '../errors.ts';
import { byCodeUnit } from './audio-files.ts';
import type { Clip, Dataset, Split } from './types.ts';

/** Whole numbers in the order of their values, anything else by code unit. */
export function sortedClasses(labels: Iterable<string>): string[] {
  const classes = [...new Set(labels)];
  const numeric = classes.every((label) => /^-?\d{1,15}$/.test(label));
  return classes.sort(numeric ? (a, b) => Number(a) - Number(b) || byCodeUnit(a, b) : byCodeUnit);
}

/** Label column → its classes, over all clips, columns in the order in which they first occur. */
export function classesOf(clips: readonly Clip[]): Record<string, string[]> {
  const found = new Map<string, Set<string>>();
  for (const clip of clips) {
    for (const column in clip.labels) {
      const label = clip.labels[column];
      if (label === undefined) continue;
      const labels = found.get(column);
      if (labels) labels.add(label);
      else found.set(column, new Set([label]));
    }
  }
  return Object.fromEntries([...found].map(([column, labels]) => [column, sortedClasses(labels)]));
}

/**
 * The label column of a task and its classes, in the order of the logits. `label` undefined takes the data set's first column.
 * Throws BadInputError where the column does not exist, has fewer than two classes, has no training clip, or has a label that
 * occurs in validation or test but never in train.
 */
export function taskClasses(dataset: Dataset, label?: string): { label: string; classes: readonly string[] } {
  const columns = Object.keys(dataset.classes);
  const column = label ?? columns[0];
  const classes = column === undefined ? undefined : dataset.classes[column];
  if (column === undefined || classes === undefined) {
    const known = columns.length > 0 ? columns.map((name) => `"${name}"`).join(', ') : 'none';
    throw new BadInputError(`${dataset.name}: expected a label column, found no "${label ?? ''}" (columns: ${known})`);
  }
  const seen: Record<Split, Set<string>> = { train: new Set(), validation: new Set(), test: new Set() };
  for (const clip of dataset.clips) {
    const found = clip.labels[column];
    if (found !== undefined) seen[clip.split].add(found);
  }
  if (seen.train.size === 0) {
    throw new BadInputError(`${dataset.name}: expected training clips with a "${column}", found none`);
  }
  for (const split of ['validation', 'test'] as const) {
    const unknown = [...seen[split]].filter((found) => !seen.train.has(found)).sort(byCodeUnit);
    if (unknown.length > 0) {
      const which = unknown.slice(0, 5).map((found) => `"${found}"`);
      throw new BadInputError(
        `${dataset.name}: expected every "${column}" of the ${split} clips among the training clips too, found ${which.join(', ')}${unknown.length > 5 ? ` and ${unknown.length - 5} more` : ''} in ${split} only`,
      );
    }
  }
  if (seen.train.size < 2) {
    const only = [...seen.train].map((found) => `"${found}"`).join('');
    throw new BadInputError(`${dataset.name}: expected at least two classes of "${column}", found only ${only}`);
  }
  return { label: column, classes };
}
