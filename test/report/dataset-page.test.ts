import type { ClassExample, DatasetExamination } from '../../src/datasets/dataset-examination.ts';
import { datasetPage } from '../../src/report/dataset-page.ts';
import {
  classCountTable,
  findingLines,
  itemText,
  lengthTable,
  lengthText,
  overviewTable,
  tasksOf,
} from '../../src/report/dataset-table.ts';
import { printable } from '../../src/report/printable.ts';
import { renderText } from '../../src/report/table-text.ts';

const hostile = '</text><script>alert("x")</script>\u001b[31m & \'\u2028\\';
const none = { train: 0, validation: 0, test: 0 };

const examination: DatasetExamination = {
  name: 'folder:/home/someone/<b>clips',
  root: '/home/someone/<b>clips',
  clips: 5,
  readable: 4,
  seconds: 8.5,
  splits: {
    train: { clips: 3, seconds: 4.5 },
    validation: { clips: 1, seconds: 4 },
    test: { clips: 1, seconds: 0 },
  },
  columns: [
    {
      column: 'label',
      classes: [
        { label: hostile, clips: 3, splits: { train: 2, validation: 1, test: 0 }, seconds: 5 },
        { label: '1', clips: 1, splits: { ...none, train: 1 }, seconds: 3.5 },
        { label: '10', clips: 1, splits: { ...none, test: 1 }, seconds: 0 },
      ],
      unlabelled: 0,
      skew: 3,
      identifier: false,
    },
    { column: '"title', classes: [], unlabelled: 5, skew: 0, identifier: true },
  ],
  groups: { by: 'speaker', count: 2, ungrouped: 1 },
  lengths: {
    least: 0.5,
    low: 0.5,
    median: 1.5,
    high: 40,
    greatest: 41,
    bins: [
      { from: 0.5, to: 1, clips: 1 },
      { from: 1, to: 2, clips: 2 },
      { from: 2, to: 5, clips: 1 },
    ],
  },
  loudness: null,
  sampleRates: [
    { value: 16000, clips: 3 },
    { value: 8000, clips: 1 },
  ],
  channels: [{ value: 1, clips: 4 }],
  containers: [{ value: 'WAV', clips: 4 }],
  window: 1,
  findings: [
    {
      kind: 'unreadable',
      weight: 'fault',
      title: '30 clips cannot be read',
      meaning: 'They are left out.',
      items: Array.from({ length: 30 }, (_, i) => ({ clips: [`${hostile}${i}.wav`], detail: 'not audio' })),
    },
    {
      kind: 'group-leak',
      weight: 'fault',
      title: '1 group',
      meaning: 'A leak.',
      items: [{ subject: 'speaker "ann"', clips: ['a', 'b', 'c', 'd', 'e'], detail: '4 train, 1 test' }],
    },
    {
      kind: 'short',
      weight: 'remark',
      title: '1 clip is short',
      meaning: 'Filled up.',
      items: [{ clips: ['x'], detail: '0.50 s' }],
    },
  ],
  notes: [`a note ${hostile}`],
};
const frames = 450;
const examples: ClassExample[] = [hostile, '1'].map((label) => ({
  column: 'label',
  label,
  clip: `${hostile}.wav`,
  seconds: 7,
  logMel: { frames, bins: 64, values: Float32Array.from({ length: frames * 64 }, (_, i) => Math.sin(i)) },
}));

/** Names of elements that are left open, or closed and never opened, by the tags alone. */
function unbalanced(html: string): string[] {
  const open: string[] = [];
  const wrong: string[] = [];
  const body = html.replace(/<style>[\s\S]*?<\/style>/g, '').replace(/<!doctype html>/i, '');
  for (const [, closing, name = '', inner = ''] of body.matchAll(/<(\/?)([a-zA-Z][\w-]*)((?:"[^"]*"|[^"<>])*)>/g)) {
    if (closing === '/') {
      if (open.pop() !== name) wrong.push(name);
    } else if (!inner.endsWith('/') && !['meta', 'img', 'br'].includes(name)) open.push(name);
  }
  return [...wrong, ...open];
}

describe('datasetPage()', () => {
  const page = datasetPage(examination, examples);

  test('is one file that loads nothing and runs nothing', async () => {
    const html = await page;
    expect(html).not.toMatch(/<script|<link|@import|<iframe|javascript:|\son\w+=/i);
    for (const [, target] of html.matchAll(/(?:src|href)="([^"]*)"/g)) {
      expect(target).toMatch(/^(#|data:image\/png;base64,)/);
    }
  });

  test('is well-formed, and no id occurs twice', async () => {
    const html = await page;
    expect(unbalanced(html)).toEqual([]);
    const ids = [...html.matchAll(/ id="([^"]*)"/g)].map(([, id]) => id);
    expect(new Set(ids).size).toBe(ids.length);
    for (const [, target] of html.matchAll(/href="#([^"]*)"/g)) expect(ids).toContain(target);
  });

  test('shows labels and names as text, whatever they hold, and not where the folder lies', async () => {
    const html = await page;
    expect(html).toContain('&lt;script&gt;alert(&quot;x&quot;)&lt;/script&gt;');
    expect(html).not.toContain('\u001b');
    expect(html).toContain('<title>Data: &lt;b&gt;clips</title>');
    expect(html.replaceAll(/<caption class="unseen">[^<]*|aria-label="[^"]*"/g, '')).not.toContain('/home/someone');
  });

  test('draws classes, lengths and an example of each class, each with a text alternative', async () => {
    const html = await page;
    const drawings = html.match(/<svg role="img" aria-label="[^"]{20,}"/g) ?? [];
    expect(drawings).toHaveLength((html.match(/<svg /g) ?? []).length);
    expect(drawings).toHaveLength(2 + examples.length);
    expect(html).toContain('A clip of 2 of 3 classes, the largest label');
    expect(html).toContain('(7.00 s, the first 5 s)');
    const numbers = [...html.matchAll(/<b>Figure (\d+)\.<\/b>/g)].map(([, number]) => Number(number));
    expect(numbers).toEqual([1, 2, 3, 4]);
  });

  test('keeps classes that look like numbers apart, in their order', async () => {
    const chart = (await page).slice((await page).indexOf('aria-label="Bars'));
    const texts = [...chart.slice(0, chart.indexOf('</svg>')).matchAll(/<text [^>]*>([^<]*)</g)].map(
      ([, text]) => text,
    );
    expect(texts.indexOf('10')).toBeGreaterThan(texts.indexOf('1'));
  });

  test('lists the first cases of a finding and counts the others', async () => {
    const html = await page;
    expect(html.match(/<li>[^<]*not audio<\/li>/g)).toHaveLength(20);
    expect(html).toContain('<li>and 10 more</li>');
  });

  test('says so where nothing seems wrong, and does without charts of one class and one length', async () => {
    const [column] = examination.columns;
    const plain = await datasetPage(
      {
        ...examination,
        findings: [],
        columns: column ? [{ ...column, classes: column.classes.slice(0, 1) }] : [],
        lengths: { ...examination.lengths, bins: [{ from: 1, to: 2, clips: 4 }] },
      },
      [],
    );
    expect(plain).toContain('Nothing found that seems wrong.');
    expect(plain).not.toContain('<svg');
    expect(unbalanced(plain)).toEqual([]);
  });
});

describe('the tables of a data set', () => {
  test('say what there is, a line a fact', () => {
    const text = renderText(overviewTable(examination));
    for (const line of [
      /^clips +5, of which 4 can be read$/m,
      /^train +3 clips, 4\.50 s$/m,
      /^sample rates +16,000 Hz \(3 clips\), 8,000 Hz \(1 clip\)$/m,
      /^level \(RMS\) +all silent$/m,
      /^groups +2 by speaker, 1 clip of none$/m,
      /^names, not classes +"title \(0 labels\)$/m,
    ]) {
      expect(text).toMatch(line);
    }
  });

  test('count classes by split; the largest only where so many are wanted', () => {
    const [column] = tasksOf(examination);
    if (!column) throw new Error('expected a column');
    const table = classCountTable(column, 1);
    expect(table.rows).toHaveLength(1);
    expect(table.notes).toEqual([
      'The 1 largest of 3 classes.',
      'The largest class has 3.0 times as many clips as the smallest.',
    ]);
    expect(renderText(classCountTable(column))).toMatch(/^10 +1 +20\.0 +0 +0 +1 +0\.00 s$/m);
  });

  test('never print what a terminal would obey', () => {
    const [column] = tasksOf(examination);
    const text = [
      renderText(overviewTable(examination)),
      column ? renderText(classCountTable(column)) : '',
      ...findingLines(examination.findings),
    ].join('\n');
    expect(text).not.toMatch(/[^\P{Cc}\n]/u);
    expect(printable('a\u0007\u202eb\r\n')).toBe('a\ufffd\ufffdb\ufffd\ufffd');
    expect(printable('كلمة é 👩‍🎤')).toBe('كلمة é 👩‍🎤');
  });

  test('draw a bar for every length that occurs', () => {
    expect(lengthTable(examination).rows.map(({ cells }) => String(cells[2]).length)).toEqual([12, 24, 12]);
  });

  test('list findings with the first cases, faults marked', () => {
    const lines = findingLines(examination.findings, 2);
    expect(lines.filter((line) => /^[✗·]/.test(line))).toEqual([
      '✗ 30 clips cannot be read',
      '✗ 1 group',
      '· 1 clip is short',
    ]);
    expect(lines).toContain('    and 28 more');
    expect(lines).toContain('    speaker "ann": 4 train, 1 test (a, b, c, and 2 more)');
    expect(itemText({ clips: ['a', 'b'], detail: 'in train only' })).toBe('a, b: in train only');
  });

  test('say lengths as people do', () => {
    expect([0.5, 12, 200, 5.2 * 3600].map(lengthText)).toEqual(['0.50 s', '12.0 s', '3 min 20 s', '5.2 h']);
  });
});
