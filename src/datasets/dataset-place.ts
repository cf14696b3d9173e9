import { statSync } from 'node:fs';
import path from 'node:path';
import { BadInputError } from '../errors.ts';
import { catalogueNames } from './definitions.ts';

/**
 * What a pipeline calls the data set that a person names: a name of the catalogue, `folder:…` and `manifest:…` as they are, the path of a folder or
 * of a table as `folder:` or `manifest:`. Throws BadInputError where it is none of them.
 */
export function datasetSpec(place: string): string {
  const given = /^(folder|manifest):(.+)$/s.exec(place);
  if (given) return `${given[1]}:${path.resolve(given[2] ?? '')}`;
  if (catalogueNames.includes(place)) return place;
  const found = statSync(place, { throwIfNoEntry: false });
  if (found?.isDirectory()) return `folder:${path.resolve(place)}`;
  if (found?.isFile()) return `manifest:${path.resolve(place)}`;
  throw new BadInputError(
    `${place}: expected a folder of recordings, a manifest (CSV, TSV, JSONL) or one of ${catalogueNames.join(', ')}, found nothing there`,
  );
}
