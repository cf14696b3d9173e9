import { BadInputError } from '../errors.ts';
import type { DatasetDefinition } from './dataset-definition.ts';
import { drawnSplits } from './drawn-splits.ts';
import { parseList } from './folder-dataset.ts';
import { countSplits, finishPublicDataset, sourceOf } from './public-dataset.ts';
import { readSourceText, type SourceTree, subtree } from './source-tree.ts';
import type { Dataset, Split, SplitChoice } from './types.ts';

/** The words of version 0.02, in alphabetical order. */
export const speechCommandWords: readonly string[] = (
  'backward bed bird cat dog down eight five follow forward four go happy house learn left marvin nine no off on one ' +
  'right seven sheila six stop three tree two up visual wow yes zero'
).split(' ');

const clipPattern = /^([a-z_]+)\/(([^/]+?)_nohash_\d+\.wav)$/;

/** Table A.1 of the paper: not the official lists, but about 80/10 by file; what is left validates. */
const paperCounts = { total: 105_829, train: 84_771, validation: 10_358, test: 10_700 };

function open(tree: SourceTree, split: SplitChoice): Dataset {
  const files = subtree(tree, 'testing_list.txt');
  if (!files) {
    throw new BadInputError(
      `${tree.root}: expected Speech Commands (testing_list.txt in it), found ${tree.files.size} other files`,
    );
  }
  const lists = new Map<string, Split>();
  for (const [name, listed] of [
    ['validation_list.txt', 'validation'],
    ['testing_list.txt', 'test'],
  ] as const) {
    for (const line of parseList(readSourceText(files.get(name), name, tree.root).toString('utf8')))
      lists.set(line, listed);
  }
  const known = new Set(speechCommandWords);
  const clips = [];
  const noise = [];
  for (const [name, source] of files) {
    if (/^_background_noise_\/[^/]+\.wav$/.test(name)) {
      if (source.plain !== undefined) noise.push(source.plain);
      continue;
    }
    const [, word, , speaker] = clipPattern.exec(name) ?? [];
    if (word === undefined || !known.has(word)) continue;
    clips.push({
      id: name,
      ...sourceOf(source),
      labels: { word },
      group: speaker,
      given: lists.get(name) ?? ('train' as const),
    });
  }
  return finishPublicDataset({
    name: 'speech-commands',
    root: tree.root,
    clips,
    groupName: 'speaker',
    notes: [],
    noise: noise.sort(),
    pcm16Rate: 16_000,
    split,
    stratumOf: (clip) => clip.labels.word ?? '',
    classes: { word: speechCommandWords },
    paperSplits: (all) => drawnSplits(all, paperCounts, (clip) => clip.labels.word ?? ''),
  });
}

/** Speech Commands v0.02 (Warden 2018): label `word`, 35 classes, grouped by speaker. */
export const speechCommands: DatasetDefinition = {
  name: 'speech-commands',
  title: 'Speech Commands v0.02',
  homepage: 'https://arxiv.org/abs/1804.03209',
  licence: 'CC BY 4.0',
  citation: 'P. Warden: Speech Commands: A Dataset for Limited-Vocabulary Speech Recognition, arXiv:1804.03209, 2018',
  files: [
    {
      name: 'speech_commands_v0.02.tar.gz',
      url: 'http://download.tensorflow.org/data/speech_commands_v0.02.tar.gz',
      bytes: 2_428_923_189,
      checksum: { algorithm: 'sha256', hex: 'af14739ee7dc311471de98f5f9d2c9191b18aedfe957f4a6ff791c709868ff58' },
    },
  ],
  approximateBytes: 2_428_923_189,
  clipSeconds: 1,
  expected: { train: 84_843, validation: 9_981, test: 11_005 },
  count: countSplits,
  open,
};
