import type { Pipeline } from '../pipeline/schema.ts';
import type { MetricsLine, RunResult } from '../train/results.ts';
import type { DashboardState } from './dashboard.ts';
import { listenForInterruption } from './interruption.ts';
import { remark } from './output.ts';
import { createProgress } from './progress.ts';

export interface SessionOptions {
  readonly out: string;
  readonly resume?: boolean;
  /** The terminal dashboard instead of a bar. */
  readonly watch?: boolean;
}

const phases = {
  data: 'preparing data',
  features: 'reading clips',
  train: 'training',
  validate: 'validating',
  test: 'scoring',
} as const;

/** Trains with progress on stderr, TensorBoard events beside metrics.jsonl, and Ctrl-C that saves and says how to go on. */
export async function trainWithProgress(pipeline: Pipeline, options: SessionOptions): Promise<RunResult> {
  const { train } = await import('../train/index.ts');
  const { createTensorBoardWriter } = await import('../report/tensorboard.ts');
  const progress = createProgress();
  const dashboard = options.watch && process.stderr.isTTY ? await startDashboard(pipeline) : undefined;
  const interruption = listenForInterruption(() => remark('', 'saving…'));
  let events: ReturnType<typeof createTensorBoardWriter> | undefined;
  let note = '';
  try {
    const result = await train(pipeline, {
      out: options.out,
      resume: options.resume ?? false,
      signal: interruption.signal,
      onProgress: (phase, done, total) => {
        if (dashboard) dashboard.progress(phase, done, total);
        else progress.update(phases[phase], done, total, phase === 'train' ? note : '');
      },
      onMetrics: (line) => {
        note = describeLine(line, note);
        events ??= createTensorBoardWriter(options.out, line.step);
        events.metrics(line);
        dashboard?.metrics(line);
      },
      onNote: (text) => {
        progress.clear();
        remark(text);
      },
    });
    for (const scored of result.evaluation) {
      events ??= createTensorBoardWriter(options.out);
      events.evaluation(scored, result.steps);
    }
    return result;
  } finally {
    progress.clear();
    interruption.release();
  }
}

/** The loss of a line, and the last validation accuracy seen. */
function describeLine(line: MetricsLine, before: string): string {
  const accuracies = Object.values(line.validation?.accuracy ?? {});
  const mean = accuracies.reduce((sum, value) => sum + value, 0) / accuracies.length;
  const validation =
    accuracies.length > 0 ? `validation ${(100 * mean).toFixed(1)} %` : (/validation .*/.exec(before)?.[0] ?? '');
  return [`loss ${line.loss.toFixed(3)}`, validation].filter(Boolean).join(', ');
}

interface Dashboard {
  metrics(line: MetricsLine): void;
  progress(phase: keyof typeof phases, done: number, total: number): void;
}

/** Milliseconds between two pictures of the dashboard. */
const redrawAfter = 200;

async function startDashboard(pipeline: Pipeline): Promise<Dashboard> {
  const { renderDashboard } = await import('./dashboard.ts');
  const state: DashboardState = { name: pipeline.name, steps: 0, lines: [] };
  let drawn = Number.NEGATIVE_INFINITY;
  const draw = () => {
    drawn = performance.now();
    const text = renderDashboard(state, process.stderr.columns ?? 80);
    process.stderr.write(`\u001b[H\u001b[2J${text.join('\n')}\n`);
  };
  return {
    metrics(line) {
      state.lines.push(line);
      draw();
    },
    progress(phase, done, total) {
      if (phase === 'train') {
        state.steps = total;
        delete state.activity;
        return;
      }
      state.activity = `${phases[phase]} ${done} of ${total}`;
      if (performance.now() - drawn >= redrawAfter || done === total) draw();
    },
  };
}
