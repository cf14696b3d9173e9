/** What the rooms above know of data: clips with labels and splits, features behind a store, batches. */

export type Split = 'train' | 'validation' | 'test';

/** Fractions of a split of one's own, drawn by hashing. */
export interface SeededSplit {
  readonly validation: number;
  readonly test: number;
  /** What must not be in two splits: the data set's own group, a label column, or a regular expression over a clip's id. */
  readonly groupBy?: string;
  readonly seed: number;
}

/** Which clips train, validate and test: the data set's own lists, the paper's counts, or fractions of one's own. */
export type SplitChoice = 'official' | 'paper' | 'seeded' | { readonly seeded: SeededSplit };

/** One labelled recording, or a segment of one. */
export interface Clip {
  /** Stable, unique in its dataset: the path relative to the dataset's root, with `#start-end` where it is a segment. */
  readonly id: string;
  /** Where the samples are: a file's absolute path. */
  readonly path: string;
  /** Where `path` is an archive: the name of the clip's entry in it. */
  readonly member?: string;
  /** Segment in seconds; the whole file where absent. */
  readonly start?: number;
  readonly end?: number;
  readonly split: Split;
  /** Label column → label. A column that is absent leaves the clip unlabelled for it. */
  readonly labels: Readonly<Record<string, string>>;
  /** Speaker, instrument, location …: what must not be in two splits. */
  readonly group?: string;
}

/** An indexed dataset: clips in a fixed order, and the classes of each label column in theirs. */
export interface Dataset {
  /** As in the pipeline: `folder:…`, `manifest:…` or a catalogue name. */
  readonly name: string;
  readonly root: string;
  readonly clips: readonly Clip[];
  /** Label column → class names, in the order of the logits. */
  readonly classes: Readonly<Record<string, readonly string[]>>;
  /** What `Clip.group` is called (`speaker`), where clips have one. */
  readonly groupName?: string;
  /** Facts worth telling once: what was left out and why. */
  readonly notes: readonly string[];
  /** Long recordings to mix in as noise (Speech Commands' `_background_noise_`), where the dataset has some. */
  readonly noise?: readonly string[];
  /** The clips' places in the order in which they are best read: that of their archives. Absent: the order of `clips`. */
  readonly readingOrder?: Uint32Array;
  /** How its features are best stored: float16 halves large sets (a log-mel value then has an error of at most 0.004). */
  readonly precision?: 'float16' | 'float32';
  /** The rate of its recordings where all are mono 16-bit PCM: samples at that rate are kept in two bytes without loss. */
  readonly pcm16Rate?: number;
}

/** A clip that could not be read: listed, counted, left out. */
export interface BadClip {
  readonly id: string;
  readonly path: string;
  readonly reason: string;
}

/** Log-mel features of a dataset's clips, stored or computed when they are read, by the clip's place in `clips`. Reading is synchronous and random-access. */
export interface FeatureStore {
  readonly bins: number;
  /** The dataset's clips without the bad ones, in the dataset's order. */
  readonly clips: readonly Clip[];
  readonly bad: readonly BadClip[];
  /** Clips that are shorter than a window, and so were padded with zero samples. */
  readonly padded: number;
  /** Frames of clip `index` that training windows are drawn from: its own, or one window where it is shorter. */
  trainingFrames(index: number): number;
  /** First frames of the evaluation windows of clip `index` (starts every window; the remainder as in the protocol). */
  evaluationStarts(index: number): readonly number[];
  /** Copies `frames` × `bins` values from frame `start` of clip `index` to `target` at `offset`. */
  read(index: number, start: number, frames: number, target: Float32Array, offset: number): void;
  /** Where samples are kept: what is under the frames, so that it can be changed before features are taken. */
  readonly waveform?: Waveform;
  close(): void;
}

/** The samples of a store's clips, by whole frames. */
export interface Waveform {
  /** Samples under `frames` frames, from the first one's first to the last one's last. */
  samplesUnder(frames: number): number;
  /** Copies the samples under `frames` frames from frame `start` of clip `index` to the beginning of `target`; outside the clip they are 0. */
  read(index: number, start: number, frames: number, target: Float32Array): void;
  /** Writes the log-mel of the samples under `frames` frames, `frames` × `bins` values, to `target` at `offset`. */
  logMel(samples: Float32Array, frames: number, target: Float32Array, offset: number): void;
}

/** One training batch. Rows of several sources are interleaved in a fixed order: source by source. */
export interface Batch {
  /** [batch, frames, bins] */
  readonly features: Float32Array;
  readonly size: number;
  /** Task name → class index of each row, −1 where the row is not labelled for the task. */
  readonly labels: Readonly<Record<string, Int32Array>>;
  /** Mixup only: the second labels and the weight of the first of each row. */
  readonly mixed?: { readonly labels: Readonly<Record<string, Int32Array>>; readonly weight: Float32Array };
}
