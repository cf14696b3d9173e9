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

/** System errors that a file's name, kind or permissions explain; other ones pass: a cable, a share, too many open files. */
const fileErrors = new Set(['ENOENT', 'ENOTDIR', 'EISDIR', 'EACCES', 'EPERM', 'ELOOP', 'ENAMETOOLONG', 'EINVAL']);

/** Whether an error, or a cause of it, is a failed system call that says nothing about the file that it was for. */
export function isPassingFailure(error: unknown): boolean {
  if (!(error instanceof Error)) return false;
  const { code, syscall } = error as NodeJS.ErrnoException;
  return (syscall !== undefined && code !== undefined && !fileErrors.has(code)) || isPassingFailure(error.cause);
}
