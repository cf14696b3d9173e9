import type {
  ColumnCounts,
  Counted,
  DatasetExamination,
  Finding,
  FindingItem,
  Spread,
} from '../datasets/dataset-examination.ts';
import { printable } from './printable.ts';
import { type Cell, type Column, figure, type Table } from './table.ts';

const digits = new Intl.NumberFormat('en');
const splits = ['train', 'validation', 'test'] as const;

/** Seconds as people say them: 0.82 s, 12 s, 3 min 20 s, 5.2 h. */
export function lengthText(seconds: number): string {
  if (seconds < 10) return `${seconds.toFixed(2)} s`;
  if (seconds < 60) return `${seconds.toFixed(1)} s`;
  const whole = Math.round(seconds);
  if (whole < 3600) return `${Math.floor(whole / 60)} min ${whole % 60} s`;
  return `${(seconds / 3600).toFixed(1)} h`;
}

const count = (value: number) => digits.format(value);
const level = (decibels: number) => `${decibels.toFixed(1).replace('-', '−')} dBFS`;

const clipsText = (clips: number) => `${count(clips)} ${clips === 1 ? 'clip' : 'clips'}`;

/** `1.00 s` where all are equal, else `0.20 s to 3.10 s, median 1.00 s (nine of ten from 0.50 s to 2.00 s)`. */
function spreadText({ least, low, median, high, greatest }: Spread, text: (value: number) => string): string {
  if (text(least) === text(greatest)) return `${text(median)}, all`;
  return `${text(least)} to ${text(greatest)}, median ${text(median)} (nine of ten from ${text(low)} to ${text(high)})`;
}

/** `16,000 Hz`, or with their clips where there are several. */
function countedText<Value>(values: readonly Counted<Value>[], text: (value: Value) => string): string {
  const [only] = values;
  if (values.length === 1 && only !== undefined) return text(only.value);
  return values.map(({ value, clips }) => `${text(value)} (${clipsText(clips)})`).join(', ');
}

/** The label columns that can be tasks: those that name clips are left out, unless there is no other. */
export function tasksOf({ columns }: DatasetExamination): readonly ColumnCounts[] {
  const tasks = columns.filter(({ identifier }) => !identifier);
  return tasks.length > 0 ? tasks : columns;
}

/** What a data set is, a line a fact. */
export function overviewTable(examination: DatasetExamination): Table {
  const { clips, readable, seconds, groups, lengths, loudness, sampleRates, channels, containers } = examination;
  const names = examination.columns.filter((column) => !tasksOf(examination).includes(column));
  const facts: [string, string][] = [
    ['clips', readable === clips ? count(clips) : `${count(clips)}, of which ${count(readable)} can be read`],
    ['length', `${lengthText(seconds)}${seconds >= 3600 ? '' : ` (${(seconds / 3600).toFixed(2)} h)`}`],
    ...splits.map((split): [string, string] => {
      const part = examination.splits[split];
      return [split, part.clips === 0 ? 'no clip' : `${clipsText(part.clips)}, ${lengthText(part.seconds)}`];
    }),
    ['lengths', spreadText(lengths, lengthText)],
    ['level (RMS)', loudness === null ? 'all silent' : spreadText(loudness, level)],
    ['sample rates', countedText(sampleRates, (rate) => `${count(rate)} Hz`)],
    ['channels', countedText(channels, String)],
    ['containers', countedText(containers, (name) => name)],
  ];
  if (groups !== undefined) {
    const rest = groups.ungrouped > 0 ? `, ${clipsText(groups.ungrouped)} of none` : '';
    facts.push(['groups', `${count(groups.count)} by ${groups.by}${rest}`]);
  }
  if (names.length > 0) {
    const each = names.map(({ column, classes }) => `${column} (${count(classes.length)} labels)`);
    facts.push(['names, not classes', each.join(', ')]);
  }
  return {
    id: 'overview',
    title: printable(examination.name),
    columns: [
      { heading: 'fact', kind: 'text' },
      { heading: 'found', kind: 'text' },
    ],
    rows: facts.map((cells) => ({ cells: cells.map(printable) })),
    notes: examination.notes.map(printable),
  };
}

/** Clips of each class of a column by split. `limit`: so many of the largest classes only, and a note that says so. */
export function classCountTable(
  { column, classes, unlabelled, skew, identifier }: ColumnCounts,
  limit = Infinity,
): Table {
  const shown = largest(classes, limit);
  const descriptors = Object.keys(classes.find((one) => one.descriptors !== undefined)?.descriptors ?? {});
  const total = classes.reduce((sum, { clips }) => sum + clips, 0);
  const notes: string[] = [];
  if (identifier) notes.push('Most labels are those of one clip: they name clips, and findings leave them out.');
  if (shown.length < classes.length) notes.push(`The ${shown.length} largest of ${count(classes.length)} classes.`);
  if (classes.length > 1) notes.push(`The largest class has ${skewText(skew)} as many clips as the smallest.`);
  if (unlabelled > 0) notes.push(`${clipsText(unlabelled)} without a ${column}.`);
  if (descriptors.length > 0) notes.push('Descriptors are medians over the clips of a class.');
  const figures = ['clips', '%', ...splits, 'length', ...descriptors.map(descriptorHeading)];
  return {
    id: `classes-${fileSafe(column)}`,
    title: `${printable(column)}: ${count(classes.length)} ${classes.length === 1 ? 'class' : 'classes'}`,
    columns: [{ heading: 'class', kind: 'text' }, ...figures.map((heading): Column => ({ heading, kind: 'figure' }))],
    rows: shown.map((one) => ({
      cells: [
        printable(one.label),
        number(one.clips),
        number(total > 0 ? (100 * one.clips) / total : Number.NaN, 1),
        ...splits.map((split) => number(one.splits[split])),
        lengthText(one.seconds),
        ...descriptors.map((name) => number(one.descriptors?.[name], name === 'spectralCentroid' ? 0 : 4)),
      ],
    })),
    notes,
  };
}

function descriptorHeading(name: string): string {
  return name === 'spectralCentroid' ? 'centroid Hz' : name;
}

/** The largest entries in the order in which they came. */
export function largest<Entry extends { readonly clips: number }>(entries: readonly Entry[], limit: number): Entry[] {
  if (entries.length <= limit) return [...entries];
  const kept = new Set([...entries].sort((a, b) => b.clips - a.clips).slice(0, limit));
  return entries.filter((entry) => kept.has(entry));
}

function skewText(skew: number): string {
  if (skew < 1.05) return skew === 1 ? 'exactly' : 'about';
  return `${skew.toFixed(1)} times`;
}

function number(value: number | undefined, decimals = 0): Cell {
  return value === undefined || !Number.isFinite(value)
    ? undefined
    : figure({ mean: value, deviation: undefined, count: 1 }, decimals);
}

/** A name for an element's id: letters, digits and hyphens. */
function fileSafe(text: string): string {
  return text.replace(/[^A-Za-z0-9]+/g, '-').replace(/^-|-$/g, '') || 'column';
}

/** Edges of a bin: `0.5 to 1 s`. */
export function binText({ from, to }: { from: number; to: number }): string {
  return `${from} to ${to} s`;
}

/** How many clips are how long, with a bar for each bin. */
export function lengthTable({ lengths }: DatasetExamination): Table {
  const most = Math.max(...lengths.bins.map(({ clips }) => clips));
  const bar = (clips: number) => '█'.repeat(clips === 0 ? 0 : Math.max(1, Math.round((24 * clips) / most)));
  return {
    id: 'length-bins',
    title: 'Lengths',
    columns: [
      { heading: 'from … to below', kind: 'text' },
      { heading: 'clips', kind: 'figure' },
      { heading: '', kind: 'text' },
    ],
    rows: lengths.bins.map((bin) => ({ cells: [binText(bin), number(bin.clips), bar(bin.clips)] })),
    notes: [],
  };
}

/** A case of a finding in one line: the first of its clips, and what is the matter. */
export function itemText({ subject, clips, detail }: FindingItem, mostClips = 3): string {
  const named = clips.slice(0, mostClips).join(', ');
  const more = clips.length > mostClips ? `, and ${count(clips.length - mostClips)} more` : '';
  if (subject === undefined) return printable(`${named}${more}: ${detail}`);
  return printable(clips.length === 0 ? `${subject}: ${detail}` : `${subject}: ${detail} (${named}${more})`);
}

/** Findings for a terminal: what, by which rule, and the first `limit` cases of each. */
export function findingLines(findings: readonly Finding[], limit = 5): string[] {
  if (findings.length === 0) return ['Nothing found that seems wrong.'];
  return findings.flatMap(({ weight, title, meaning, items }, index) => [
    ...(index > 0 ? [''] : []),
    `${weight === 'fault' ? '✗' : '·'} ${title}`,
    `  ${meaning}`,
    ...items.slice(0, limit).map((item) => `    ${itemText(item)}`),
    ...(items.length > limit ? [`    and ${count(items.length - limit)} more`] : []),
  ]);
}
