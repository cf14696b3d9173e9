/** Places of equal keys, for every key that occurs more than once, in the order of their first places. `undefined` equals nothing. */
export function duplicateSets(keys: readonly (string | undefined)[]): number[][] {
  const first = new Map<string, number>();
  const sets = new Map<string, number[]>();
  for (const [place, key] of keys.entries()) {
    if (key === undefined) continue;
    const earlier = first.get(key);
    const set = sets.get(key);
    if (earlier === undefined) first.set(key, place);
    else if (set === undefined) sets.set(key, [earlier, place]);
    else set.push(place);
  }
  return [...sets.values()].sort((a, b) => (a[0] ?? 0) - (b[0] ?? 0));
}
