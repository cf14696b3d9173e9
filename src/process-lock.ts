import { readFileSync, rmSync, writeFileSync } from 'node:fs';
import { hostname } from 'node:os';
import path from 'node:path';
import { BadInputError } from './errors.ts';

/** Locks that this process holds, by their absolute paths. */
const held = new Set<string>();

/** A process that was just killed, or is about to end, is waited for. */
const graceMilliseconds = 500;

/**
 * Takes `file` as a lock until the returned function gives it back. The file says which process of which machine holds it: one that a
 * killed process left behind is taken over, and so is another machine's, of whose processes nothing can be known.
 *
 * @param doing what the holder does, for the message: `is training in runs/a`.
 * @throws BadInputError naming the process that holds it.
 */
export function takeLock(file: string, doing: string): () => void {
  const lock = path.resolve(file);
  const own = `${hostname()} ${process.pid}\n`;
  const started = performance.now();
  for (;;) {
    try {
      writeFileSync(lock, own, { flag: 'wx' });
      break;
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code !== 'EEXIST') throw error;
    }
    const holder = livingHolder(lock);
    if (holder === undefined) rmSync(lock, { force: true });
    else if (performance.now() - started > graceMilliseconds) {
      throw new BadInputError(
        `${file}: expected no other process at work, found that process ${holder} ${doing}; wait for it, or remove this file if that is another program`,
      );
    } else Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, 20);
  }
  held.add(lock);
  return () => {
    held.delete(lock);
    if (contentOf(lock) === own) rmSync(lock, { force: true });
  };
}

function contentOf(file: string): string {
  try {
    return readFileSync(file, 'utf8');
  } catch {
    return '';
  }
}

/** The process that holds a lock, or undefined where it is gone. */
function livingHolder(lock: string): number | undefined {
  const match = /^(.*) (\d+)\n$/.exec(contentOf(lock));
  if (match?.[1] !== hostname()) return undefined;
  const pid = Number(match[2]);
  // Numbers of processes come again: a lock with ours that we do not hold is an earlier process's.
  if (pid === process.pid) return held.has(lock) ? pid : undefined;
  try {
    process.kill(pid, 0);
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ESRCH') return undefined;
  }
  return isZombie(pid) ? undefined : pid;
}

/** Whether a process has ended and waits for its parent to notice (Linux; elsewhere unknown, and false). */
function isZombie(pid: number): boolean {
  return /^\d+ \(.*\) [ZX] /s.test(contentOf(`/proc/${pid}/stat`));
}
