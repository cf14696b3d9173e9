import { BadInputError } from '../errors.ts';
import type { DatasetDefinition, DatasetFile } from './dataset-definition.ts';
import type { UnsplitClip } from './labelled-files.ts';
import { type NoteRow, readNoteTable } from './note-table.ts';
import { instrumentFamilies, pitches } from './nsynth-layout.ts';
import { countSplits, finishPublicDataset } from './public-dataset.ts';
import { type SourceTree, subtree } from './source-tree.ts';
import type { Dataset, Split, SplitChoice } from './types.ts';

const parts: Readonly<Record<Split, string>> = {
  train: 'nsynth-train',
  validation: 'nsynth-valid',
  test: 'nsynth-test',
};

function open(tree: SourceTree, split: SplitChoice, label = 'instrument_family_str'): Dataset {
  const clips: UnsplitClip[] = [];
  const notes: string[] = [];
  for (const [given, part] of Object.entries(parts)) {
    const examples = `${part}/examples.json`;
    const files = subtree(tree, examples);
    const list = files?.get(examples)?.plain;
    if (!files || list === undefined) {
      notes.push(`${part} is not there`);
      continue;
    }
    for (const clip of notesOf(part, given as Split, list, files, notes, tree.cacheDirectory)) clips.push(clip);
  }
  if (clips.length === 0) {
    throw new BadInputError(
      `${tree.root}: expected NSynth (nsynth-train/examples.json in it), found ${tree.files.size} other files`,
    );
  }
  return finishPublicDataset({
    name: 'nsynth',
    root: tree.root,
    clips,
    groupName: 'instrument',
    notes,
    split,
    stratumOf: (clip) => clip.labels[label] ?? '',
    classes: { instrument_family_str: instrumentFamilies, pitch: pitches },
    precision: 'float16',
    pcm16Rate: 16_000,
    // Table A.1's 12,678 test clips are the official validation part; the official test part is left to validate with.
    paperSplits: (all) =>
      all.map(({ given }) => (given === 'validation' ? 'test' : given === 'test' ? 'validation' : given)),
  });
}

/** The clips of one part, in the order of its files: that of the archive, or of their names. */
function notesOf(
  part: string,
  given: Split,
  list: string,
  files: NonNullable<ReturnType<typeof subtree>>,
  notes: string[],
  cacheDirectory: string,
): UnsplitClip[] {
  const labelled = new Map<string, NoteRow>();
  for (const row of readNoteTable(list, cacheDirectory)) labelled.set(`${part}/audio/${row[0]}.wav`, row);
  const clips: UnsplitClip[] = [];
  for (const [name, source] of files) {
    const note = labelled.get(name);
    if (!note) continue;
    const { path, member } = source;
    clips.push({ id: name, path, member, labels: sharedLabels(note), group: note[3], given });
  }
  if (clips.length < labelled.size)
    notes.push(`${part}: ${labelled.size - clips.length} of ${labelled.size} notes have no recording`);
  return clips;
}

const shared = new Map<string, Readonly<Record<string, string>>>();

/** The same object for the same labels: 300,000 notes have 1,400 different ones. */
function sharedLabels([, instrument_family_str, pitch]: NoteRow): Readonly<Record<string, string>> {
  const key = `${instrument_family_str}/${pitch}`;
  let labels = shared.get(key);
  if (!labels) {
    labels = { instrument_family_str, pitch };
    shared.set(key, labels);
  }
  return labels;
}

function file(part: string, md5: string): DatasetFile {
  const name = `${part}.jsonwav.tar.gz`;
  return {
    name,
    url: `http://download.magenta.tensorflow.org/datasets/nsynth/${name}`,
    checksum: { algorithm: 'md5', hex: md5 },
  };
}

/** NSynth (Engel et al. 2017): labels `instrument_family_str` (11) and `pitch` (128), grouped by instrument. */
export const nsynth: DatasetDefinition = {
  name: 'nsynth',
  title: 'NSynth',
  homepage: 'https://magenta.tensorflow.org/datasets/nsynth',
  licence: 'CC BY 4.0',
  citation: 'J. Engel et al.: Neural Audio Synthesis of Musical Notes with WaveNet Autoencoders, ICML 2017',
  files: [
    file('nsynth-train', 'fde6665a93865503ba598b9fac388660'),
    file('nsynth-valid', '87e94a00a19b6dbc99cf6d4c0c0cae87'),
    file('nsynth-test', '5e6f8719bf7e16ad0a00d518b78af77d'),
  ],
  approximateBytes: 30_000_000_000,
  clipSeconds: 4,
  expected: { train: 289_205, validation: 12_678, test: 4_096 },
  count: countSplits,
  open,
};
