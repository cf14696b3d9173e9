/**
 * Input that the user gave and can mend: a file, an option, a pipeline key. `message` is one sentence that names the file
 * or field, what was found and what was expected. The command line prints it alone and exits with code 2.
 */
export class BadInputError extends Error {
  override name = 'BadInputError';
}

/** The message of anything thrown, for wrapping a cause into one sentence. */
export function messageOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}

/** Work that the user stopped. `message` says how to go on; the command line ends with code 130. */
export class InterruptedError extends Error {
  override name = 'InterruptedError';
}
