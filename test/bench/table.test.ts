import { meetsGoal, type Row } from '../../src/bench/result.ts';
import { benchTable } from '../../src/bench/table.ts';

const machine = {
  processor: 'a processor',
  processors: 4,
  vectors: ['avx2'],
  memoryGigabytes: 8,
  platform: 'linux x64',
  node: '24',
};
const load = { before: 0.1, after: 1.5 };
const row: Row = {
  id: 'network/strided/16/training',
  unit: 'ms',
  medians: { spectride: 200.4, 'peer.py': 412 },
  ratio: 2.06,
  comparison: 'best peer / spectride',
  goal: { direction: 'at least', bar: 1.5, moonshot: 2 },
};

describe('benchTable()', () => {
  test('prints medians, the ratio and whether the bar is met, after the class of the machine', () => {
    const lines = benchTable({ machine, threads: 2, rounds: 5, load, rows: [row, { ...row, ratio: 1.2 }] });
    expect(lines[0]).toBe('2 threads of 4 × a processor (avx2), Node 24, 5 rounds, load 0.1 before and 1.5 after');
    expect(lines.at(-2)).toMatch(
      /\| network\/strided\/16\/training \| spectride 200, peer\.py 412 ms \| 2\.06 × .* ≥ 1\.5 \(2\) +\| met +\|/,
    );
    expect(lines.at(-1)).toMatch(/1\.20 × .* missed \|/);
    expect(new Set(lines.slice(2).map((line) => line.length)).size).toBe(1);
  });

  test('leaves empty what was not compared or has no bar', () => {
    const lines = benchTable({
      machine,
      threads: 2,
      rounds: 1,
      load,
      rows: [{ id: 'cold-start', unit: 'ms', medians: { 'spectride --help': 150 } }],
    });
    expect(lines.at(-1)).toMatch(/spectride --help 150 ms \| +\| +\| +\| +\|$/);
  });
});

describe('meetsGoal()', () => {
  test('holds the ratio, or without one our median, against the bar', () => {
    expect(meetsGoal(row)).toBe(true);
    expect(meetsGoal({ ...row, ratio: 1.49 })).toBe(false);
    const start: Row = {
      id: 'cold-start',
      unit: 'ms',
      medians: { help: 150 },
      goal: { direction: 'at most', bar: 300 },
    };
    expect(meetsGoal(start)).toBe(true);
    expect(meetsGoal({ ...start, medians: { help: 301 } })).toBe(false);
  });

  test('says nothing without a bar, or where a side measured nothing', () => {
    expect(meetsGoal({ ...row, goal: undefined })).toBeUndefined();
    expect(meetsGoal({ ...row, ratio: Number.NaN })).toBeUndefined();
  });
});
