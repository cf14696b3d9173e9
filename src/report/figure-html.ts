import type { ReportFigure } from './charts/figure.ts';
import { renderChart } from './charts/render-chart.ts';
import { escapeXml } from './escape-xml.ts';
import { renderHtml } from './table-formats.ts';

/** Numbers figures in the order in which they are placed. */
export class FigureNumbers {
  #last = 0;

  next(): number {
    this.#last += 1;
    return this.#last;
  }
}

/** A chart with its number, caption and data table, as an HTML figure. */
export async function figureHtml(figure: ReportFigure, numbers: FigureNumbers): Promise<string> {
  const svg = await renderChart(figure.spec, figure.label);
  return `<figure id="${figure.id}">
${svg}
<figcaption><b>Figure ${numbers.next()}.</b> ${escapeXml(figure.caption)}</figcaption>
<details><summary>As a table</summary>${renderHtml(figure.data, { captioned: false })}</details>
</figure>`;
}
