import { closeSync, existsSync, fsyncSync, openSync, readdirSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { hostname } from 'node:os';
import path from 'node:path';

const host = hostname().replace(/[^A-Za-z0-9-]/g, '-');
let partials = 0;

/** A name under which a file is written before it is whole; it says which process of which machine writes it. */
export function partialName(folder: string, name: string): string {
  return path.join(folder, `${name}.${host}.${process.pid}.${partials++}.partial`);
}

/** Removes the partial files in `folder` of processes of this machine that are no longer there. */
export function removeAbandoned(folder: string): void {
  for (const name of readdirSync(folder)) {
    if (isAbandoned(name)) rmSync(path.join(folder, name), { force: true, recursive: true });
  }
}

function isAbandoned(name: string): boolean {
  const match = /\.([A-Za-z0-9-]*)\.(\d+)\.\d+\.partial$/.exec(name);
  if (!match || match[1] !== host) return false;
  try {
    process.kill(Number(match[2]), 0);
    return false;
  } catch (error) {
    return (error as NodeJS.ErrnoException).code === 'ESRCH';
  }
}

/** Writes `name` whole or not at all, unless it is there already: for files whose name says what is in them. */
export function writeOnce(folder: string, name: string, data: Uint8Array): void {
  const file = path.join(folder, name);
  if (existsSync(file)) return;
  replaceFile(folder, name, data);
}

/** Writes `name` whole, in place of what is there. */
export function replaceFile(folder: string, name: string, data: Uint8Array): void {
  const partial = partialName(folder, name);
  try {
    const descriptor = openSync(partial, 'wx');
    try {
      writeFileSync(descriptor, data);
      fsyncSync(descriptor);
    } finally {
      closeSync(descriptor);
    }
    renameSync(partial, path.join(folder, name));
  } catch (error) {
    rmSync(partial, { force: true });
    throw error;
  }
}
