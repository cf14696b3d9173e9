/**
 * Makes `data/words`, the embedded corpus, from a full copy of the Arabic Speech Commands in Speech Commands layout:
 *
 *     node scripts/make-words-corpus.ts FOLDER
 *
 * Eight words, every one of the 30 speakers, the first two takes of each; the lists of the splits are the full corpus's own, so that no
 * speaker is in two of them. Recordings are copied as they are.
 */
import { copyFileSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import path from 'node:path';

/** Four pairs that a voice control needs, each pair's words unlike each other in sound. */
const words = ['close', 'left', 'no', 'ok', 'open', 'right', 'start', 'stop'];
const speakers = Array.from({ length: 30 }, (_, index) => String(index + 1).padStart(8, '0'));
const takes = [0, 1];

const source = process.argv[2];
if (source === undefined) throw new Error('expected the folder of the full corpus');
const target = path.resolve(import.meta.dirname, '../data/words');

const names = words.flatMap((word) =>
  speakers.flatMap((speaker) => takes.map((take) => `${word}/${speaker}_nohash_${take}.wav`)),
);
for (const word of words) mkdirSync(path.join(target, word), { recursive: true });
for (const name of names) copyFileSync(path.join(source, name), path.join(target, name));
for (const list of ['validation_list.txt', 'testing_list.txt']) {
  const listed = new Set(readFileSync(path.join(source, list), 'utf8').split('\n'));
  writeFileSync(
    path.join(target, list),
    names
      .filter((name) => listed.has(name))
      .join('\n')
      .concat('\n'),
  );
}
