import { catalogueNames } from '../../src/datasets/definitions.ts';
import { paperRows } from '../../src/report/paper-figures.ts';
import { paperRowOf, rowName } from '../../src/report/paper-row.ts';

const row = (dataset: string, label?: string) => {
  const found = paperRowOf({ dataset, label });
  return found && `${found.row}${found.sameData ? '' : '*'}`;
};

describe('paperRowOf()', () => {
  test.each([
    ['tut-urban-2018', undefined, 'acoustic scenes'],
    ['birds', undefined, 'birdsong detection'],
    ['nsynth', 'instrument_family_str', 'music (instrument)'],
    ['nsynth', 'pitch', 'music (pitch)'],
    ['nsynth', undefined, 'music (instrument)'],
    ['speech-commands', 'word', 'speech commands'],
    ['notes', 'pitch', 'music (pitch)*'],
    ['notes', 'instrument_family_str', 'music (instrument)*'],
  ])('knows %s with label %p as %s', (dataset, label, expected) => {
    expect(row(dataset, label)).toBe(expected);
  });

  test('knows every name of the catalogue, and fills every row of the paper', () => {
    expect(catalogueNames.filter((name) => row(name) === undefined)).toEqual([]);
    const filled = [...catalogueNames.map((name) => row(name)), row('nsynth', 'pitch')];
    expect(filled).toEqual(expect.arrayContaining([...paperRows]));
  });

  test.each(['folder:/home/me/words', 'folder:data/my-words', 'folder:C:\\data\\speech_commands_v0.02\\'])(
    'takes %s for words other than the paper’s',
    (dataset) => {
      expect(row(dataset)).toBe('speech commands*');
    },
  );

  test.each([
    'folder:/home/me/notes/drums',
    'folder:/data/words/birds-of-kent',
    'folder:/data/passwords',
    'folder:/data/voice-notes',
    'manifest:/data/commands/list.csv',
    'birdsong',
    'my-nsynth',
  ])('has no row for %s', (dataset) => {
    expect(row(dataset)).toBeUndefined();
  });
});

test('a task is called by the paper’s row only where the data are the paper’s', () => {
  expect(rowName({ name: 'mine', dataset: 'speech-commands', label: undefined })).toBe('speech commands');
  expect(rowName({ name: 'mine', dataset: 'folder:/data/words', label: undefined })).toBe('mine');
});
