import fc from 'fast-check';
import { parseTable } from '../../src/datasets/table-file.ts';

const parse = (text: string, name = 'a.csv') => parseTable(Buffer.from(text), name);
const cells = (text: string, name?: string) => parse(text, name).rows.map((row) => ({ ...row.cells }));

describe('parseTable()', () => {
  test('reads a byte order mark, CRLF, quoted delimiters, line ends and doubled quotes', () => {
    const text = '\uFEFFpath,label\r\n"a, b.wav","say ""hi"""\r\n\r\nc.wav,"two\r\nlines"\r\n';
    expect(cells(text)).toEqual([
      { path: 'a, b.wav', label: 'say "hi"' },
      { path: 'c.wav', label: 'two\r\nlines' },
    ]);
    expect(parse(text).columns).toEqual(['path', 'label']);
    expect(parse(text).rows.map((row) => row.line)).toEqual([2, 4]);
  });

  test('takes the delimiter that the header has most of', () => {
    expect(cells('path;label\na.wav;x,y\n')).toEqual([{ path: 'a.wav', label: 'x,y' }]);
    expect(cells('path\tlabel\na.wav\tx\n')).toEqual([{ path: 'a.wav', label: 'x' }]);
    expect(cells('path\tlabel\na.wav\tx,y', 'a.tsv')).toEqual([{ path: 'a.wav', label: 'x,y' }]);
  });

  test('reads JSON lines, leaving out null and writing other values as JSON', () => {
    expect(cells('{"path":"a.wav","fold":3}\n\n{"path":"b.wav","fold":null}\n', 'm.jsonl')).toEqual([
      { path: 'a.wav', fold: '3' },
      { path: 'b.wav' },
    ]);
  });

  test('leaves empty cells out', () => {
    expect(cells('path,label\na.wav,\n')).toEqual([{ path: 'a.wav' }]);
    expect(cells('{"path":"a.wav","label":""}\n', 'm.jsonl')).toEqual([{ path: 'a.wav' }]);
  });

  test('reads back what a writer by RFC 4180 wrote', () => {
    const cell = fc.string({
      unit: fc.constantFrom('a', '"', ',', '\n', '\r\n', ' ', 'é'),
      minLength: 1,
      maxLength: 6,
    });
    fc.assert(
      fc.property(fc.array(fc.tuple(cell, cell), { minLength: 1, maxLength: 8 }), (rows) => {
        const quoted = (text: string) => `"${text.replaceAll('"', '""')}"`;
        const text = `x,y\r\n${rows.map((row) => row.map(quoted).join(',')).join('\r\n')}\r\n`;
        expect(cells(text)).toEqual(rows.map(([x, y]) => ({ x, y })));
      }),
    );
  });

  test('reads 100,000 rows', () => {
    const text = `path,label\n${Array.from({ length: 100_000 }, (_, i) => `${i}.wav,${i % 7}`).join('\n')}`;
    const { rows } = parse(text);
    expect(rows).toHaveLength(100_000);
    expect({ ...rows.at(-1)?.cells }).toEqual({ path: '99999.wav', label: String(99_999 % 7) });
  });

  test.each([
    ['', 'a.csv', 'a.csv: expected a header line with column names, found an empty file'],
    ['a,a\n1,2', 'a.csv', 'a.csv: expected each column once, found "a" twice'],
    ['a,b\n1', 'a.csv', 'a.csv:2: expected 2 columns as in the header, found 1'],
    ['a,b\n1,"2', 'a.csv', 'a.csv:2: expected a closing quote, found the end of the file'],
    ['a,b\n"1"2,3', 'a.csv', 'a.csv:2: expected a delimiter after a closing quote, found "2"'],
    ['[1]', 'a.jsonl', 'a.jsonl:1: expected a JSON object, found [1]'],
  ])('refuses %j in %s by line and column', (text, name, message) => {
    expect(() => parse(text, name)).toThrow(message);
  });

  test('refuses bytes that are not UTF-8 and lines that are not JSON', () => {
    expect(() => parseTable(Uint8Array.of(0x61, 0xff), 'a.csv')).toThrow('a.csv: expected text in UTF-8');
    expect(() => parse('{', 'a.jsonl')).toThrow(/^a\.jsonl:1: expected a JSON object, found: /);
  });

  test('keeps a column named __proto__ a column', () => {
    const [row] = parse('path,__proto__\na.wav,x\n').rows;
    expect(row && Object.keys(row.cells)).toEqual(['path', '__proto__']);
  });
});
