import { packageVersion } from '../package-root.ts';
import { accuracyTable, sharedStrideTable } from './accuracy-tables.ts';
import { complexityFigure } from './charts/complexity-chart.ts';
import { confusionMatrices } from './charts/confusion-chart.ts';
import type { ReportFigure } from './charts/figure.ts';
import { learningCurves } from './charts/learning-curves.ts';
import { type ExampleClip, lowPassSvg, maskCurves } from './charts/mask-figure.ts';
import { globalStriding, strideDistribution, strideTrajectories } from './charts/stride-charts.ts';
import { countTable } from './count-table.ts';
import { cutoffReport } from './cutoff-report.ts';
import { differenceTable } from './difference-table.ts';
import { escapeXml } from './escape-xml.ts';
import { FigureNumbers, figureHtml } from './figure-html.ts';
import { groupLabels } from './group-labels.ts';
import { inputRates } from './input-rates.ts';
import type { AxisMask } from './low-pass.ts';
import { type PageSection, renderPage } from './page.ts';
import { paperSource } from './paper-figures.ts';
import { runFacts } from './run-facts.ts';
import { groupRuns } from './run-group.ts';
import type { FinishedRun } from './run-record.ts';
import { classifyGroups, type RunVariant } from './run-variant.ts';
import { scoreTable } from './score-table.ts';
import type { DeviationKind } from './spread.ts';
import { cutoffContrastTable, strideMovementTable } from './stride-movement.ts';
import { strideTable } from './stride-table.ts';
import type { Table } from './table.ts';
import { renderHtml } from './table-formats.ts';

export interface ReportOptions {
  title?: string;
  deviation?: DeviationKind;
  /** A clip on which the first layer's masks are drawn; without one they are not. */
  example?: ExampleClip;
  /** Tables that come from elsewhere, such as measured costs; placed among the results. */
  tables?: readonly Table[];
}

export interface Report {
  /** The tables in the order of the page: what terminal, Markdown, LaTeX and CSV show. */
  tables: Table[];
  html: string;
}

async function section(
  id: string,
  heading: string,
  parts: readonly (Table | ReportFigure | string | undefined)[],
  numbers: FigureNumbers,
): Promise<PageSection | undefined> {
  const html: string[] = [];
  for (const part of parts) {
    if (part === undefined) continue;
    if (typeof part === 'string') html.push(part);
    else html.push('spec' in part ? await figureHtml(part, numbers) : renderHtml(part));
  }
  return html.length === 0 ? undefined : { id, heading, html: html.join('\n') };
}

/** The first layer of the first model that learns strides, drawn on a clip. */
function firstLayerParts(
  variants: readonly RunVariant<FinishedRun>[],
  example: ExampleClip | undefined,
  numbers: FigureNumbers,
): (ReportFigure | string | undefined)[] {
  const index = variants.findIndex((variant) => variant.pooling === 'diffstride');
  const run = variants[index]?.group.runs[0];
  if (run === undefined || example === undefined) return [];
  const mask = (role: 'time' | 'frequency'): AxisMask | undefined => {
    const axis = run.result.axes.find((entry) => entry.block === 1 && entry.axis === role);
    return axis?.pooled ? { stride: axis.stride, smoothness: run.pipeline.model.smoothness, role } : undefined;
  };
  const time = mask('time');
  const frequency = mask('frequency');
  if (time === undefined || frequency === undefined) return [];
  const layer = { model: groupLabels(variants)[index] ?? '', masks: { time, frequency }, rates: inputRates(run) };
  const drawn = lowPassSvg(layer, example);
  return [
    `<figure id="first-layer">\n${drawn.svg}\n<figcaption><b>Figure ${numbers.next()}.</b> ${escapeXml(drawn.caption)}</figcaption></figure>`,
    maskCurves(layer, example.map),
  ];
}

async function gallery(figures: readonly ReportFigure[], numbers: FigureNumbers): Promise<string | undefined> {
  if (figures.length === 0) return undefined;
  const html = [];
  for (const entry of figures) html.push(await figureHtml(entry, numbers));
  return `<div class="gallery">${html.join('\n')}</div>`;
}

function lead(runs: readonly FinishedRun[], groups: number): string {
  if (runs.length === 0) return 'Measurements; nothing was trained.';
  const started = runs.map((run) => run.environment.started).sort();
  const [first = ''] = started;
  const seeds = new Set(runs.map((run) => run.pipeline.seed)).size;
  const plural = (count: number, noun: string) => `${count} ${noun}${count === 1 ? '' : 's'}`;
  return `${plural(runs.length, 'run')} of ${plural(groups, 'model')} (${plural(seeds, 'seed')}), from ${first.slice(0, 10)}.`;
}

function nonEmpty(table: Table): Table | undefined {
  return table.rows.length === 0 ? undefined : table;
}

/** Everything that the given runs show: the paper's tables as far as they fill them, curves, strides, confusions. */
export async function buildReport(runs: readonly FinishedRun[], options: ReportOptions = {}): Promise<Report> {
  const groups = groupRuns(runs);
  const variants = classifyGroups(groups);
  const numbers = new FigureNumbers();
  const several = runs.length > 1;
  const extra = options.tables ?? [];
  const accuracy = several ? accuracyTable(variants) : undefined;
  const strides = strideTable(variants, options.deviation);
  const shared = sharedStrideTable(variants);
  // An experiment may measure costs and train nothing; runs may have had nothing to be scored on.
  const [counts, facts] = runs.length === 0 ? [] : [countTable(runs), runFacts(variants)];
  const scores = nonEmpty(scoreTable(variants));
  const learned = runs.filter((run) => run.pipeline.model.pooling === 'diffstride');
  const cutoffs =
    runs.length === 0
      ? undefined
      : cutoffReport(learned.length > 0 ? learned : runs, { deviation: options.deviation }).table;
  const movement = strideMovementTable(variants);
  const contrasts = cutoffContrastTable(variants);
  const differences = several ? differenceTable(variants) : undefined;
  const sections = [
    await section(
      'results',
      'Results',
      [...(several ? [] : [scores]), accuracy, shared, differences, ...extra, complexityFigure(variants)],
      numbers,
    ),
    await section(
      'learned-strides',
      'Strides as cut-off frequencies',
      [
        strides,
        movement,
        contrasts,
        ...firstLayerParts(variants, options.example, numbers),
        strideDistribution(variants),
        globalStriding(variants),
        cutoffs,
      ],
      numbers,
    ),
    await section('strides', 'Strides while training', strideTrajectories(variants), numbers),
    await section('curves', 'Learning curves', learningCurves(variants), numbers),
    await section('confusions', 'Confusion matrices', [await gallery(confusionMatrices(variants), numbers)], numbers),
    await section('data', 'Data and runs', [counts, ...(several ? [scores] : []), facts], numbers),
  ].filter((entry) => entry !== undefined);
  const names = [...new Set(runs.map((run) => run.pipeline.name))];
  return {
    tables: [
      scores,
      accuracy,
      strides,
      counts,
      shared,
      ...extra,
      differences,
      movement,
      contrasts,
      cutoffs,
      facts,
    ].filter((table) => table !== undefined),
    html: renderPage({
      title: options.title ?? (names.length <= 3 ? names.join(', ') : 'Learned strides: results'),
      lead: lead(runs, groups.length),
      sections,
      footer: `Made by Spectride ${packageVersion()} from ${runs.length === 1 ? 'a run folder' : `${runs.length} run folders`}. Columns headed “paper”: ${paperSource}.`,
    }),
  };
}

/** Tables that a terminal shows; the others are in the page and its files. */
const printed = /^(table-|differences|scores|stride-movement|cut-off-differences)/;

/** The tables of a report that the command line prints. */
export function printedTables(tables: readonly Table[]): Table[] {
  return tables.filter((table) => printed.test(table.id));
}
