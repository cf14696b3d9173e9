import * as tf from '@tensorflow/tfjs';
import fc from 'fast-check';
import type { Batch } from '../../src/datasets/types.ts';
import { everyRow, headLosses, makeTargets } from '../../src/train/targets.ts';

const heads = [
  { name: 'word', label: 'word', classes: ['a', 'b', 'c'], weight: 1 },
  { name: 'pitch', label: 'pitch', classes: ['x', 'y'], weight: 1 },
];

beforeAll(() => tf.setBackend('cpu'));

function batchOf(labels: Record<string, number[]>, mixed?: Batch['mixed']): Batch {
  const size = labels.word?.length ?? 0;
  return {
    features: new Float32Array(size),
    size,
    labels: Object.fromEntries(Object.entries(labels).map(([task, values]) => [task, Int32Array.from(values)])),
    ...(mixed ? { mixed } : {}),
  };
}

/** Mean cross-entropy of the labelled rows, one number at a time. */
function naiveLoss(logits: number[][], labels: number[]): number {
  const losses = logits.flatMap((row, i) => {
    const label = labels[i] ?? -1;
    return label < 0 ? [] : [Math.log(row.reduce((sum, z) => sum + Math.exp(z), 0)) - (row[label] ?? 0)];
  });
  return losses.length > 0 ? losses.reduce((sum, loss) => sum + loss, 0) / losses.length : 0;
}

const rows = fc.array(
  fc.record({
    word: fc.integer({ min: -1, max: 2 }),
    pitch: fc.integer({ min: -1, max: 1 }),
    wordLogits: fc.array(fc.double({ min: -4, max: 4, noNaN: true }), { minLength: 3, maxLength: 3 }),
    pitchLogits: fc.array(fc.double({ min: -4, max: 4, noNaN: true }), { minLength: 2, maxLength: 2 }),
  }),
  { minLength: 1, maxLength: 9 },
);

test('each head’s loss is the mean cross-entropy of the examples labelled for it, whole or micro-batch by micro-batch', () => {
  fc.assert(
    fc.property(rows, fc.integer({ min: 1, max: 4 }), (examples, parts) => {
      const labels = { word: examples.map(({ word }) => word), pitch: examples.map(({ pitch }) => pitch) };
      const logits = { word: examples.map((row) => row.wordLogits), pitch: examples.map((row) => row.pitchLogits) };
      const targets = makeTargets(batchOf(labels), heads);
      const sums = [0, 0];
      for (let part = 0; part < Math.min(parts, examples.length); part++) {
        const step = Math.min(parts, examples.length);
        const found = tf.tidy(() => {
          const picked = Object.fromEntries(
            heads.map(({ name, classes }) => [
              name,
              tf.tensor2d(everyRow(Float32Array.from(logits[name as 'word'].flat()), classes.length, part, step), [
                Math.ceil((examples.length - part) / step),
                classes.length,
              ]),
            ]),
          );
          const partTargets = Object.fromEntries(
            heads.map(({ name, classes }) => [
              name,
              everyRow(targets[name] ?? new Float32Array(), classes.length, part, step),
            ]),
          );
          return headLosses(picked, partTargets, heads).map((loss) => loss.dataSync()[0] ?? Number.NaN);
        });
        found.forEach((loss, i) => {
          sums[i] = (sums[i] ?? 0) + loss;
        });
      }
      expect(sums[0]).toBeCloseTo(naiveLoss(logits.word, labels.word), 4);
      expect(sums[1]).toBeCloseTo(naiveLoss(logits.pitch, labels.pitch), 4);
    }),
    { numRuns: 50 },
  );
});

test('class weights scale a class’s examples, and mixup shares an example between two classes', () => {
  const weighted = makeTargets(batchOf({ word: [0, 2], pitch: [-1, 1] }), heads, { word: Float32Array.of(2, 1, 0.5) });
  expect([...(weighted.word ?? [])]).toEqual([1, 0, 0, 0, 0, 0.25]);
  expect([...(weighted.pitch ?? [])]).toEqual([0, 0, 0, 1]);
  const mixed = {
    labels: { word: Int32Array.of(1, -1), pitch: Int32Array.of(0, 0) },
    weight: Float32Array.of(0.75, 0.5),
  };
  const shared = makeTargets(batchOf({ word: [0, 2], pitch: [-1, 1] }, mixed), heads);
  // The second row is mixed with one that has no word: its own counts whole.
  expect([...(shared.word ?? [])]).toEqual([0.375, 0.125, 0, 0, 0, 0.5]);
});

test('mixed or not, a head’s shares add up to 1 over the examples labelled for it', () => {
  const label = fc.integer({ min: -1, max: 2 });
  fc.assert(
    fc.property(
      fc.array(fc.record({ own: label, partner: label, weight: fc.double({ min: 0, max: 1, noNaN: true }) }), {
        minLength: 1,
        maxLength: 12,
      }),
      (examples) => {
        const mixed = {
          labels: { word: Int32Array.from(examples, ({ partner }) => partner) },
          weight: Float32Array.from(examples, ({ weight }) => weight),
        };
        const { word = new Float32Array() } = makeTargets(batchOf({ word: examples.map(({ own }) => own) }, mixed), [
          ...heads.slice(0, 1),
        ]);
        examples.forEach(({ own }, row) => {
          if (own < 0) expect([...word.subarray(3 * row, 3 * row + 3)]).toEqual([0, 0, 0]);
        });
        const labelled = examples.some(({ own }) => own >= 0);
        expect(word.reduce((sum, share) => sum + share, 0)).toBeCloseTo(labelled ? 1 : 0, 5);
      },
    ),
  );
});

test('everyRow() takes every m-th row, so that all parts together are the whole', () => {
  const values = Float32Array.from({ length: 14 }, (_, i) => i);
  expect([...everyRow(values, 2, 0, 3)]).toEqual([0, 1, 6, 7, 12, 13]);
  expect([...everyRow(values, 2, 1, 3)]).toEqual([2, 3, 8, 9]);
});
