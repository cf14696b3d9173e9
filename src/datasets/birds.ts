import path from 'node:path';
import { BadInputError } from '../errors.ts';
import type { DatasetDefinition } from './dataset-definition.ts';
import { drawnSplits } from './drawn-splits.ts';
import type { UnsplitClip } from './labelled-files.ts';
import { finishPublicDataset, sourceOf } from './public-dataset.ts';
import type { SourceFile, SourceTree } from './source-tree.ts';
import { readSourceText } from './source-tree.ts';
import { parseTable } from './table-file.ts';
import type { Dataset, SplitChoice } from './types.ts';

const tables = [
  'ff1010bird_metadata_2018.csv',
  'warblrb10k_public_metadata_2018.csv',
  'BirdVoxDCASE20k_csvpublic.csv',
] as const;

/** Table A.1 pools the three public parts, and draws about 90/10; nothing is left to validate with. */
const paperCounts = { total: 35_690, train: 32_129, validation: 0, test: 3_561 };

function open(tree: SourceTree, split: SplitChoice): Dataset {
  const byItem = new Map<string, SourceFile>();
  for (const [name, source] of tree.files) {
    if (/\.wav$/i.test(name)) byItem.set(path.posix.basename(name).replace(/\.wav$/i, ''), source);
  }
  const notes: string[] = [];
  const labelled = new Map<string, Pick<UnsplitClip, 'labels' | 'group'>>();
  for (const table of tables) {
    const found = [...tree.files].find(([name]) => path.posix.basename(name) === table);
    if (!found) {
      notes.push(`${table} is not there`);
      continue;
    }
    readLabels(readSourceText(found[1], table, tree.root), found[1].plain ?? table, labelled);
  }
  if (labelled.size === 0) {
    throw new BadInputError(`${tree.root}: expected DCASE 2018 bird audio (${tables.join(', ')}), found none of them`);
  }
  const clips: UnsplitClip[] = [];
  for (const [item, source] of byItem) {
    const labels = labelled.get(item);
    if (labels) clips.push({ id: `${labels.group}/${item}.wav`, ...sourceOf(source), ...labels });
  }
  if (clips.length < labelled.size)
    notes.push(`${labelled.size - clips.length} of ${labelled.size} labelled items have no recording`);
  return finishPublicDataset({
    name: 'birds',
    root: tree.root,
    clips,
    groupName: 'dataset',
    notes,
    split,
    stratumOf,
    classes: { hasbird: ['0', '1'] },
    precision: 'float16',
    paperSplits: (all) => drawnSplits(all, paperCounts, stratumOf),
  });
}

/** Splits are stratified by part and label. */
function stratumOf(clip: UnsplitClip): string {
  return `${clip.group}/${clip.labels.hasbird}`;
}

function readLabels(bytes: Buffer, file: string, labelled: Map<string, Pick<UnsplitClip, 'labels' | 'group'>>): void {
  const table = parseTable(bytes, file);
  for (const column of ['itemid', 'datasetid', 'hasbird']) {
    if (!table.columns.includes(column)) {
      throw new BadInputError(
        `${file}: expected the columns itemid, datasetid and hasbird, found ${table.columns.join(', ')}`,
      );
    }
  }
  for (const { line, cells } of table.rows) {
    const { itemid, datasetid, hasbird } = cells;
    if (!itemid || !datasetid || (hasbird !== '0' && hasbird !== '1')) {
      throw new BadInputError(
        `${file}:${line}: expected an item, a data set and hasbird 0 or 1, found ${JSON.stringify(cells)}`,
      );
    }
    labelled.set(itemid, { labels: { hasbird }, group: datasetid });
  }
}

/** DCASE 2018 task 3, bird audio detection (Stowell et al. 2018): label `hasbird`, grouped by the part it comes from (`dataset`). */
export const birds: DatasetDefinition = {
  name: 'birds',
  title: 'DCASE 2018 bird audio detection: ff1010bird, warblrb10k, BirdVox-DCASE-20k',
  homepage: 'https://dcase.community/challenge2018/task-bird-audio-detection',
  licence: 'ff1010bird and BirdVox-DCASE-20k: CC BY 4.0; warblrb10k: CC BY; see each part’s page',
  citation:
    'D. Stowell, Y. Stylianou, M. Wood, H. Pamuła, H. Glotin: Automatic acoustic detection of birds through deep learning, Methods in Ecology and Evolution, 2018',
  files: [
    { name: 'ff1010bird_wav.zip', url: 'https://archive.org/download/ff1010bird/ff1010bird_wav.zip' },
    {
      name: 'warblrb10k_public_wav.zip',
      url: 'https://archive.org/download/warblrb10k_public/warblrb10k_public_wav.zip',
    },
    { name: 'BirdVox-DCASE-20k.zip', url: 'https://zenodo.org/records/1208080/files/BirdVox-DCASE-20k.zip?download=1' },
    { name: tables[0], url: 'https://ndownloader.figshare.com/files/10853303' },
    { name: tables[1], url: 'https://ndownloader.figshare.com/files/10853306' },
    { name: tables[2], url: 'https://ndownloader.figshare.com/files/10853300' },
  ],
  // 35,690 clips of 10 s at 44.1 kHz and 16 bits; zip makes little of it.
  approximateBytes: 31_500_000_000,
  clipSeconds: 10,
  expected: { ff1010bird: 7_690, warblrb10k_public: 8_000, BirdVoxDCASE20k: 20_000 },
  count(dataset) {
    const counts: Record<string, number> = { ff1010bird: 0, warblrb10k_public: 0, BirdVoxDCASE20k: 0 };
    for (const { group } of dataset.clips) if (group !== undefined) counts[group] = (counts[group] ?? 0) + 1;
    return counts;
  },
  open,
};
