import { z } from 'zod';
import { BadInputError } from '../errors.ts';
import type { RandomState, RandomStream } from '../random.ts';

/** In which order clips are drawn, endlessly. Its state is a small JSON value from which the same order goes on. */
export interface ClipOrder<State> {
  next(): number;
  state(): State;
  restore(state: State): void;
}

export const shuffledStateSchema = z.strictObject({
  /** The stream before the current shuffle. */
  random: z.tuple([z.number(), z.number(), z.number(), z.number()]),
  /** Clips drawn from the current shuffle, of so many. */
  position: z.int().min(0),
  count: z.int().min(0).optional(),
});
export type ShuffledState = z.output<typeof shuffledStateSchema>;

/**
 * Draws from `indices` without replacement: a shuffle, every index once, then the next shuffle. Each shuffle starts from the given order, so
 * that the state is the stream's and a position, not a list as long as the data set. `indices`: at least one.
 */
export function shuffledOrder(indices: readonly number[], random: RandomStream): ClipOrder<ShuffledState> {
  let before: RandomState = random.state();
  let order: number[] = [];
  let position = 0;

  function shuffle(): void {
    before = random.state();
    order = random.shuffle(indices.slice());
    position = 0;
  }

  shuffle();
  return {
    next() {
      if (position === order.length) shuffle();
      return order[position++] as number;
    },
    state: () => ({ random: before, position, count: indices.length }),
    restore(state) {
      if (state.count !== undefined && state.count !== indices.length) {
        throw new BadInputError(
          `state of the batches: expected ${state.count} clips or classes to draw from, found ${indices.length}: the data are others than when the run began`,
        );
      }
      random.restore(state.random);
      shuffle();
      position = Math.min(state.position, order.length); // a state of before counts were kept
    },
  };
}

export const balancedStateSchema = z.strictObject({
  classes: shuffledStateSchema,
  members: z.array(shuffledStateSchema),
});
export type BalancedState = z.output<typeof balancedStateSchema>;

/**
 * Draws every class equally often: classes in shuffled rounds, and within a class its indices without replacement. `byClass` holds the
 * indices of each class that has any; `randomOf(name)` gives a stream of its own for the rounds and for each class.
 */
export function balancedOrder(
  byClass: readonly (readonly number[])[],
  randomOf: (name: string) => RandomStream,
): ClipOrder<BalancedState> {
  const rounds = shuffledOrder(
    byClass.map((_, index) => index),
    randomOf('classes'),
  );
  const members = byClass.map((indices, index) => shuffledOrder(indices, randomOf(`class ${index}`)));
  return {
    next: () => (members[rounds.next()] as ClipOrder<ShuffledState>).next(),
    state: () => ({ classes: rounds.state(), members: members.map((order) => order.state()) }),
    restore(state) {
      rounds.restore(state.classes);
      for (const [index, order] of members.entries()) order.restore(state.members[index] as ShuffledState);
    },
  };
}
