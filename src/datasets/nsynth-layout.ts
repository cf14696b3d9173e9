import { existsSync } from 'node:fs';
import path from 'node:path';
import { z } from 'zod';
import { BadInputError } from '../errors.ts';
import { jsonMembers } from './json-members.ts';
import type { UnsplitClip } from './labelled-files.ts';

/** NSynth's instrument families by their number (Engel et al. 2017). */
export const instrumentFamilies = [
  'bass',
  'brass',
  'flute',
  'guitar',
  'keyboard',
  'mallet',
  'organ',
  'reed',
  'string',
  'synth_lead',
  'vocal',
] as const;

/** MIDI pitches, 0 … 127. */
export const pitches: readonly string[] = Array.from({ length: 128 }, (_, pitch) => String(pitch));

const noteSchema = z.object({
  pitch: z.int().min(0).max(127),
  instrument_str: z.string().min(1),
  instrument_family_str: z.enum(instrumentFamilies),
});

/** The labels and the instrument of one entry of `examples.json`. Throws BadInputError naming the entry and field. */
export function noteLabels(name: string, value: unknown, file: string): Pick<UnsplitClip, 'labels' | 'group'> {
  const note = noteSchema.safeParse(value);
  if (!note.success) {
    const [issue] = note.error.issues;
    throw new BadInputError(`${file}: ${name}.${issue?.path.join('.')}: ${issue?.message}`);
  }
  const { instrument_family_str, pitch, instrument_str } = note.data;
  return { labels: { instrument_family_str, pitch: pitches[pitch] as string }, group: instrument_str };
}

/** The clips of one part, `<root>/<part>/examples.json` and `audio/<note>.wav`; undefined where the part is not there. */
export function readNsynthPart(root: string, part: string): UnsplitClip[] | undefined {
  const file = path.join(root, part, 'examples.json');
  if (!existsSync(file)) return undefined;
  const clips: UnsplitClip[] = [];
  for (const [name, value] of jsonMembers(file)) {
    const id = `${part}/audio/${name}.wav`;
    clips.push({ id, path: path.join(root, id), ...noteLabels(name, value, file) });
  }
  return clips;
}
