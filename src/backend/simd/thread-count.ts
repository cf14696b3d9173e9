import { BadInputError } from '../../errors.ts';
import { physicalCores } from './runtime/cores.ts';

const most = 64;

/**
 * Threads that compute: `SPECTRIDE_THREADS`, or the physical cores that the process may use.
 *
 * @param value the environment variable
 * @throws BadInputError unless it is a whole number from 1 to 64
 */
export function threadCount(value: string | undefined): number {
  if (value === undefined || value === '') {
    return Math.min(most, physicalCores());
  }
  const threads = Number(value);
  if (!Number.isInteger(threads) || threads < 1 || threads > most) {
    throw new BadInputError(`SPECTRIDE_THREADS: expected a whole number from 1 to ${most}, found "${value}"`);
  }
  return threads;
}
