import { exitCode } from './exit.ts';

/**
 * Signals within this time of the first are the same Ctrl-C: a terminal sends it to the whole process group, and npm, npx and
 * `spectride experiment` pass theirs on to their child.
 */
const sameInterruption = 1000;

export interface Interruption {
  /** Aborted at the first Ctrl-C or SIGTERM. */
  readonly signal: AbortSignal;
  /** Stops listening. */
  release(): void;
}

/**
 * Listens for Ctrl-C and SIGTERM. The first one aborts `signal`, so that work can be saved; another one, later than a second after,
 * ends the process at once.
 *
 * @param onFirst called at the first one, before `signal` is aborted
 */
export function listenForInterruption(onFirst?: () => void): Interruption {
  const controller = new AbortController();
  let asked = Number.NEGATIVE_INFINITY;
  const onSignal = () => {
    const now = performance.now();
    if (!controller.signal.aborted) {
      asked = now;
      onFirst?.();
      controller.abort();
    } else if (now - asked > sameInterruption) {
      process.exit(exitCode.interrupted);
    }
  };
  process.on('SIGINT', onSignal).on('SIGTERM', onSignal);
  return {
    signal: controller.signal,
    release: () => {
      process.off('SIGINT', onSignal).off('SIGTERM', onSignal);
    },
  };
}
