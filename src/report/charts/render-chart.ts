import type { Config, TopLevelSpec } from 'vega-lite';
import { escapeXml } from '../escape-xml.ts';

/**
 * Colours come from the page as CSS variables, so that one drawing serves light, dark and print. Series differ by dash or
 * shape too, never by colour alone.
 */
export const seriesColors: readonly string[] = Array.from({ length: 8 }, (_, index) => `var(--series-${index + 1})`);
export const seriesDashes: readonly number[][] = [
  [1, 0],
  [6, 3],
  [2, 2],
  [8, 3, 2, 3],
  [1, 3],
  [10, 4],
  [4, 2, 1, 2],
  [12, 2, 4, 2],
];

const ink = 'var(--ink)';
const soft = 'var(--ink-soft)';
const rule = 'var(--rule)';

const theme: Config = {
  background: 'transparent',
  padding: 4,
  lineBreak: '\n',
  view: { stroke: null },
  axis: {
    labelColor: soft,
    titleColor: ink,
    domainColor: soft,
    tickColor: soft,
    gridColor: rule,
    gridOpacity: 1,
    labelFontSize: 11,
    titleFontSize: 11.5,
    titleFontWeight: 'normal',
    tickSize: 4,
    titlePadding: 8,
    labelLimit: 300,
  },
  axisX: { grid: false },
  legend: {
    labelColor: ink,
    titleColor: soft,
    labelFontSize: 11.5,
    titleFontSize: 11.5,
    titleFontWeight: 'normal',
    symbolStrokeWidth: 2,
    // What tells models apart stands at the end of their names.
    labelLimit: 0,
  },
  header: {
    labelColor: ink,
    titleColor: soft,
    labelFontSize: 12,
    labelFontWeight: 'bold',
    titleFontSize: 11.5,
    titleFontWeight: 'normal',
  },
  title: { color: ink, fontSize: 12.5, fontWeight: 'bold', anchor: 'start', subtitleColor: soft },
  text: { color: ink, fontSize: 11 },
  line: { strokeWidth: 1.8 },
  point: { size: 42, filled: true },
  rule: { color: soft },
  range: { category: [...seriesColors] },
};

/** Drops what only a script could use, what is invisible, what the page's own style says once, and digits of coordinates that no eye sees. */
function forPage(svg: string, label: string): string {
  return (
    svg
      .replace(/<text [^>]*opacity="0"[^>]*>[^<]*<\/text>/g, '')
      .replace(/<path [^>]*d="[^"]*"[^>]*display="none"\/>/g, '')
      .replace(/<path class="background"(?! [^>]*(?:stroke|fill)=)[^>]*\/>/g, '')
      .replace(/ (?:aria-roledescription|aria-label|aria-hidden|pointer-events|font-family|class|version)="[^"]*"/g, '')
      .replace(/ (?:role="graphics-(?:object|symbol)"|opacity="1"|stroke-opacity="1")/g, '')
      .replace(/<[^>]*>/g, (tag) => tag.replace(/(\.\d{2})\d+/g, '$1'))
      // An axis on which all values are one has a tick of six decimals.
      .replace(/>(−?\d+\.\d{6})</g, (_, tick: string) => `>${tick.replace(/\.?0+$/, '')}<`)
      .replace(/^<svg /, () => `<svg role="img" aria-label="${escapeXml(label)}" class="chart" `)
  );
}

/**
 * A Vega-Lite chart as a stand-alone SVG element without scripts. `label` is read out in place of the drawing. Vega is loaded
 * on the first call.
 */
export async function renderChart(spec: TopLevelSpec, label: string): Promise<string> {
  const { View, parse, Warn } = await import('vega');
  const { compile } = await import('vega-lite');
  const compiled = compile({ ...spec, config: { ...theme, ...spec.config } }).spec;
  const view = new View(parse(compiled), { renderer: 'none', logLevel: Warn });
  try {
    return forPage(await view.toSVG(), label);
  } finally {
    view.finalize();
  }
}
