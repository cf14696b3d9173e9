import { BadInputError } from '../errors.ts';
import type { TrainSettings } from '../pipeline/schema.ts';

type Schedule = TrainSettings['schedule'];

/**
 * The learning rate's multiple of its peak at each step. `constant`: 1. `cosine`: half a cosine from 1 to `final` over the steps behind
 * the warm-up. `step`: times `factor` every `every` steps. A warm-up rises linearly to 1 over its first `warmup` steps.
 * @param steps steps of the whole run.
 * @returns a function of the steps already done (0 before the first update).
 * @throws BadInputError where a step schedule lacks `every` or `factor`, or the warm-up is longer than the run.
 */
export function learningRateSchedule(schedule: Schedule, steps: number): (done: number) => number {
  const settings = typeof schedule === 'string' ? { kind: schedule, warmup: 0, final: 0 } : { ...schedule };
  const { kind, warmup, final } = settings;
  if (warmup >= steps && warmup > 0) {
    throw new BadInputError(`train.schedule.warmup: expected fewer steps than the run's ${steps}, found ${warmup}`);
  }
  const { every, factor } = 'every' in settings ? settings : { every: undefined, factor: undefined };
  if (kind === 'step' && (every === undefined || factor === undefined)) {
    throw new BadInputError('train.schedule: expected every and factor for the kind "step", found only one or neither');
  }
  return (done) => {
    if (done < warmup) return (done + 1) / (warmup + 1);
    const since = done - warmup;
    if (kind === 'cosine') {
      const share = Math.min(1, since / (steps - warmup));
      return final + ((1 - final) * (1 + Math.cos(Math.PI * share))) / 2;
    }
    if (kind === 'step') return (factor ?? 1) ** Math.floor(since / (every ?? 1));
    return 1;
  };
}
