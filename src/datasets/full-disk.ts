import { statfsSync } from 'node:fs';

/** Bytes that may still be written to the file system of `folder` by a user who is not its administrator. */
export function freeBytes(folder: string): number {
  const { bavail, bsize } = statfsSync(folder);
  return bavail * bsize;
}

/** As `1.2 GB` or `340 MB`, rounded up, so that it suffices. */
function inWords(bytes: number): string {
  return bytes >= 1e9 ? `${(Math.ceil(bytes / 1e8) / 10).toFixed(1)} GB` : `${Math.ceil(bytes / 1e6)} MB`;
}

/**
 * The sentence for a full disk, where `error` says that it is one; any other error as it is.
 *
 * @param folder where was written
 * @param needed bytes that are still to be written, if that is known
 * @param advice what to do
 */
export function explainFullDisk(
  error: unknown,
  { folder, needed, advice }: { folder: string; needed: number | undefined; advice: string },
): unknown {
  if ((error as NodeJS.ErrnoException | undefined)?.code !== 'ENOSPC') return error;
  const free = freeBytes(folder);
  const missing =
    needed === undefined || !(needed > free)
      ? `${inWords(free)} free`
      : `about ${inWords(needed)} are still to be written, ${inWords(free)} are free: ${inWords(needed - free)} are missing`;
  return Object.assign(new Error(`${folder}: the disk is full; ${missing}; ${advice}`), { code: 'ENOSPC' });
}
