import { CommanderError } from 'commander';
import { BadInputError, messageOf } from '../errors.ts';

/** Exit codes of every command: done, failed, wrong usage or bad input, interrupted. */
export const exitCode = { done: 0, failed: 1, badInput: 2, interrupted: 130 } as const;
export type ExitCode = (typeof exitCode)[keyof typeof exitCode];

const interruptions = new Set(['AbortError', 'InterruptedError']);

/**
 * What the command line does about something thrown: its exit code, and the sentence for stderr (undefined where commander
 * has printed it already, as it does for wrong usage and for help).
 */
export function outcomeOf(error: unknown): { code: ExitCode; sentence: string | undefined } {
  if (error instanceof CommanderError) {
    return { code: error.exitCode === 0 ? exitCode.done : exitCode.badInput, sentence: undefined };
  }
  if (error instanceof BadInputError || (error instanceof Error && error.name === 'BadInputError')) {
    return { code: exitCode.badInput, sentence: messageOf(error) };
  }
  if (error instanceof Error && interruptions.has(error.name)) {
    return { code: exitCode.interrupted, sentence: error.message || 'interrupted' };
  }
  return { code: exitCode.failed, sentence: messageOf(error) || 'failed without a message' };
}
