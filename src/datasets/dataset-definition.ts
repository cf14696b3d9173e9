import type { Checksum } from './download.ts';
import type { SourceTree } from './source-tree.ts';
import type { Dataset, SplitChoice } from './types.ts';

/** A file that makes up a public data set. */
export interface DatasetFile {
  readonly name: string;
  readonly url: string;
  /** Length, where it is published. */
  readonly bytes?: number;
  readonly checksum?: Checksum;
}

/** A public data set: what it is, where it is to be had, and how its official layout is read. */
export interface DatasetDefinition {
  /** As in a pipeline. */
  readonly name: string;
  readonly title: string;
  readonly homepage: string;
  readonly licence: string;
  readonly citation: string;
  readonly files: readonly DatasetFile[];
  /** About how much all files weigh, in bytes, for telling what is needed before anything is fetched. */
  readonly approximateBytes: number;
  /** Length of a clip in seconds, for telling what its features take. */
  readonly clipSeconds: number;
  /** Clips of the official data set, by part. */
  readonly expected: Readonly<Record<string, number>>;
  /** Clips of each of the parts that `expected` names that were found. */
  count(dataset: Dataset): Record<string, number>;
  /** Throws BadInputError where the tree is not of this data set. */
  open(tree: SourceTree, split: SplitChoice, label?: string): Dataset;
}
