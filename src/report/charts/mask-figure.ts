import { bandEnd, cutoff } from '../cutoff.ts';
import type { InputRates } from '../layer-reading.ts';
import { type AxisMask, lowPass, maskValues, type ValueMap } from '../low-pass.ts';
import { roundHalfUp } from '../round.ts';
import { spectrogramSvg } from '../spectrogram-svg.ts';
import type { ReportFigure } from './figure.ts';
import { seriesColors } from './render-chart.ts';

/** A clip's log-mel spectrogram, and what it is a spectrogram of. */
export interface ExampleClip {
  name: string;
  map: ValueMap;
}

export interface FirstLayer {
  model: string;
  masks: { time: AxisMask; frequency: AxisMask };
  rates: InputRates;
}

const units = { time: 'Hz', frequency: 'cycles per mel bin' } as const;

/** The first layer's masks along both axes as curves over frequency, with their cut-offs. */
export function maskCurves({ model, masks, rates }: FirstLayer, map: ValueMap): ReportFigure {
  const lengths = { time: map.rows, frequency: map.columns };
  const axes = (['time', 'frequency'] as const).map((axis) => {
    const length = lengths[axis];
    const rate = rates[axis];
    const mask = masks[axis];
    return {
      axis,
      title: `${axis}: ${units[axis]}`,
      points: maskValues(length, mask).map((value, m) => ({ frequency: (m * rate) / length, value })),
      cutoff: cutoff(mask.stride, { rate, convention: 'continuous' }),
      end: bandEnd(mask.stride, { bins: length, rate, smoothness: mask.smoothness, role: mask.role }),
      stride: mask.stride,
    };
  });
  const caption = `${model}: the first layer’s masks (S = ${axes.map((axis) => `${roundHalfUp(axis.stride, 2)} along ${axis.axis}`).join(', ')}); the dashed line is the cut-off f/(2S).`;
  return {
    id: 'first-layer-masks',
    caption,
    label: `${caption} The table below holds cut-off and end of each band.`,
    data: {
      id: 'first-layer-masks-data',
      title: caption,
      columns: [
        { heading: 'axis', kind: 'text' },
        { heading: 'stride', kind: 'figure' },
        { heading: 'cut-off', kind: 'figure' },
        { heading: 'band end', kind: 'figure' },
        { heading: 'unit', kind: 'text' },
      ],
      rows: axes.map((axis) => ({
        cells: [
          axis.axis,
          roundHalfUp(axis.stride, 3),
          roundHalfUp(axis.cutoff, 4),
          roundHalfUp(axis.end, 4),
          units[axis.axis],
        ],
      })),
      notes: [],
    },
    spec: {
      hconcat: axes.map((axis) => ({
        width: 410,
        height: 130,
        layer: [
          {
            data: { values: axis.points },
            mark: { type: 'line' as const, interpolate: 'linear' as const, color: seriesColors[0] },
            encoding: {
              x: { field: 'frequency', type: 'quantitative' as const, title: axis.title, scale: { nice: false } },
              y: { field: 'value', type: 'quantitative' as const, title: 'mask', axis: { tickCount: 3 } },
            },
          },
          {
            data: { values: [{ cutoff: axis.cutoff }] },
            mark: { type: 'rule' as const, strokeDash: [4, 3] },
            encoding: { x: { field: 'cutoff', type: 'quantitative' as const } },
          },
        ],
      })),
    },
  };
}

/** What the first layer keeps of a clip: original, low-passed, and their difference. */
export function lowPassSvg(
  { model, masks, rates }: FirstLayer,
  { name, map }: ExampleClip,
): { svg: string; caption: string } {
  const kept = lowPass(map, masks);
  const lost = map.values.map((value, index) => value - (kept.values[index] ?? 0));
  const sorted = map.values.slice().sort();
  const low = sorted[Math.floor(0.01 * sorted.length)] ?? 0;
  const high = sorted[Math.floor(0.99 * sorted.length)] ?? 1;
  const extent = lost.reduce((most, value) => Math.max(most, Math.abs(value)), 1e-6) * 0.7;
  const power = (values: Float32Array) => values.reduce((sum, value) => sum + value * value, 0);
  const average = map.values.reduce((sum, value) => sum + value, 0) / map.values.length;
  const share = power(lost) / Math.max(1e-12, power(map.values.map((value) => value - average)));
  const caption = `What the first layer’s masks of ${model} keep of ${name}: log-mel spectrogram as it is, low-passed, and the difference, which holds ${roundHalfUp(100 * share, 1)} % of its variance.`;
  return {
    caption,
    svg: spectrogramSvg(
      [
        { title: 'original', map, colors: 'sequential', range: [low, high] },
        { title: 'low-passed', map: kept, colors: 'sequential', range: [low, high] },
        { title: 'difference', map: { ...map, values: lost }, colors: 'diverging', range: [-extent, extent] },
      ],
      map.rows / rates.time,
      caption,
    ),
  };
}
