import { existsSync } from 'node:fs';

/** `folder`, or, where something is there already, the first of `folder-2`, `folder-3` … where nothing is. */
export function freshFolder(folder: string): string {
  if (!existsSync(folder)) return folder;
  for (let number = 2; ; number++) {
    const next = `${folder}-${number}`;
    if (!existsSync(next)) return next;
  }
}
