/** How the notebooks show charts and spectrograms: as SVG, in the colours of the report's light page. */
import type { Tensor } from '@tensorflow/tfjs';
import type { TopLevelSpec } from 'vega-lite';
import { renderChart } from '../src/report/charts/render-chart.ts';
import { pageStyle } from '../src/report/page-style.ts';
import { spectrogramSvg } from '../src/report/spectrogram-svg.ts';

/** What Deno's kernel shows instead of a value's text. */
interface Shown {
  [Symbol.for('Jupyter.display')]?: () => Record<string, string>;
}

/** Colours of the light page by their CSS variable: a notebook has no page around its drawings. */
const colors = new Map(
  [...pageStyle.slice(0, pageStyle.indexOf('@media')).matchAll(/(--[\w-]+): (#[0-9a-f]{6})/g)].map(([, name, color]) => [
    name ?? '',
    color ?? '',
  ]),
);

function show(svg: string): Shown {
  const drawing = svg.replace('<svg ', '<svg font-family="system-ui, sans-serif" ').replace(/var\((--[\w-]+)\)/g, (variable, name: string) => colors.get(name) ?? variable);
  return { [Symbol.for('Jupyter.display')]: () => ({ 'image/svg+xml': drawing, 'text/plain': '[drawing]' }) } as Shown;
}

/** A Vega-Lite chart. */
export async function chart(spec: object): Promise<Shown> {
  return show(await renderChart(spec as TopLevelSpec, 'chart'));
}

/** Maps [frames, mel bins] of one second side by side. */
export function spectrograms(panels: { title: string; tensor: Tensor; diverging?: boolean }[]): Shown {
  const drawn = panels.map(({ title, tensor, diverging }) => {
    const [rows = 0, columns = 0] = tensor.shape;
    const values = tensor.dataSync() as Float32Array;
    const extent = values.reduce((most, value) => Math.max(most, Math.abs(value)), 0);
    const sorted = values.slice().sort();
    const range: [number, number] = diverging
      ? [-extent, extent]
      : [sorted[Math.floor(0.01 * sorted.length)] ?? 0, sorted[Math.floor(0.99 * sorted.length)] ?? 1];
    return { title, map: { rows, columns, values }, colors: diverging ? ('diverging' as const) : ('sequential' as const), range };
  });
  return show(spectrogramSvg(drawn, (drawn[0]?.map.rows ?? 0) / 100, 'spectrograms'));
}
