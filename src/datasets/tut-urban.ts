import path from 'node:path';
import { BadInputError } from '../errors.ts';
import type { DatasetDefinition } from './dataset-definition.ts';
import { drawnSplits } from './drawn-splits.ts';
import type { UnsplitClip } from './labelled-files.ts';
import { countSplits, finishPublicDataset, sourceOf } from './public-dataset.ts';
import { readSourceText, type SourceTree, subtree } from './source-tree.ts';
import { parseTable } from './table-file.ts';
import type { Dataset, Split, SplitChoice } from './types.ts';

/** The ten scenes, in alphabetical order. */
export const urbanScenes = [
  'airport',
  'bus',
  'metro',
  'metro_station',
  'park',
  'public_square',
  'shopping_mall',
  'street_pedestrian',
  'street_traffic',
  'tram',
] as const;

/** `<scene>-<city>-<location>-<segment>-<device>.wav` */
const clipPattern = /^([a-z_]+)-([a-z]+)-(\d+)-(\d+)-[a-z]\.wav$/;

/** Table A.1: not the official fold but about 90/10 by file. Its counts add up to one clip less than there are. */
const paperCounts = { total: 8_640, train: 7_829, validation: 0, test: 810 };

function open(tree: SourceTree, split: SplitChoice): Dataset {
  const files = subtree(tree, 'meta.csv');
  if (!files) {
    throw new BadInputError(
      `${tree.root}: expected TUT Urban Acoustic Scenes 2018 (meta.csv in it), found ${tree.files.size} other files`,
    );
  }
  const scenes = readScenes(
    readSourceText(files.get('meta.csv'), 'meta.csv', tree.root),
    files.get('meta.csv')?.plain ?? 'meta.csv',
  );
  const folds = new Map<string, Split>();
  for (const [name, given] of [
    ['fold1_train.txt', 'train'],
    ['fold1_evaluate.txt', 'test'],
  ] as const) {
    const file = files.get(`evaluation_setup/${name}`);
    if (!file) continue;
    for (const line of readSourceText(file, name, tree.root).toString('utf8').split(/\r?\n/)) {
      const audio = line.split('\t')[0]?.trim();
      if (audio) folds.set(audio, given);
    }
  }
  const byId = new Map<string, UnsplitClip>();
  // An archive and the folder unpacked from it may lie side by side: a recording counts once. The archives of the audio have a folder above them that the table's may lack: recordings are found by their own names, which are unique.
  for (const [name, source] of tree.files) {
    const base = path.posix.basename(name);
    const [, , city, location] = clipPattern.exec(base) ?? [];
    const id = `audio/${base}`;
    const scene = scenes.get(id);
    if (scene === undefined || city === undefined) continue;
    const given = folds.get(id);
    byId.set(id, {
      id,
      ...sourceOf(source),
      labels: { scene_label: scene },
      group: `${scene}-${city}-${location}`,
      ...(given !== undefined ? { given } : {}),
    });
  }
  const clips = [...byId.values()];
  const notes = [];
  if (clips.length < scenes.size)
    notes.push(`${scenes.size - clips.length} of the ${scenes.size} recordings in meta.csv are not there`);
  return finishPublicDataset({
    name: 'tut-urban-2018',
    root: tree.root,
    clips,
    groupName: 'location',
    notes,
    split,
    stratumOf: (clip) => clip.labels.scene_label ?? '',
    classes: { scene_label: urbanScenes },
    paperSplits: (all) => drawnSplits(all, paperCounts, (clip) => clip.labels.scene_label ?? ''),
  });
}

function readScenes(bytes: Buffer, file: string): Map<string, string> {
  const table = parseTable(bytes, file);
  const known: readonly string[] = urbanScenes;
  const scenes = new Map<string, string>();
  for (const { line, cells } of table.rows) {
    const { filename, scene_label: scene } = cells;
    if (!filename || scene === undefined || !known.includes(scene)) {
      throw new BadInputError(
        `${file}:${line}: expected filename and one of the ten scenes in scene_label, found ${JSON.stringify(cells)}`,
      );
    }
    scenes.set(filename, scene);
  }
  return scenes;
}

const stem = 'TUT-urban-acoustic-scenes-2018-development';

/** TUT Urban Acoustic Scenes 2018, development set (Heittola et al. 2018): label `scene_label`, 10 classes, grouped by location. */
export const tutUrban: DatasetDefinition = {
  name: 'tut-urban-2018',
  title: 'TUT Urban Acoustic Scenes 2018, development set',
  homepage: 'https://zenodo.org/records/1228142',
  licence: 'Tampere University of Technology, non-commercial use only; see EULA.pdf in the archives',
  citation:
    'A. Mesaros, T. Heittola, T. Virtanen: A multi-device dataset for urban acoustic scene classification, DCASE 2018 Workshop',
  files: ['doc', 'meta', ...Array.from({ length: 13 }, (_, part) => `audio.${part + 1}`)].map((part) => ({
    name: `${stem}.${part}.zip`,
    url: `https://zenodo.org/records/1228142/files/${stem}.${part}.zip?download=1`,
  })),
  // 8,640 clips of 10 s at 48 kHz, two channels of 24 bits.
  approximateBytes: 24_900_000_000,
  clipSeconds: 10,
  expected: { train: 6_122, validation: 0, test: 2_518 },
  count: countSplits,
  open,
};
