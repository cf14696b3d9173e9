import { lowPassSvg } from '../../src/report/charts/mask-figure.ts';
import { colorOf } from '../../src/report/color-map.ts';
import { lowPass, maskValues } from '../../src/report/low-pass.ts';

const rows = 98;
const columns = 64;

/** cos(2π m t/N) over time times cos(2π k f/N) over frequency. */
function wave(m: number, k: number): Float32Array {
  return Float32Array.from({ length: rows * columns }, (_, index) => {
    const t = Math.floor(index / columns);
    const f = index % columns;
    return Math.cos((2 * Math.PI * m * t) / rows) * Math.cos((2 * Math.PI * k * f) / columns);
  });
}

describe('maskValues()', () => {
  test('is Eq. 3 along time: 1 up to N/(2S), then a ramp of R bins', () => {
    const mask = maskValues(98, { stride: 2, smoothness: 4, role: 'time' });
    // N/(2S) = 24.5: bins 25 to 28 lie on the ramp.
    expect(mask.slice(23, 31)).toEqual([1, 1, 0.875, 0.625, 0.375, 0.125, 0, 0]);
    expect(mask).toHaveLength(50);
  });
  test('is Eq. 4 along frequency: one bin more', () => {
    expect(maskValues(64, { stride: 2, smoothness: 4, role: 'frequency' }).slice(16, 23)).toEqual([
      1, 1, 0.75, 0.5, 0.25, 0, 0,
    ]);
  });
});

describe('lowPass()', () => {
  const masks = {
    time: { stride: 2, smoothness: 4, role: 'time' as const },
    frequency: { stride: 1.7, smoothness: { relative: 0.05 }, role: 'frequency' as const },
  };
  test.each([
    [0, 0],
    [3, 5],
    [25, 0],
    [27, 19],
    [40, 3],
    [49, 32],
  ])('scales the wave of %p cycles over time and %p over frequency by both masks', (m, k) => {
    const values = wave(m, k);
    const factor =
      (maskValues(rows, masks.time)[m] ?? Number.NaN) * (maskValues(columns, masks.frequency)[k] ?? Number.NaN);
    const filtered = lowPass({ rows, columns, values }, masks);
    const worst = filtered.values.reduce(
      (most, value, index) => Math.max(most, Math.abs(value - factor * (values[index] ?? 0))),
      0,
    );
    expect(worst).toBeLessThan(1e-6);
  });
  test('keeps everything at stride 1', () => {
    const values = wave(49, 32).map((value, index) => value + Math.sin(index));
    const one = { stride: 1, smoothness: 4 };
    const { values: same } = lowPass(
      { rows, columns, values },
      { time: { ...one, role: 'time' }, frequency: { ...one, role: 'frequency' } },
    );
    expect(Math.max(...same.map((value, index) => Math.abs(value - (values[index] ?? 0))))).toBeLessThan(1e-5);
  });
});

test('colorOf() goes from one end of a map to the other and stays inside', () => {
  expect(colorOf('diverging', 0.5)).toEqual([247, 247, 247]);
  expect(colorOf('sequential', -3)).toEqual(colorOf('sequential', 0));
  expect(colorOf('sequential', 2)).toEqual([253, 231, 37]);
});

describe('lowPassSvg()', () => {
  test('draws a window of half a minute', () => {
    const frames = 2998;
    const map = {
      rows: frames,
      columns,
      values: Float32Array.from({ length: frames * columns }, (_, i) => Math.sin(i)),
    };
    const stride = { stride: 2, smoothness: 4 };
    const masks = { time: { ...stride, role: 'time' as const }, frequency: { ...stride, role: 'frequency' as const } };
    const { svg, caption } = lowPassSvg(
      { model: 'words', masks, rates: { time: 100, frequency: 1 } },
      { name: 'a.wav', map },
    );
    expect(svg).toMatch(/^<svg /);
    expect(caption).toMatch(/which holds \d+\.\d % of its variance/);
  });
});
