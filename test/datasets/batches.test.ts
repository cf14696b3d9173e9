import fc from 'fast-check';
import { type BatchSource, createBatches, sharesOf } from '../../src/datasets/batches.ts';
import type { Clip, FeatureStore, Split } from '../../src/datasets/types.ts';

/** A store whose values say which clip and frame they are of: value = clip · 1000 + frame. */
function markedStore(
  labels: readonly Record<string, string>[],
  framesOf: number[] = [],
  split: Split = 'train',
): FeatureStore {
  const clips: Clip[] = labels.map((own, i) => ({ id: `${i}`, path: `/${i}`, split, labels: own }));
  return {
    bins: 2,
    clips,
    bad: [],
    padded: 0,
    trainingFrames: (index) => framesOf[index] ?? 4,
    evaluationStarts: () => [0],
    read(index, start, frames, target, offset) {
      for (let i = 0; i < frames * 2; i++) target[offset + i] = index * 1000 + start + Math.floor(i / 2);
    },
    close() {},
  };
}

const words = (count: number) => Array.from({ length: count }, (_, i) => ({ word: i % 2 ? 'no' : 'yes' }));
const wordTask = { name: 'words', label: 'word', classes: ['no', 'yes'] };
const source = (count: number, name = 'words'): BatchSource => ({
  store: markedStore(words(count)),
  tasks: [{ ...wordTask, name }],
});
const clipsOf = (features: Float32Array, rows: number) =>
  Array.from({ length: rows }, (_, row) => Math.floor((features[row * 4 * 2] as number) / 1000));

describe('createBatches()', () => {
  test('shows every clip once before any comes again, in another order each time', () => {
    const sampler = createBatches({ sources: [source(12)], batch: 4, frames: 4, seed: 0 });
    expect(sampler.examplesPerEpoch).toBe(12);
    expect(sampler.stepsPerEpoch).toBe(3);
    const passes = [0, 1].map(() => Array.from({ length: 3 }, () => clipsOf(sampler.next().features, 4)).flat());
    for (const pass of passes) expect([...pass].sort((a, b) => a - b)).toEqual(Array.from({ length: 12 }, (_, i) => i));
    expect(passes[0]).not.toEqual(passes[1]);
  });

  test('draws a window’s start evenly over the clip', () => {
    const store = markedStore(words(2), [10, 10]);
    const sampler = createBatches({ sources: [{ store, tasks: [wordTask] }], batch: 700, frames: 4, seed: 1 });
    const { features } = sampler.next();
    const counts = new Array<number>(7).fill(0);
    for (let row = 0; row < 700; row++) {
      const start = (features[row * 8] as number) % 1000;
      counts[start] = (counts[start] as number) + 1;
    }
    // 100 expected in each of 7 places: within five standard deviations.
    for (const count of counts) expect(Math.abs(count - 100)).toBeLessThan(50);
  });

  test('labels each row for the tasks of its source only, source by source', () => {
    const notes = Array.from({ length: 6 }, (_, i) => ({
      family: i < 3 ? 'brass' : 'reed',
      ...(i % 2 ? { pitch: '60' } : {}),
    }));
    const sampler = createBatches({
      sources: [
        source(10),
        {
          store: markedStore(notes),
          tasks: [
            { name: 'family', label: 'family', classes: ['brass', 'reed'] },
            { name: 'pitch', label: 'pitch', classes: ['59', '60'] },
          ],
        },
      ],
      batch: 8,
      frames: 4,
      seed: 0,
    });
    const { features, labels, size } = sampler.next();
    expect(size).toBe(8);
    expect(features).toHaveLength(8 * 4 * 2);
    const clips = clipsOf(features, 8);
    expect([...(labels.words ?? [])]).toEqual(clips.map((clip, row) => (row < 4 ? (clip % 2 ? 0 : 1) : -1)));
    expect([...(labels.family ?? [])]).toEqual(clips.map((clip, row) => (row < 4 ? -1 : clip < 3 ? 0 : 1)));
    expect([...(labels.pitch ?? [])]).toEqual(clips.map((clip, row) => (row < 4 || clip % 2 === 0 ? -1 : 1)));
  });

  test('gives each source its own stream: another source changes nothing in it', () => {
    const alone = createBatches({ sources: [source(20)], batch: 4, frames: 4, seed: 3 });
    const together = createBatches({ sources: [source(20), source(7, 'other')], batch: 8, frames: 4, seed: 3 });
    for (let step = 0; step < 10; step++) {
      expect(clipsOf(together.next().features, 4)).toEqual(clipsOf(alone.next().features, 4));
    }
  });

  test('goes on exactly from a state that went through JSON, at any step', () => {
    fc.assert(
      fc.property(fc.integer({ min: 0, max: 40 }), fc.constantFrom('none', 'balanced' as const), (steps, balance) => {
        const create = () =>
          createBatches({ sources: [source(11), source(5, 'b')], batch: 5, frames: 3, seed: 9, balance });
        const first = create();
        for (let step = 0; step < steps; step++) first.next();
        const second = create();
        second.restore(JSON.parse(JSON.stringify(first.state())));
        for (let step = 0; step < 12; step++) expect(second.next()).toEqual(first.next());
      }),
      { numRuns: 30 },
    );
  });

  test('draws rare classes as often as common ones where they are balanced', () => {
    const skewed = Array.from({ length: 100 }, (_, i) => ({ word: i === 0 ? 'yes' : 'no' }));
    const sampler = createBatches({
      sources: [{ store: markedStore(skewed), tasks: [wordTask] }],
      batch: 40,
      frames: 4,
      seed: 0,
      balance: 'balanced',
    });
    const { labels } = sampler.next();
    expect([...(labels.words ?? [])].filter((label) => label === 1)).toHaveLength(20);
  });

  test('shows clips that only a later task has labels for, where they are balanced too', () => {
    const labels: Record<string, string>[] = [{ word: 'yes' }, { word: 'no' }, { speaker: 'a' }, { speaker: 'b' }];
    const sampler = createBatches({
      sources: [
        { store: markedStore(labels), tasks: [wordTask, { name: 'speakers', label: 'speaker', classes: ['a', 'b'] }] },
      ],
      batch: 12,
      frames: 4,
      seed: 0,
      balance: 'balanced',
    });
    const { labels: drawn } = sampler.next();
    const count = (task: string, label: number) => [...(drawn[task] ?? [])].filter((one) => one === label).length;
    expect([count('words', 0), count('words', 1), count('words', -1)]).toEqual([4, 4, 4]);
    expect([count('speakers', 0), count('speakers', 1)]).toEqual([2, 2]);
  });

  test('refuses a source without labelled training clips, and states of other samplers', () => {
    const empty = { store: markedStore(words(3), [], 'test'), tasks: [wordTask] };
    expect(() => createBatches({ sources: [empty], batch: 2, frames: 4, seed: 0 })).toThrow(
      'tasks "words": expected labelled training clips, found none among 3 clips',
    );
    const one = createBatches({ sources: [source(3)], batch: 2, frames: 4, seed: 0 });
    const balanced = createBatches({ sources: [source(3)], batch: 2, frames: 4, seed: 0, balance: 'balanced' });
    const two = createBatches({ sources: [source(3), source(3, 'b')], batch: 2, frames: 4, seed: 0 });
    for (const state of [null, {}, two.state()]) expect(() => one.restore(state)).toThrow(/expected that of 1 sources/);
    expect(() => one.restore(balanced.state())).toThrow(/another balance or other classes/);
  });
});

test('sharesOf() splits equally and rotates the remainder evenly', () => {
  fc.assert(
    fc.property(fc.integer({ min: 1, max: 40 }), fc.integer({ min: 1, max: 7 }), (batch, sources) => {
      const totals = new Array<number>(sources).fill(0);
      for (let step = 0; step < sources; step++) {
        const shares = sharesOf(batch, sources, step);
        expect(shares.reduce((sum, share) => sum + share, 0)).toBe(batch);
        expect(Math.max(...shares) - Math.min(...shares)).toBeLessThanOrEqual(1);
        shares.forEach((share, index) => {
          totals[index] = (totals[index] as number) + share;
        });
      }
      expect(totals).toEqual(new Array(sources).fill(batch));
    }),
  );
});
