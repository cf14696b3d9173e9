/** z of a two-sided 95 % interval. */
const z = 1.959963984540054;

/**
 * Wilson's score interval at 95 % of a share of `correct` in `count` (Wilson 1927): inside [0, 1] and usable for few clips and
 * for accuracies near 1, where the textbook interval is not. No clip at all: [0, 1].
 */
export function wilsonInterval(correct: number, count: number): [number, number] {
  if (count === 0) return [0, 1];
  const share = correct / count;
  const spread = z * Math.sqrt((share * (1 - share)) / count + (z * z) / (4 * count * count));
  const centre = share + (z * z) / (2 * count);
  const scale = 1 + (z * z) / count;
  return [Math.max(0, (centre - spread) / scale), Math.min(1, (centre + spread) / scale)];
}
