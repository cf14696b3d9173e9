import type { TaskScore } from './results.ts';

/** What a model said of one clip: its class, and the logits averaged over its windows. */
export interface Prediction {
  readonly id: string;
  /** Class index. */
  readonly truth: number;
  readonly logits: Float64Array;
}

/** Softmax in double precision. */
export function softmax(logits: Float64Array): Float64Array {
  const top = Math.max(...logits);
  const powers = logits.map((value) => Math.exp(value - top));
  const sum = powers.reduce((total, value) => total + value, 0);
  return powers.map((value) => value / sum);
}

/** Index of the largest value, the first of equals. */
export function argMax(values: ArrayLike<number>): number {
  let best = 0;
  for (let i = 1; i < values.length; i++) if ((values[i] ?? 0) > (values[best] ?? 0)) best = i;
  return best;
}

/**
 * Wilson's score interval of a share at 95 % (Wilson 1927): where the true accuracy lies, clips being drawn at random.
 * @returns [low, high]; [0, 1] for no trials.
 */
export function wilsonInterval(successes: number, trials: number): [number, number] {
  if (trials === 0) return [0, 1];
  const z = 1.959963984540054;
  const share = successes / trials;
  const spread = z * Math.sqrt((share * (1 - share)) / trials + z ** 2 / (4 * trials ** 2));
  const centre = share + z ** 2 / (2 * trials);
  const scale = 1 + z ** 2 / trials;
  return [Math.max(0, (centre - spread) / scale), Math.min(1, (centre + spread) / scale)];
}

/** Area under the ROC curve: the share of (positive, negative) pairs in the right order, ties counting half (Mann and Whitney). */
export function areaUnderCurve(scores: readonly number[], positive: readonly boolean[]): number | null {
  const order = scores.map((_, i) => i).sort((a, b) => (scores[a] ?? 0) - (scores[b] ?? 0));
  let rankSum = 0;
  for (let from = 0; from < order.length; ) {
    let to = from;
    while (to < order.length && scores[order[to] ?? 0] === scores[order[from] ?? 0]) to++;
    const rank = (from + 1 + to) / 2;
    for (const index of order.slice(from, to)) if (positive[index]) rankSum += rank;
    from = to;
  }
  const positives = positive.filter(Boolean).length;
  const negatives = positive.length - positives;
  return positives && negatives ? (rankSum - (positives * (positives + 1)) / 2) / (positives * negatives) : null;
}

/**
 * Scores of one task by clip: accuracy with its interval, balanced accuracy (mean recall over the classes that occur), cross-entropy of
 * the averaged logits in nats, precision, recall and F1 a class (null where undefined), AUC for two classes, confusion[true][predicted].
 */
export function scoreTask(task: string, classes: readonly string[], predictions: readonly Prediction[]): TaskScore {
  const confusion = classes.map(() => classes.map(() => 0));
  let loss = 0;
  for (const { truth, logits } of predictions) {
    const row = confusion[truth] ?? [];
    const predicted = argMax(logits);
    row[predicted] = (row[predicted] ?? 0) + 1;
    loss -= Math.log(Math.max(softmax(logits)[truth] ?? 0, Number.MIN_VALUE));
  }
  const clips = predictions.length;
  const at = (truth: number, predicted: number) => confusion[truth]?.[predicted] ?? 0;
  const correct = classes.reduce((sum, _, i) => sum + at(i, i), 0);
  const perClass = classes.map((label, i) => {
    const support = classes.reduce((sum, _, j) => sum + at(i, j), 0);
    const chosen = classes.reduce((sum, _, j) => sum + at(j, i), 0);
    const precision = chosen > 0 ? at(i, i) / chosen : null;
    const recall = support > 0 ? at(i, i) / support : null;
    return {
      label,
      clips: support,
      precision,
      recall,
      f1: support + chosen > 0 ? (2 * at(i, i)) / (support + chosen) : null,
    };
  });
  const recalls = perClass.flatMap(({ recall }) => (recall === null ? [] : [recall]));
  return {
    task,
    classes: [...classes],
    clips,
    correct,
    accuracy: clips > 0 ? correct / clips : 0,
    interval: wilsonInterval(correct, clips),
    balancedAccuracy: recalls.length > 0 ? recalls.reduce((sum, value) => sum + value, 0) / recalls.length : 0,
    loss: clips > 0 ? loss / clips : 0,
    auc:
      classes.length === 2
        ? areaUnderCurve(
            predictions.map(({ logits }) => (logits[1] ?? 0) - (logits[0] ?? 0)),
            predictions.map(({ truth }) => truth === 1),
          )
        : null,
    perClass,
    confusion,
  };
}
