import fc from 'fast-check';
import { defaultSeededSplit, groupingBy, seededSettings, seededSplits, splitNamed } from '../../src/datasets/splits.ts';
import type { Split } from '../../src/datasets/types.ts';

const alone = groupingBy(undefined, { columns: [] });
const clip = (id: string, label = 'x', group?: string) => ({
  id,
  path: `/${id}`,
  labels: { label },
  ...(group ? { group } : {}),
});
const labelOf = (c: { labels: Readonly<Record<string, string>> }) => c.labels.label ?? '';
const count = (splits: readonly Split[], split: Split) => splits.filter((found) => found === split).length;

describe('seededSplits()', () => {
  const clips = Array.from({ length: 1000 }, (_, i) => clip(`${i}.wav`, i % 10 === 0 ? 'rare' : 'common'));

  test('draws the shares asked for within each label', () => {
    const splits = seededSplits(clips, { validation: 0.2, test: 0.1, seed: 0 }, alone, labelOf);
    for (const label of ['rare', 'common']) {
      const of = splits.filter((_, i) => labelOf(clips[i] as (typeof clips)[0]) === label);
      expect(count(of, 'test') / of.length).toBeCloseTo(0.1, 2);
      expect(count(of, 'validation') / of.length).toBeCloseTo(0.2, 2);
    }
  });

  test('depends on the seed and the clips, not on their order', () => {
    const settings = { ...defaultSeededSplit, seed: 7 };
    const splits = seededSplits(clips, settings, alone, labelOf);
    const reversed = seededSplits([...clips].reverse(), settings, alone, labelOf).reverse();
    expect(reversed).toEqual(splits);
    expect(seededSplits(clips, { ...settings, seed: 8 }, alone, labelOf)).not.toEqual(splits);
  });

  test('moves few clips when one is added', () => {
    const before = seededSplits(clips, defaultSeededSplit, alone, labelOf);
    const after = seededSplits([...clips, clip('new.wav', 'common')], defaultSeededSplit, alone, labelOf);
    expect(before.filter((split, i) => split !== after[i]).length).toBeLessThanOrEqual(3);
  });

  test('keeps every group in one split, and every split non-empty from three groups on', () => {
    fc.assert(
      fc.property(
        fc.array(fc.tuple(fc.integer({ min: 0, max: 9 }), fc.constantFrom('a', 'b', 'c')), {
          minLength: 1,
          maxLength: 80,
        }),
        fc.integer({ min: 0, max: 99 }),
        (drawn, seed) => {
          const grouped = drawn.map(([speaker, word], i) => clip(`${i}`, word, `speaker ${speaker}`));
          const splits = seededSplits(grouped, { validation: 0.1, test: 0.1, seed }, alone, () => '');
          const seen = new Map<string, Set<Split>>();
          grouped.forEach((c, i) => {
            const group = c.group ?? '';
            seen.set(group, (seen.get(group) ?? new Set()).add(splits[i] as Split));
          });
          for (const found of seen.values()) expect(found.size).toBe(1);
          if (seen.size >= 3) expect(new Set(splits).size).toBe(3);
        },
      ),
    );
  });
});

describe('seededSplits() on groups of unequal size', () => {
  const spoken = (sizes: readonly number[]) =>
    sizes.flatMap((size, speaker) =>
      Array.from({ length: size }, (_, i) => clip(`${speaker}_${i}`, i % 2 === 0 ? 'a' : 'b', `speaker ${speaker}`)),
    );

  test('leaves the clips of one who speaks more than all others together to train on, and gives every split somebody', () => {
    for (let seed = 0; seed < 50; seed++) {
      const clips = spoken([100, 2, 2, 2, 2]);
      const splits = seededSplits(clips, { ...defaultSeededSplit, seed }, alone, () => '');
      expect(splits.slice(0, 100)).toEqual(new Array(100).fill('train'));
      expect(new Set(splits).size).toBe(3);
    }
  });

  test('always leaves a group to train on', () => {
    fc.assert(
      fc.property(
        fc.array(fc.integer({ min: 1, max: 60 }), { minLength: 1, maxLength: 9 }),
        fc.integer({ min: 0, max: 99 }),
        fc.double({ min: 0, max: 0.6, noNaN: true }),
        fc.double({ min: 0, max: 0.39, noNaN: true }),
        (sizes, seed, test, validation) => {
          const splits = seededSplits(spoken(sizes), { test, validation, seed }, alone, () => '');
          expect(count(splits, 'train')).toBeGreaterThan(0);
          if (sizes.length >= 3) {
            expect(count(splits, 'test') > 0).toBe(test > 0);
            expect(count(splits, 'validation') > 0).toBe(validation > 0);
          }
        },
      ),
    );
  });

  test('exceeds a share by no more than half a group, but where the smallest group is larger', () => {
    fc.assert(
      fc.property(
        fc.array(fc.integer({ min: 1, max: 60 }), { minLength: 3, maxLength: 12 }),
        fc.integer({ min: 0, max: 99 }),
        (sizes, seed) => {
          const clips = spoken(sizes);
          const splits = seededSplits(clips, { ...defaultSeededSplit, seed }, alone, () => '');
          const most = Math.max(0.1 * clips.length + Math.max(...sizes) / 2, Math.min(...sizes));
          expect(count(splits, 'test')).toBeLessThanOrEqual(most);
        },
      ),
    );
  });
});

describe('groupingBy()', () => {
  test('takes a column, the group of the data set, or a capture group of the id', () => {
    const grouped = clip('dog/ann_1.wav', 'dog', 'ann');
    expect(groupingBy('label', { columns: ['label'] })(grouped)).toBe('dog');
    expect(groupingBy('speaker', { group: 'speaker', columns: [] })(grouped)).toBe('ann');
    expect(groupingBy('/([a-z]+)_', { columns: [] })(grouped)).toBe('ann');
    expect(groupingBy('zebra', { columns: [] })(grouped)).toBe('dog/ann_1.wav');
  });

  test('refuses what is no regular expression', () => {
    expect(() => groupingBy('(', { columns: [] })).toThrow(
      /^split\.seeded\.groupBy: expected a column or a regular expression, found "\("/,
    );
  });
});

test('seededSettings() refuses shares that leave nothing to train on', () => {
  expect(() => seededSettings({ seeded: { validation: 0.5, test: 0.5, seed: 0 } })).toThrow(
    'split.seeded: expected validation + test below 1, found 0.5 + 0.5',
  );
  expect(seededSettings('seeded')).toEqual(defaultSeededSplit);
  expect(seededSettings('official')).toBeUndefined();
});

test('splitNamed() knows the usual names', () => {
  expect(['Train', 'training', 'val', 'VALID', 'dev', 'test', 'eval', 'fold1'].map(splitNamed)).toEqual([
    'train',
    'train',
    'validation',
    'validation',
    'validation',
    'test',
    'test',
    undefined,
  ]);
});
