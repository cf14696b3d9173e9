import type { ClassExample, ColumnCounts, DatasetExamination, Finding } from '../datasets/dataset-examination.ts';
import { resolveFeatures } from '../features/index.ts';
import { packageVersion } from '../package-root.ts';
import { classChart, lengthHistogram } from './charts/dataset-charts.ts';
import { renderChart } from './charts/render-chart.ts';
import { classCountTable, itemText, lengthText, overviewTable, tasksOf } from './dataset-table.ts';
import { escapeXml } from './escape-xml.ts';
import { FigureNumbers, figureHtml } from './figure-html.ts';
import type { ValueMap } from './low-pass.ts';
import { type PageSection, renderPage } from './page.ts';
import { printable } from './printable.ts';
import { spectrogramSvg } from './spectrogram-svg.ts';
import { renderHtml } from './table-formats.ts';

/** Rows of a table of classes, and cases of a finding: a page of a hundred thousand lines opens for nobody. `--json` has all. */
const tabulatedClasses = 500;
const listedItems = 20;
/** Columns of pixels of an example: what is longer is averaged. */
const exampleColumns = 200;

/** What is in a data set and what is wrong with it, as one self-contained HTML page. `examples`: a clip of each class, or none. */
export async function datasetPage(examination: DatasetExamination, examples: readonly ClassExample[]): Promise<string> {
  const numbers = new FigureNumbers();
  const histogram = lengthHistogram(examination);
  const sections: PageSection[] = [
    { id: 'contents', heading: 'What is there', html: renderHtml(overviewTable(examination), { captioned: false }) },
    { id: 'findings', heading: 'What seems wrong', html: findingsHtml(examination.findings) },
    { id: 'classes', heading: 'Classes', html: await classesHtml(tasksOf(examination), numbers) },
  ];
  if (histogram) sections.push({ id: 'length', heading: 'Lengths', html: await figureHtml(histogram, numbers) });
  if (examples.length > 0) {
    sections.push({ id: 'examples', heading: 'Examples', html: examplesHtml(examination, examples, numbers) });
  }
  const { clips, seconds, columns } = examination;
  return renderPage({
    title: `Data: ${shortName(examination.name)}`,
    lead: `${new Intl.NumberFormat('en').format(clips)} ${clips === 1 ? 'clip' : 'clips'}, ${lengthText(seconds)}, labelled by ${printable(columns.map(({ column }) => column).join(', '))}.`,
    sections,
    footer: `Made by Spectride ${packageVersion()} from ${shortName(examination.name)}.`,
  });
}

/** The name without the folders above it. */
function shortName(name: string): string {
  return printable(name).replace(/^(folder|manifest):.*[/\\](?=[^/\\]+$)/, '');
}

function findingsHtml(findings: readonly Finding[]): string {
  if (findings.length === 0) return '<p>Nothing found that seems wrong.</p>';
  const faults = findings.filter(({ weight }) => weight === 'fault');
  const remarks = findings.filter(({ weight }) => weight === 'remark');
  const group = (heading: string, of: readonly Finding[]) =>
    of.length === 0 ? '' : `<p><b>${heading}</b></p>\n${of.map(findingHtml).join('\n')}`;
  return [group('With these, scores or labels cannot be trusted.', faults), group('Worth knowing.', remarks)].join(
    '\n',
  );
}

function findingHtml({ kind, title, meaning, items }: Finding): string {
  const shown = items.slice(0, listedItems).map((item) => `<li>${escapeXml(itemText(item))}</li>`);
  const rest = items.length > listedItems ? `<li>and ${items.length - listedItems} more</li>` : '';
  return `<div class="finding" id="finding-${kind}"><h3>${escapeXml(title)}</h3><p>${escapeXml(meaning)}</p><ul>${shown.join('')}${rest}</ul></div>`;
}

async function classesHtml(columns: readonly ColumnCounts[], numbers: FigureNumbers): Promise<string> {
  const parts: string[] = [];
  for (const column of columns) {
    parts.push(renderHtml(classCountTable(column, tabulatedClasses)));
    const chart = classChart(column);
    if (chart === undefined) continue;
    const svg = await renderChart(chart.spec, chart.label);
    parts.push(
      `<figure>${svg}<figcaption><b>Figure ${numbers.next()}.</b> ${escapeXml(chart.caption)}</figcaption></figure>`,
    );
  }
  return parts.join('\n');
}

function examplesHtml(
  { columns }: DatasetExamination,
  examples: readonly ClassExample[],
  numbers: FigureNumbers,
): string {
  const { sampleRate, hopLength } = resolveFeatures();
  return columns
    .flatMap(({ column, classes }) => {
      const ofColumn = examples.filter((example) => example.column === column);
      if (ofColumn.length === 0) return [];
      const places = new Map(classes.map(({ label }, place) => [label, place]));
      const inOrder = ofColumn.sort((a, b) => (places.get(a.label) ?? 0) - (places.get(b.label) ?? 0));
      const range = valueRange(inOrder);
      const figures = inOrder.map(({ label, clip, seconds, logMel }) => {
        const panel = { title: printable(label), map: thinned(logMel), colors: 'sequential', range } as const;
        const shown = (logMel.frames * hopLength) / sampleRate;
        const words = `Log-mel spectrogram of ${clip}, an example of ${column} ${label}.`;
        const part = seconds > shown + 0.1 ? `, the first ${shown.toFixed(0)} s` : '';
        return `<figure>${spectrogramSvg([panel], shown, printable(words))}<figcaption><b>Figure ${numbers.next()}.</b> ${escapeXml(printable(`${label}: ${clip} (${lengthText(seconds)}${part})`))}</figcaption></figure>`;
      });
      const some =
        inOrder.length < classes.length
          ? ` of ${inOrder.length} of ${classes.length} classes, the largest`
          : ' of each';
      return [
        `<p>A clip${escapeXml(some)} ${escapeXml(printable(column))}: log-mel, from ${decimal(range[0])} (dark) to ${decimal(range[1])} (bright) in all of them.</p>`,
        `<div class="gallery">${figures.join('\n')}</div>`,
      ];
    })
    .join('\n');
}

function decimal(value: number): string {
  return value.toFixed(1).replace('-', '−');
}

/** One range of values for all examples of a column, so that they can be compared: without the faintest hundredth. */
function valueRange(examples: readonly ClassExample[]): [number, number] {
  const values = Float32Array.from(examples.flatMap(({ logMel }) => [...thinned(logMel).values])).sort();
  const low = values[Math.floor(values.length / 100)] ?? 0;
  const high = values.at(-1) ?? 1;
  return high > low ? [low, high] : [low, low + 1];
}

/** At most `exampleColumns` rows: means of neighbouring frames. */
function thinned({ frames, bins, values }: ClassExample['logMel']): ValueMap {
  const size = Math.max(1, Math.ceil(frames / exampleColumns));
  const rows = Math.ceil(frames / size);
  const map = new Float32Array(rows * bins);
  for (let frame = 0; frame < frames; frame++) {
    const row = Math.floor(frame / size);
    const members = Math.min(size, frames - row * size);
    for (let bin = 0; bin < bins; bin++) {
      const at = row * bins + bin;
      map[at] = (map[at] ?? 0) + (values[frame * bins + bin] ?? 0) / members;
    }
  }
  return { rows, columns: bins, values: map };
}
