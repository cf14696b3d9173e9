import { cellText, type Table } from '../../src/report/table.ts';
import { renderCsv, renderHtml, renderLatex, renderMarkdown } from '../../src/report/table-formats.ts';
import { renderText } from '../../src/report/table-text.ts';

const table: Table = {
  id: 'table-1',
  title: 'Table 1. Accuracy & more',
  columns: [
    { heading: 'task', kind: 'text' },
    { heading: 'strided', kind: 'figure' },
    { heading: 'paper', kind: 'paper' },
  ],
  rows: [
    {
      section: 'single-task',
      cells: [
        'a_b <i>, "c" | 50 %',
        { mean: 26.25, deviation: 0.625, count: 3, decimals: 2 },
        { mean: 1, deviation: undefined, count: 1, decimals: 1, mark: '*' },
      ],
    },
    { section: 'multi-task', emphasis: true, cells: ['mean', undefined, 'text'] },
  ],
  notes: ['* the paper prints 85.0 ± 9.3.'],
};

describe('a table', () => {
  test('has figures as mean ± deviation, and – for what is not known', () => {
    expect(table.rows.flatMap((row) => row.cells.map(cellText))).toEqual([
      'a_b <i>, "c" | 50 %',
      '26.25 ± 0.63',
      '1.0*',
      'mean',
      '–',
      'text',
    ]);
  });

  test('is aligned in a terminal, with sections and notes', () => {
    expect(renderText(table).split('\n')).toEqual([
      'Table 1. Accuracy & more',
      '',
      'task                      strided  paper',
      '───────────────────  ────────────  ─────',
      'single-task',
      'a_b <i>, "c" | 50 %  26.25 ± 0.63   1.0*',
      '',
      'multi-task',
      'mean                            –   text',
      '',
      '* the paper prints 85.0 ± 9.3.',
    ]);
  });

  test('is Markdown that no cell can break out of', () => {
    const lines = renderMarkdown(table).split('\n');
    expect(lines).toContain('| a_b <i>, "c" \\| 50 % | 26.25 ± 0.63 | 1.0\\* |');
    expect(lines).toContain('| **mean** | **–** | **text** |');
    expect(lines).toContain('| --- | ---: | ---: |');
  });

  test('is LaTeX with its special characters escaped', () => {
    const latex = renderLatex(table);
    expect(latex).toContain('\\caption{Accuracy \\& more}');
    expect(latex).toContain(
      'a\\_b \\textless{}i\\textgreater{}, "c" \\textbar{} 50 \\% & 26.25 $\\pm$ 0.63 & 1.0$^{*}$ \\\\',
    );
    expect(latex).toContain('\\multicolumn{3}{l}{\\emph{multi-task}} \\\\');
    expect(latex.match(/\\begin/g)).toHaveLength(2);
    expect(latex.match(/\\end/g)).toHaveLength(2);
  });

  test('is CSV at full precision, a figure as mean, sd and runs', () => {
    expect(renderCsv(table).split('\r\n')).toEqual([
      'section,task,strided mean,strided sd,strided runs,strided paper mean,strided paper sd,strided paper runs',
      'single-task,"a_b <i>, ""c"" | 50 %",26.25,0.625,3,1,,1',
      'multi-task,mean,,,,text,,',
      '',
    ]);
  });

  test('is HTML with header cells, a caption and escaped text', () => {
    const html = renderHtml(table);
    expect(html).toContain('<caption>Table 1. Accuracy &amp; more</caption>');
    expect(html).toContain('<th scope="row">a_b &lt;i&gt;, &quot;c&quot; | 50 %</th>');
    expect(html.match(/<th scope="col"/g)).toHaveLength(3);
    expect(html).not.toContain('<i>');
  });
});
