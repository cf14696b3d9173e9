import { type InputRates, type LayerReading, readLayers } from './layer-reading.ts';
import type { RunGroup } from './run-group.ts';
import type { FinishedRun } from './run-record.ts';
import { type DeviationKind, type Spread, spreadOf } from './spread.ts';
import { type Column, figure, type Table } from './table.ts';

export type ConventionChoice = 'paper' | 'continuous' | 'both';

/** One axis of one layer over the seeds of a group; every figure is taken run by run and then averaged. */
export interface AxisSummary {
  pooled: boolean;
  learned: boolean;
  stride: Spread | undefined;
  effectiveStride: Spread | undefined;
  paper: Spread | undefined;
  continuous: Spread | undefined;
  bandEnd: Spread | undefined;
}

export interface CutoffSummary {
  label: string;
  layer: number;
  seeds: number[];
  time: AxisSummary;
  frequency: AxisSummary;
}

function summarize(readings: readonly LayerReading[], kind: DeviationKind): AxisSummary {
  const pooled = readings.filter((reading) => reading.pooled);
  const over = (value: (reading: LayerReading) => number | undefined) =>
    spreadOf(
      pooled.map(value).filter((entry) => entry !== undefined),
      kind,
    );
  return {
    pooled: pooled.length > 0,
    learned: pooled.some((reading) => reading.learned),
    stride: over((reading) => reading.stride),
    effectiveStride: over((reading) => reading.effectiveStride),
    paper: over((reading) => reading.paper),
    continuous: over((reading) => reading.continuous),
    bandEnd: over((reading) => reading.bandEnd),
  };
}

/** Strides and cut-offs of one layer over the runs of a group. Layers are counted in blocks from 1. */
export function summarizeCutoffs(
  group: RunGroup<FinishedRun>,
  layer: number,
  rates: (run: FinishedRun) => InputRates,
  kind: DeviationKind = 'sample',
): CutoffSummary {
  const readings = group.runs.flatMap((run) =>
    readLayers(run.result.axes, run.pipeline.model.smoothness, rates(run)).filter((reading) => reading.layer === layer),
  );
  return {
    label: group.label,
    layer,
    seeds: group.runs.map((run) => run.pipeline.seed),
    time: summarize(
      readings.filter((reading) => reading.axis === 'time'),
      kind,
    ),
    frequency: summarize(
      readings.filter((reading) => reading.axis === 'frequency'),
      kind,
    ),
  };
}

const axes = ['time', 'frequency'] as const;
const axisNames = { time: 'time', frequency: 'freq.' } as const;
const units = { time: 'Hz', frequency: 'c/mel' } as const;
/** Decimals of the paper's Table 2. */
const decimals = { time: 2, frequency: 4 } as const;

function conventionsOf(choice: ConventionChoice): ('paper' | 'continuous')[] {
  return choice === 'both' ? ['paper', 'continuous'] : [choice];
}

/** Table 2 for these groups: strides, effective strides, cut-offs by the conventions asked for, and the band's end. */
export function cutoffTable(
  summaries: readonly CutoffSummary[],
  options: { convention?: ConventionChoice; deviation?: DeviationKind } = {},
): Table {
  const conventions = conventionsOf(options.convention ?? 'both');
  const layered = new Set(summaries.map((summary) => summary.layer)).size > 1;
  const several = summaries.some((summary) => summary.seeds.length > 1);
  const name = (summary: CutoffSummary) =>
    summary.seeds.length > 1 ? `${summary.label} (${summary.seeds.length} runs)` : summary.label;
  const columns: Column[] = [
    { heading: layered ? 'layer' : 'run', kind: 'text' },
    ...axes.map((axis): Column => ({ heading: `stride ${axisNames[axis]}`, kind: 'figure' })),
    ...axes.map((axis): Column => ({ heading: `N/N' ${axisNames[axis]}`, kind: 'figure' })),
    ...conventions.flatMap((convention) =>
      axes.map((axis): Column => ({ heading: `cut-off ${units[axis]}, ${convention}`, kind: 'figure' })),
    ),
    ...axes.map((axis): Column => ({ heading: `band end ${units[axis]}`, kind: 'figure' })),
  ];
  const rows = summaries.map((summary) => ({
    section: layered ? name(summary) : undefined,
    cells: [
      layered ? String(summary.layer) : name(summary),
      ...axes.map((axis) => figure(summary[axis].stride, 2)),
      ...axes.map((axis) => figure(summary[axis].effectiveStride, 2)),
      ...conventions.flatMap((convention) => axes.map((axis) => figure(summary[axis][convention], decimals[axis]))),
      ...axes.map((axis) => figure(summary[axis].bandEnd, decimals[axis])),
    ],
  }));
  const [first] = summaries;
  return {
    id: 'cut-offs',
    title: layered || first === undefined ? 'Cut-off frequencies' : `Cut-off frequencies of layer ${first.layer}`,
    columns,
    rows,
    notes: [
      ...(conventions.includes('paper')
        ? ['paper: ⌊N/(2S)⌋·f/N, with N = 160 frames on the first layer’s time axis.']
        : []),
      ...(conventions.includes('continuous') ? ['continuous: f/(2S).'] : []),
      "c/mel: cycles per mel bin. band end: where the mask reaches 0, f·(N/(2S) + R)/N, along frequency a bin further where R is fixed, at most f/2. N/N': how much the map really shrinks.",
      ...(several
        ? [`mean ± ${options.deviation ?? 'sample'} standard deviation over seeds, each figure taken seed by seed.`]
        : []),
    ],
  };
}
