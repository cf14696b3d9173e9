/** How many settings a label names at most, unless more are needed to tell its owners apart. */
const namedSettings = 4;

/** Number of different values that `entries` have in these settings together. */
function distinct(entries: readonly ReadonlyMap<string, string>[], paths: readonly string[]): number {
  return new Set(entries.map((entry) => JSON.stringify(paths.map((path) => entry.get(path) ?? null)))).size;
}

/**
 * The settings by which `entries` differ, in their order: all of them up to four, and otherwise those that tell every entry from
 * every other, filled up to four. `complete` says whether all are among them.
 */
export function tellingSettings(entries: readonly ReadonlyMap<string, string>[]): {
  paths: string[];
  complete: boolean;
} {
  const all = [...new Set(entries.flatMap((entry) => [...entry.keys()]))];
  const differing = all.filter((path) => distinct(entries, [path]) > 1);
  const needed: string[] = [];
  for (const path of differing) {
    if (distinct(entries, [...needed, path]) > distinct(entries, needed)) needed.push(path);
  }
  const further = differing.filter((path) => !needed.includes(path));
  const named = new Set([...needed, ...further.slice(0, Math.max(0, namedSettings - needed.length))]);
  return { paths: differing.filter((path) => named.has(path)), complete: named.size === differing.length };
}
