import { type BenchResult, type Goal, meetsGoal, type Row } from './result.ts';

function figure(value: number): string {
  if (Number.isNaN(value)) return '–';
  return value >= 100 ? value.toFixed(0) : value >= 10 ? value.toFixed(1) : value.toFixed(2);
}

function goalText(goal: Goal | undefined): string {
  if (goal === undefined) return '';
  const sign = goal.direction === 'at least' ? '≥' : '≤';
  return `${sign} ${goal.bar}${goal.moonshot === undefined ? '' : ` (${goal.moonshot})`}`;
}

function cells(row: Row): string[] {
  const sides = Object.entries(row.medians).map(([side, value]) => `${side} ${figure(value)}`);
  const met = meetsGoal(row);
  return [
    row.id,
    `${sides.join(', ')} ${row.unit}`,
    row.ratio === undefined ? '' : `${figure(row.ratio)} ×`,
    row.comparison ?? '',
    goalText(row.goal),
    met === undefined ? '' : met ? 'met' : 'missed',
  ];
}

/** The result as lines of a Markdown table under a line about the machine. */
export function benchTable({ machine, threads, rounds, load, rows }: BenchResult): string[] {
  const head = ['case', 'median', 'ratio', 'of', 'goal (moonshot)', ''];
  const body = rows.map(cells);
  const widths = head.map((title, column) => Math.max(title.length, ...body.map((row) => row[column]?.length ?? 0)));
  const line = (row: string[]) => `| ${row.map((cell, column) => cell.padEnd(widths[column] ?? 0)).join(' | ')} |`;
  return [
    `${threads} threads of ${machine.processors} × ${machine.processor} (${machine.vectors.join(', ') || 'no known vector extension'}), Node ${machine.node}, ${rounds} rounds, load ${load.before.toFixed(1)} before and ${load.after.toFixed(1)} after`,
    '',
    line(head),
    line(widths.map((width) => '-'.repeat(width))),
    ...body.map(line),
  ];
}
