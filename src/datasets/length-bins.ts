/** Clips from `from` up to, but without, `to` seconds. */
export interface LengthBin {
  readonly from: number;
  readonly to: number;
  readonly clips: number;
}

/** From this ratio of the longest to the shortest clip on, bins grow with the length. */
const growing = 20;
const mostBins = 12;

/**
 * How many clips are how long: at most 12 bins of equal width (1, 2 or 5 times a power of ten), or, where lengths differ by more than
 * 20 times, bins with edges 1, 2, 5, 10 … without end. Empty bins at the ends are left out.
 * @param sorted lengths in seconds, above 0, in ascending order.
 */
export function lengthBins(sorted: ArrayLike<number>): LengthBin[] {
  if (sorted.length === 0) return [];
  const shortest = sorted[0] as number;
  const longest = sorted[sorted.length - 1] as number;
  const edges = longest > growing * shortest ? growingEdges(shortest, longest) : evenEdges(shortest, longest);
  const bins: LengthBin[] = [];
  let at = 0;
  for (let index = 0; index + 1 < edges.length; index++) {
    const to = edges[index + 1] as number;
    const first = at;
    while (at < sorted.length && (sorted[at] as number) < to) at++;
    bins.push({ from: edges[index] as number, to, clips: at - first });
  }
  return bins;
}

/** 1, 2, 5, 10 … times 0.001 by number: −3 is 0.0005, 0 is 0.001, 1 is 0.002. */
function step(index: number): number {
  const decade = Math.floor(index / 3);
  const [digit] = [1, 2, 5].slice(index - 3 * decade);
  return Number(`${digit}e${decade - 3}`);
}

function growingEdges(shortest: number, longest: number): number[] {
  let index = -9;
  while (step(index + 1) <= shortest) index++;
  const edges = [step(index)];
  while ((edges.at(-1) as number) <= longest) edges.push(step(++index));
  return edges;
}

function evenEdges(shortest: number, longest: number): number[] {
  let index = -9;
  const bins = (width: number) => Math.floor(longest / width) - Math.floor(shortest / width) + 1;
  // Bins far narrower than the lengths themselves say nothing: clips of 1 s ± 1 ms are of one length.
  while (bins(step(index)) > mostBins || step(index) < longest / 25) index++;
  const width = step(index);
  const first = Math.floor(shortest / width);
  return Array.from({ length: bins(width) + 1 }, (_, bin) => Number(((first + bin) * width).toPrecision(12)));
}
