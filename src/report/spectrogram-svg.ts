import { encodePng } from '../png.ts';
import { type ColorMap, colorOf } from './color-map.ts';
import { escapeXml } from './escape-xml.ts';
import type { ValueMap } from './low-pass.ts';

export interface SpectrogramPanel {
  title: string;
  map: ValueMap;
  colors: ColorMap;
  /** Values of the colour map's ends. */
  range: [number, number];
}

const panelWidth = 300;
const panelHeight = 190;
const gap = 34;
const left = 44;
const top = 26;
const bottom = 40;

/** A map (rows are frames, columns mel bins) as a PNG in a data URI: time to the right, frequency upwards. */
function image({ map, colors, range }: SpectrogramPanel): string {
  const { rows, columns, values } = map;
  const pixels = new Uint8Array(rows * columns * 3);
  for (let t = 0; t < rows; t++) {
    for (let f = 0; f < columns; f++) {
      const share = ((values[t * columns + f] ?? 0) - range[0]) / (range[1] - range[0]);
      pixels.set(colorOf(colors, share), ((columns - 1 - f) * rows + t) * 3);
    }
  }
  const png = encodePng({ width: rows, height: columns, channels: 3, pixels });
  return `data:image/png;base64,${png.toString('base64')}`;
}

function text(
  x: number,
  y: number,
  content: string,
  options: { anchor?: string; soft?: boolean; size?: number } = {},
): string {
  const { anchor = 'middle', soft = true, size = 11 } = options;
  return `<text x="${x.toFixed(1)}" y="${y.toFixed(1)}" text-anchor="${anchor}" font-size="${size}" fill="var(--ink${soft ? '-soft' : ''})">${escapeXml(content)}</text>`;
}

function panel(entry: SpectrogramPanel, index: number, seconds: number): string {
  const x = left + index * (panelWidth + gap);
  const step = seconds > 2.5 ? 1 : seconds > 1.2 ? 0.5 : 0.2;
  const ticks = Array.from({ length: Math.floor(seconds / step) + 1 }, (_, tick) => {
    const at = x + ((tick * step) / seconds) * panelWidth;
    const label = String(Number((tick * step).toFixed(2)));
    return `<path d="M${at.toFixed(1)} ${top + panelHeight}v4" stroke="var(--ink-soft)"/>${text(at, top + panelHeight + 16, label)}`;
  });
  return [
    text(x, top - 9, entry.title, { anchor: 'start', soft: false, size: 12 }),
    `<image x="${x}" y="${top}" width="${panelWidth}" height="${panelHeight}" preserveAspectRatio="none" style="image-rendering:pixelated" href="${image(entry)}"/>`,
    ...ticks,
    text(x + panelWidth / 2, top + panelHeight + 33, 'seconds'),
  ].join('');
}

/** Spectrograms side by side, with axes: seconds and mel bins. `label` is read out in place of the drawing. */
export function spectrogramSvg(panels: readonly SpectrogramPanel[], seconds: number, label: string): string {
  const width = left + panels.length * (panelWidth + gap) - gap + 12;
  const height = top + panelHeight + bottom;
  const bins = panels[0]?.map.columns ?? 0;
  const axis = [1, bins / 2, bins].map((bin) =>
    text(left - 6, top + panelHeight * (1 - (bin - 0.5) / bins) + 4, String(bin), { anchor: 'end' }),
  );
  const middle = top + panelHeight / 2;
  return [
    `<svg role="img" aria-label="${escapeXml(label)}" class="chart" xmlns="http://www.w3.org/2000/svg" width="${width}" height="${height}" viewBox="0 0 ${width} ${height}">`,
    ...axis,
    `<text x="12" y="${middle}" text-anchor="middle" font-size="11" fill="var(--ink-soft)" transform="rotate(-90 12 ${middle})">mel bin</text>`,
    ...panels.map((entry, index) => panel(entry, index, seconds)),
    '</svg>',
  ].join('');
}
