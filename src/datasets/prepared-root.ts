import { existsSync, mkdirSync, readFileSync } from 'node:fs';
import path from 'node:path';
import { BadInputError } from '../errors.ts';
import { replaceFile } from './partial-file.ts';

/** Remembers where a public data set lies, so that pipelines need to give only its name. */
export function rememberRoot(cacheDirectory: string, name: string, root: string): void {
  const folder = path.join(cacheDirectory, 'datasets');
  mkdirSync(folder, { recursive: true });
  replaceFile(folder, `${name}.json`, Buffer.from(`${JSON.stringify({ root })}\n`));
}

/** Where a public data set lies. Throws BadInputError, saying how to prepare it, where that is not known or it is no longer there. */
export function preparedRoot(cacheDirectory: string, name: string): string {
  const file = path.join(cacheDirectory, 'datasets', `${name}.json`);
  const how = `run "spectride prepare ${name} --root FOLDER" (or --download) first`;
  if (!existsSync(file)) throw new BadInputError(`dataset ${name}: expected a prepared data set, found none; ${how}`);
  const { root } = JSON.parse(readFileSync(file, 'utf8')) as { root: string };
  if (!existsSync(root))
    throw new BadInputError(`dataset ${name}: expected it at ${root}, found nothing there; ${how}`);
  return root;
}
