import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { measureCosts } from '../../src/report/experiment/measure-costs.ts';
import { experimentSchema } from '../../src/report/experiment/schema.ts';

const out = mkdtempSync(path.join(tmpdir(), 'spectride-costs-'));
afterAll(() => rmSync(out, { recursive: true }));

const settings = (batch: number) => {
  const { measure } = experimentSchema.parse({
    name: 'costs',
    measure: {
      model: { channels: [4], strides: [[2, 2]], smoothness: 1 },
      heads: { words: 2 },
      poolings: ['strided'],
      batch,
      steps: 1,
      warmup: 0,
      rounds: 1,
    },
  });
  if (measure === undefined) throw new Error('the experiment measures');
  return measure;
};
const measured = async (batch: number) => {
  const modes: string[] = [];
  const costs = await measureCosts(settings(batch), {
    out,
    backend: 'cpu',
    onProgress: ({ mode }) => modes.push(mode),
  });
  expect(costs.samples.map(({ mode }) => mode)).toEqual(['training', 'inference']);
  return modes;
};

test('what was measured with the same settings is kept, and measured again with others', async () => {
  expect(await measured(2)).toEqual(['training', 'inference']);
  expect(await measured(2)).toEqual([]);
  expect(await measured(3)).toEqual(['training', 'inference']);
});
