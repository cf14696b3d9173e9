import type { LogMel } from '../features/index.ts';
import type { LengthBin } from './length-bins.ts';
import type { Split } from './types.ts';

/** What may be wrong with a data set. */
export type FindingKind =
  | 'unreadable'
  | 'silent'
  | 'truncated'
  | 'conflicting-labels'
  | 'duplicates-between-splits'
  | 'group-leak'
  | 'empty-split'
  | 'missing-class'
  | 'similar-labels'
  | 'duplicates'
  | 'clipped'
  | 'offset'
  | 'low-rate'
  | 'short';

/** One case of a finding. */
export interface FindingItem {
  /** What it is about where that is not a clip: `speaker "ann"`. */
  readonly subject?: string;
  /** Ids of the clips it is about, all of them. */
  readonly clips: readonly string[];
  readonly detail: string;
}

export interface Finding {
  readonly kind: FindingKind;
  /** Whether scores or labels cannot be trusted with it (`fault`), or it is worth knowing only. */
  readonly weight: 'fault' | 'remark';
  /** What was found, with its count. */
  readonly title: string;
  /** What it means, by which rule it was found, what to do. */
  readonly meaning: string;
  /** All cases, the worst first where that can be said. */
  readonly items: readonly FindingItem[];
}

export type SplitCounts = Readonly<Record<Split, number>>;

/** A class of a label column. */
export interface ClassCount {
  readonly label: string;
  readonly clips: number;
  readonly splits: SplitCounts;
  /** Of the clips that can be read. */
  readonly seconds: number;
  /** Medians over the clips that can be read. */
  readonly descriptors?: Readonly<Record<string, number>>;
}

/** A label column: each can be a task. */
export interface ColumnCounts {
  readonly column: string;
  readonly classes: readonly ClassCount[];
  /** Clips without a label in it. */
  readonly unlabelled: number;
  /** Clips of the largest class over those of the smallest that has any; 0 without classes. */
  readonly skew: number;
  /** Most labels are of one clip only: a name or a note, and no task. Findings about classes leave it out. */
  readonly identifier: boolean;
}

export interface Counted<Value> {
  readonly value: Value;
  readonly clips: number;
}

/** Five numbers of a distribution over clips. */
export interface Spread {
  readonly least: number;
  readonly low: number;
  readonly median: number;
  readonly high: number;
  readonly greatest: number;
}

/** A clip of a class to look at. */
export interface ClassExample {
  readonly column: string;
  readonly label: string;
  readonly clip: string;
  readonly seconds: number;
  /** Of its first seconds. */
  readonly logMel: LogMel;
}

/** What is in a data set and what is wrong with it. */
export interface DatasetExamination {
  readonly name: string;
  readonly root: string;
  readonly clips: number;
  readonly readable: number;
  /** Seconds of all clips that can be read. */
  readonly seconds: number;
  readonly splits: Readonly<Record<Split, { readonly clips: number; readonly seconds: number }>>;
  readonly columns: readonly ColumnCounts[];
  /** What must not be in two splits, where something is known or asked for. */
  readonly groups?: { readonly by: string; readonly count: number; readonly ungrouped: number };
  /** Seconds; `low` and `high` are the 5th and 95th percentile. */
  readonly lengths: Spread & { readonly bins: readonly LengthBin[] };
  /** Root mean squares in dB of full scale, silent clips left out; null where all are silent. */
  readonly loudness: Spread | null;
  readonly sampleRates: readonly Counted<number>[];
  readonly channels: readonly Counted<number>[];
  readonly containers: readonly Counted<string>[];
  /** Seconds of a window of training: shorter clips are filled up with silence. */
  readonly window: number;
  readonly findings: readonly Finding[];
  /** What the data set's reader remarked. */
  readonly notes: readonly string[];
}
