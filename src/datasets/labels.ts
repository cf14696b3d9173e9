import { byCodeUnit } from './audio-files.ts';
import type { Clip } from './types.ts';

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
