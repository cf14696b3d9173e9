import { formatDuration } from '../duration.ts';
import { groupLabels } from './group-labels.ts';
import { roundHalfUp } from './round.ts';
import type { FinishedRun } from './run-record.ts';
import type { RunVariant } from './run-variant.ts';
import { median } from './spread.ts';
import type { Table } from './table.ts';

const digits = new Intl.NumberFormat('en');

/** What was run: one row a run. */
export function runFacts(variants: readonly RunVariant<FinishedRun>[]): Table {
  const labels = groupLabels(variants);
  return {
    id: 'runs',
    title: 'Runs',
    columns: [
      { heading: 'run', kind: 'text' },
      { heading: 'model', kind: 'text' },
      { heading: 'seed', kind: 'figure' },
      { heading: 'steps', kind: 'figure' },
      { heading: 'batch', kind: 'figure' },
      { heading: 'training', kind: 'figure' },
      { heading: 'examples/s', kind: 'figure' },
      { heading: 'parameters', kind: 'figure' },
      { heading: 'M multiply-adds', kind: 'figure' },
      { heading: 'backend', kind: 'text' },
      { heading: 'commit', kind: 'text' },
    ],
    rows: variants.flatMap((variant, index) =>
      variant.group.runs.map((run) => {
        const { result, pipeline, environment, metrics } = run;
        const speeds = metrics.map((line) => line.examplesPerSecond).filter((value) => value > 0);
        const speed = speeds.length === 0 ? undefined : median(speeds);
        return {
          cells: [
            labels[index],
            variant.label,
            String(pipeline.seed),
            digits.format(result.steps),
            String(pipeline.train.batch),
            formatDuration(result.seconds),
            speed === undefined ? undefined : roundHalfUp(speed, 1),
            digits.format(result.parameters),
            roundHalfUp(result.multiplyAdds / 1e6, 1),
            `${environment.backend.name}, ${environment.backend.threads} × ${environment.backend.instructions}`,
            environment.commit?.slice(0, 10) ?? undefined,
          ],
        };
      }),
    ),
    notes: ['Multiply-adds are those of one example’s forward pass with the strides at the end of training.'],
  };
}
