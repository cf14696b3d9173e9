import { createHash } from 'node:crypto';
import { existsSync, mkdirSync, renameSync, rmSync, statSync } from 'node:fs';
import path from 'node:path';
import { finishDataset, type UnsplitClip } from './labelled-files.ts';
import { type NoteProgram, notePrograms, validationPrograms } from './note-programs.ts';
import { instrumentFamilies, readNsynthPart } from './nsynth-layout.ts';
import { partialName, removeAbandoned, replaceFile } from './partial-file.ts';
import { noteSamples, type RenderedNote, type RenderJob, type SoundFont } from './render-notes.ts';
import type { Dataset, Split, SplitChoice } from './types.ts';
import { createWorkerPool } from './worker-pool.ts';

/** Two octaves from C3 to B4, where all families sound. */
const lowestPitch = 48;
const pitchCount = 24;

/** FluidR3 and MuseScore General are kin and are trained on; TimGM6mb is independent of both and tests. */
const fontsOf: Readonly<Record<Split, readonly SoundFont[]>> = {
  train: ['FluidR3Mono', 'MSBasic'],
  validation: ['FluidR3Mono', 'MSBasic'],
  test: ['TimGM6mb'],
};

const parts: Readonly<Record<Split, string>> = { train: 'notes-train', validation: 'notes-valid', test: 'notes-test' };
const fontNumbers: Readonly<Record<SoundFont, number>> = { FluidR3Mono: 0, MSBasic: 1, TimGM6mb: 2 };

/** Changes when the same jobs would render other recordings. */
const renderingVersion = 1;

/** What is rendered: half of the pitches of each program, the other half in the kindred font, so that every pitch has every program. */
function renderJobs(root: string, programs: readonly number[] | undefined): RenderJob[] {
  return (['train', 'validation', 'test'] as const).flatMap((split) =>
    fontsOf[split].flatMap((font) =>
      programsOf(split, programs).map((program) => ({
        ...program,
        font,
        instrument: 128 * fontNumbers[font] + program.program,
        pitches: pitchesOf(program, font),
        folder: path.join(root, parts[split]),
      })),
    ),
  );
}

function programsOf(split: Split, wanted: readonly number[] | undefined): NoteProgram[] {
  return notePrograms.filter(
    ({ program }) =>
      (wanted?.includes(program) ?? true) &&
      (split === 'test' || validationPrograms.has(program) === (split === 'validation')),
  );
}

function pitchesOf({ program }: NoteProgram, font: SoundFont): number[] {
  const odd = (program + fontNumbers[font]) % 2;
  return Array.from({ length: pitchCount / 2 }, (_, index) => lowestPitch + 2 * index + odd);
}

export interface NotesOptions {
  readonly signal?: AbortSignal;
  /** Programs rendered, of all. */
  readonly onProgress?: (done: number, total: number) => void;
  readonly workers?: number;
  /** General MIDI programs to render; by default all that belong to a family. */
  readonly programs?: readonly number[];
}

/**
 * The rendered notes (see `data/notes/README.md`), in NSynth's layout below `cacheDirectory`; rendered first where they are not
 * there whole. Labels: `instrument_family_str` (11) and `pitch` (24).
 */
export async function openNotes(
  cacheDirectory: string,
  split: SplitChoice,
  options: NotesOptions = {},
): Promise<Dataset> {
  const root = await renderedNotes(cacheDirectory, options);
  const clips = readNotes(root) ?? [];
  const dataset = finishDataset(
    { name: 'notes', root, clips, groupName: 'instrument', notes: [] },
    split,
    'instrument_family_str',
  );
  return { ...dataset, classes: { ...dataset.classes, instrument_family_str: instrumentFamilies } };
}

async function renderedNotes(cacheDirectory: string, options: NotesOptions): Promise<string> {
  const recipe = JSON.stringify({ renderingVersion, jobs: renderJobs('', options.programs) });
  const key = createHash('sha256').update(recipe).digest('hex').slice(0, 16);
  const folder = path.join(cacheDirectory, 'datasets');
  mkdirSync(folder, { recursive: true });
  removeAbandoned(folder);
  const root = path.join(folder, `notes-${key}`);
  if (isWhole(root)) return root;
  const partial = partialName(folder, `notes-${key}`);
  try {
    await render(partial, options);
    if (isWhole(root)) {
      // Another process was faster, and may be reading its own already.
      rmSync(partial, { recursive: true, force: true });
      return root;
    }
    rmSync(root, { recursive: true, force: true });
    renameSync(partial, root);
  } catch (error) {
    rmSync(partial, { recursive: true, force: true });
    // Another process may have finished the same set in the meantime.
    if (!isWhole(root)) throw error;
  }
  return root;
}

async function render(root: string, options: NotesOptions): Promise<void> {
  for (const part of Object.values(parts)) mkdirSync(path.join(root, part, 'audio'), { recursive: true });
  const jobs = renderJobs(root, options.programs);
  const pool = createWorkerPool<RenderJob, RenderedNote[]>(
    { name: 'render-notes-worker', from: import.meta.url },
    undefined,
    options.workers,
  );
  const notes = new Map<string, RenderedNote[]>();
  let done = 0;
  try {
    const rendered = await Promise.all(
      jobs.map(async (job) => {
        options.signal?.throwIfAborted();
        const found = await pool.run(job);
        options.signal?.throwIfAborted();
        options.onProgress?.(++done, jobs.length);
        return { folder: job.folder, found };
      }),
    );
    for (const { folder, found } of rendered) notes.set(folder, [...(notes.get(folder) ?? []), ...found]);
  } finally {
    await pool.close();
  }
  for (const [part, rendered] of notes) {
    const examples = Object.fromEntries(
      rendered.map((note, index) => {
        const family = instrumentFamilies.indexOf(note.instrument_family_str as (typeof instrumentFamilies)[number]);
        return [note.note_str, { note: index, ...note, instrument_family: family }];
      }),
    );
    replaceFile(part, 'examples.json', Buffer.from(`${JSON.stringify(examples, undefined, 1)}\n`));
  }
}

/** The clips of all three parts, or undefined where one is not there. */
function readNotes(root: string): UnsplitClip[] | undefined {
  const clips: UnsplitClip[] = [];
  for (const [given, part] of Object.entries(parts)) {
    const read = readNsynthPart(root, part);
    if (!read) return undefined;
    clips.push(...read.map((clip) => ({ ...clip, given: given as Split })));
  }
  return clips;
}

/** Whether every recording that the lists name is there in its full length. */
function isWhole(root: string): boolean {
  if (!existsSync(root)) return false;
  const size = 44 + 2 * noteSamples;
  const clips = readNotes(root);
  return clips?.every((clip) => statSync(clip.path, { throwIfNoEntry: false })?.size === size) ?? false;
}
