import { cutoffTable, summarizeCutoffs } from '../../src/report/cutoff-table.ts';
import { paperRates, readLayers } from '../../src/report/layer-reading.ts';
import { groupRuns } from '../../src/report/run-group.ts';
import { renderText } from '../../src/report/table-text.ts';
import { type SyntheticRun, syntheticRun } from './synthetic-run.ts';

const words = { name: 'words', dataset: 'folder:words', classes: ['a', 'b', 'c', 'd'], accuracy: 0.9 };

function runs(strides: [number, number][], change: Partial<SyntheticRun> = {}) {
  return strides.map(([time, frequency], seed) =>
    syntheticRun({
      name: 'words',
      pooling: 'diffstride',
      seed,
      tasks: [words],
      strides: [
        [time, frequency],
        [2, 2],
        [1, 1],
      ],
      ...change,
    }),
  );
}

const summarize = (given: ReturnType<typeof runs>, layer: number, kind?: 'sample' | 'population') =>
  groupRuns(given).map((group) => summarizeCutoffs(group, layer, () => paperRates, kind));

describe('cut-off tables', () => {
  test('print a row of Table 2 from three seeds', () => {
    const table = cutoffTable(
      summarize(
        runs([
          [1.94, 2.021],
          [1.89, 1.972],
          [1.84, 1.986],
        ]),
        1,
      ),
      { convention: 'paper' },
    );
    const text = renderText(table);
    for (const figure of ['1.89 ± 0.05', '1.99 ± 0.03', '26.25 ± 0.63', '0.2448 ± 0.0090'])
      expect(text).toContain(figure);
    expect(text).not.toContain('continuous');
  });

  test('print no deviation for one run', () => {
    const text = renderText(cutoffTable(summarize(runs([[1.94, 2.021]]), 1)));
    expect(text).toContain('25.63');
    expect(text).not.toContain('±');
  });

  test('print – for a layer without a pool', () => {
    const [summary] = summarize(runs([[2, 2]]), 3);
    expect(summary?.time).toMatchObject({ pooled: false, stride: undefined, paper: undefined });
    expect(renderText(cutoffTable(summary === undefined ? [] : [summary]))).toContain('–');
  });

  test('take the population deviation when asked to', () => {
    const three = runs([
      [1.47, 1.817],
      [1.453, 1.81],
      [1.452, 1.74],
    ]);
    expect(renderText(cutoffTable(summarize(three, 1, 'population')))).toContain('34.17 ± 0.29');
    expect(renderText(cutoffTable(summarize(three, 1)))).toContain('34.17 ± 0.36');
  });

  test('keep runs apart that differ by more than the seed, and say by what', () => {
    const groups = groupRuns([
      ...runs([[2, 2]]),
      ...runs([[2, 2]], { pooling: 'spectral' }),
      ...runs([[2, 2]], { seed: 5 }),
    ]);
    expect(groups.map((group) => group.label)).toEqual([
      'words (model.pooling=diffstride)',
      'words (model.pooling=spectral)',
    ]);
    expect(groups[0]?.runs.map((run) => run.pipeline.seed)).toEqual([0, 5]);
  });
});

describe('readLayers()', () => {
  const readings = readLayers(runs([[2, 2]])[0]?.result.axes ?? [], 4);

  test('gives deeper layers the rate that the layers before them leave', () => {
    // 98 frames at 100 Hz become ⌊98/2 + 8⌋ = 57, so the second layer sees 100 · 57/98 Hz.
    const second = readings.find((reading) => reading.layer === 2 && reading.axis === 'time');
    expect(second?.rate).toBeCloseTo((100 * 57) / 98, 10);
    expect(second?.continuous).toBeCloseTo((100 * 57) / 98 / 4, 10);
    expect(second?.paper).toBeCloseTo((Math.floor(57 / 4) * ((100 * 57) / 98)) / 57, 10);
  });

  test('counts 160 frames on the first layer’s time axis only', () => {
    expect(readings.find((reading) => reading.layer === 1 && reading.axis === 'time')?.paper).toBe(25);
    expect(readings.find((reading) => reading.layer === 1 && reading.axis === 'frequency')?.paper).toBe(0.25);
  });

  test('tells the effective stride N/N’ from the stride', () => {
    expect(readings[0]).toMatchObject({ stride: 2, inputLength: 98, outputLength: 57 });
    expect(readings[0]?.effectiveStride).toBeCloseTo(98 / 57, 12);
  });

  test('ends the band where the mask does: a bin further along frequency unless R is a share of the axis', () => {
    const ends = (smoothness: Parameters<typeof readLayers>[1]) =>
      readLayers(runs([[2, 2]])[0]?.result.axes ?? [], smoothness)
        .filter((reading) => reading.layer === 1)
        .map((reading) => reading.bandEnd);
    expect(ends(4)).toEqual([expect.closeTo((100 * (98 / 4 + 4)) / 98, 10), expect.closeTo(21 / 64, 10)]);
    expect(ends({ relative: 4 / 64 })[1]).toBeCloseTo(20 / 64, 10);
  });
});
