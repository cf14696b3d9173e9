import { formatDuration } from '../duration.ts';
import type { MetricsLine } from '../train/results.ts';

/** What the dashboard knows of a run. */
export interface DashboardState {
  name: string;
  /** Steps of the whole run; 0 before they are known. */
  steps: number;
  lines: MetricsLine[];
  /** What is done besides training steps: `validating 3 of 20`. */
  activity?: string;
}

const blocks = '▁▂▃▄▅▆▇█';
const barCells = '▏▎▍▌▋▊▉█';

/** The last `width` means of neighbouring values as a row of bars, scaled from the least to the greatest. */
export function sparkline(values: readonly number[], width: number): string {
  if (values.length === 0) return '';
  const count = Math.min(width, values.length);
  const means = Array.from({ length: count }, (_, index) => {
    const bucket = values.slice(
      Math.floor((index * values.length) / count),
      Math.max(Math.floor((index * values.length) / count) + 1, Math.floor(((index + 1) * values.length) / count)),
    );
    return bucket.reduce((sum, value) => sum + value, 0) / bucket.length;
  });
  const low = Math.min(...means);
  const span = Math.max(...means) - low;
  return means
    .map((value) => blocks[span === 0 ? 0 : Math.round(((value - low) / span) * (blocks.length - 1))] ?? '')
    .join('');
}

/** A bar of `width` cells filled to `share`, to an eighth of a cell. */
export function bar(share: number, width: number): string {
  const eighths = Math.round(Math.min(1, Math.max(0, share)) * width * 8);
  const rest = eighths % 8;
  const filled = '█'.repeat(Math.floor(eighths / 8)) + (rest === 0 ? '' : (barCells[rest - 1] ?? ''));
  return filled.padEnd(width, '·');
}

/** Lines over which the speed is averaged for what is left. */
const recentLines = 20;

function remaining({ steps, lines }: DashboardState): string {
  const recent = lines.slice(-recentLines);
  const first = recent[0];
  const last = recent.at(-1);
  if (first === undefined || last === undefined || last.step <= first.step) return '';
  const perStep = (last.seconds - first.seconds) / (last.step - first.step);
  return `, ${formatDuration(perStep * Math.max(0, steps - last.step))} left`;
}

function strideRows(lines: readonly MetricsLine[], width: number): string[] {
  const first = lines[0]?.strides ?? {};
  const last = lines.at(-1)?.strides ?? {};
  const layers = [...new Set(Object.keys(last).map((name) => name.replace(/\.(time|frequency)$/, '')))];
  const cell = (name: string) => {
    const stride = last[name];
    if (stride === undefined) return '–'.padEnd(width);
    const moved = stride - (first[name] ?? stride);
    const curve = sparkline(
      lines.map((line) => line.strides[name]).filter((value) => value !== undefined),
      Math.max(4, width - 20),
    );
    return `${stride.toFixed(3)} ${`(${moved < 0 ? '−' : '+'}${Math.abs(moved).toFixed(3)})`} ${curve}`.padEnd(width);
  };
  return layers.map((layer) =>
    `  ${layer.replace(/^blocks\./, 'layer ').padEnd(8)}  ${cell(`${layer}.time`)}  ${cell(`${layer}.frequency`)}`.trimEnd(),
  );
}

/** The dashboard as lines of at most `columns` characters: progress, loss, accuracies, strides. */
export function renderDashboard(state: DashboardState, columns: number): string[] {
  const { name, steps, lines, activity } = state;
  const last = lines.at(-1);
  if (last === undefined) return [`${name}: ${activity ?? 'waiting for the first step'}`];
  const width = Math.max(20, Math.min(60, columns - 40));
  const validated = lines.filter((line) => line.validation !== undefined);
  const tasks = Object.keys(last.losses);
  const longest = Math.max(4, ...tasks.map((task) => task.length));
  const rows = tasks.map((task) => {
    const accuracies = validated.map((line) => line.validation?.accuracy[task]).filter((value) => value !== undefined);
    const latest = accuracies.at(-1);
    const accuracy =
      latest === undefined
        ? 'not validated yet'
        : `${bar(latest, 20)} ${(100 * latest).toFixed(1)} % (best ${(100 * Math.max(...accuracies)).toFixed(1)} %)`;
    return `  ${task.padEnd(longest)}  loss ${(last.losses[task] ?? Number.NaN).toFixed(3)}  ${accuracy}`;
  });
  const strides = strideRows(lines, Math.max(24, Math.floor((columns - 16) / 2)));
  return [
    `${name}  step ${last.step} of ${steps}, epoch ${last.epoch.toFixed(1)}, ${last.examplesPerSecond.toFixed(1)} examples/s${remaining(state)}`,
    `${bar(last.step / steps, width)} ${((100 * last.step) / steps).toFixed(0)} %`,
    '',
    `loss ${last.loss.toFixed(4)}  ${sparkline(
      lines.map((line) => line.loss),
      width,
    )}`,
    ...rows,
    ...(strides.length === 0 ? [] : ['', 'strides     time, moved by, so far; frequency', ...strides]),
    ...(activity === undefined ? [] : ['', activity]),
    ...(last.complexity === undefined ? [] : [`  J = ${last.complexity.toFixed(4)} (complexity, without λ)`]),
  ].map((line) => [...line].slice(0, columns).join(''));
}
