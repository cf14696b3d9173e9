import type { instrumentFamilies } from './nsynth-layout.ts';

export type InstrumentFamily = (typeof instrumentFamilies)[number];

/** A sound of General MIDI and what NSynth calls it. */
export interface NoteProgram {
  /** 0 … 127. */
  readonly program: number;
  readonly family: InstrumentFamily;
  readonly source: 'acoustic' | 'electronic' | 'synthetic';
}

const range = (from: number, to: number) => Array.from({ length: to - from + 1 }, (_, index) => from + index);

/** General MIDI programs by NSynth's families. */
const families: Readonly<Record<InstrumentFamily, readonly number[]>> = {
  bass: range(32, 39),
  brass: range(56, 63),
  flute: range(72, 79),
  guitar: range(24, 31),
  keyboard: range(0, 7),
  mallet: range(8, 15),
  organ: range(16, 23),
  reed: range(64, 71),
  string: [...range(40, 46), ...range(48, 51)],
  synth_lead: [...range(80, 84), 86, 87],
  vocal: [52, 53, 54, 85, 91],
};

const electronic = new Set([4, 5, 7, ...range(16, 18), ...range(26, 31), ...range(33, 37)]);
const synthetic = new Set([38, 39, 50, 51, 54, 62, 63, ...range(80, 91)]);

/** All programs that have a family, in the order of their families. */
export const notePrograms: readonly NoteProgram[] = Object.entries(families).flatMap(([family, programs]) =>
  programs.map((program) => ({
    program,
    family: family as InstrumentFamily,
    source: synthetic.has(program) ? 'synthetic' : electronic.has(program) ? 'electronic' : 'acoustic',
  })),
);

/** The programs that validate: the fourth of each family, so that no instrument is both trained on and validated with, as in NSynth. */
export const validationPrograms: ReadonlySet<number> = new Set(
  Object.values(families).map((programs) => programs[3] as number),
);
