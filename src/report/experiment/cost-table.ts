import { z } from 'zod';
import { paperCost, paperCostRows } from '../paper-figures.ts';
import { roundHalfUp } from '../round.ts';
import { median } from '../spread.ts';
import { type Cell, type Column, figure, type Table } from '../table.ts';

const pooling = z.enum(['strided', 'spectral', 'diffstride']);

/** One process's measurement: median time of a step, and the most memory that it ever had resident. */
export const costSampleSchema = z.strictObject({
  round: z.int().min(0),
  pooling,
  mode: z.enum(['training', 'inference']),
  stepSeconds: z.number().positive(),
  peakBytes: z.number().positive(),
});
export type CostSample = z.output<typeof costSampleSchema>;

/** costs.json of an experiment. */
export const costsSchema = z.strictObject({
  /** What was measured: model, heads, batch, steps, rounds. */
  settings: z.looseObject({ batch: z.int(), steps: z.int(), rounds: z.int() }),
  backend: z.looseObject({ name: z.string(), threads: z.number() }),
  samples: z.array(costSampleSchema),
});
export type Costs = z.output<typeof costsSchema>;

const poolings = pooling.options;
const measures = {
  time: { of: (sample: CostSample) => sample.stepSeconds },
  memory: { of: (sample: CostSample) => sample.peakBytes },
} as const;

/** A row of Table A.2, such as `training peak memory, relative`. */
function parseRow(row: string): { mode: CostSample['mode']; measure: keyof typeof measures } {
  return {
    mode: row.startsWith('training') ? 'training' : 'inference',
    measure: row.includes('memory') ? 'memory' : 'time',
  };
}

/** Table A.2: time and peak memory relative to strided convolution, the median over rounds, beside the paper's. */
export function costTable({ settings, backend, samples }: Costs): Table {
  const middle = (mode: CostSample['mode'], of: (sample: CostSample) => number, name: CostSample['pooling']) => {
    const values = samples.filter((sample) => sample.mode === mode && sample.pooling === name).map(of);
    return values.length === 0 ? undefined : median(values);
  };
  const rows = paperCostRows.map((row) => {
    const { mode, measure } = parseRow(row);
    const { of } = measures[measure];
    const base = middle(mode, of, 'strided');
    return {
      cells: [
        row.replace(', relative', ''),
        ...poolings.flatMap((name): Cell[] => {
          const own = middle(mode, of, name);
          const relative = own === undefined || base === undefined ? undefined : own / base;
          const theirs = paperCost(row, name);
          const one = (value: number | undefined) =>
            value === undefined ? undefined : figure({ mean: value, deviation: undefined, count: 1 }, 2);
          return [one(relative), one(theirs)];
        }),
      ],
    };
  });
  const absolute = (['training', 'inference'] as const).map((mode) => {
    const seconds = middle(mode, measures.time.of, 'strided');
    const bytes = middle(mode, measures.memory.of, 'strided');
    return seconds === undefined || bytes === undefined
      ? undefined
      : `${mode} ${roundHalfUp(1000 * seconds, 0)} ms a step and ${roundHalfUp(bytes / 2 ** 20, 0)} MiB`;
  });
  const known = absolute.filter((text) => text !== undefined);
  return {
    id: 'table-a2',
    title: 'Table A.2. Time and peak memory relative to strided convolution',
    columns: [
      { heading: 'measure', kind: 'text' },
      ...poolings.flatMap((name): Column[] => [
        { heading: name, kind: 'figure' },
        { heading: 'paper', kind: 'paper' },
      ]),
    ],
    rows,
    notes: [
      `Measured: batch ${settings.batch}, every pooling in a process of its own, ${settings.rounds} interleaved rounds, medians; memory is the process’s peak resident set. Backend ${backend.name}, ${backend.threads} threads.`,
      ...(known.length > 0 ? [`Strided convolution: ${known.join('; ')}.`] : []),
      'The paper measured on a V100 GPU.',
    ],
  };
}
