import { rowName } from './paper-row.ts';
import { settingsOf } from './run-group.ts';
import type { RunRecord } from './run-record.ts';
import type { RunVariant } from './run-variant.ts';
import { shortDatasets } from './short-dataset.ts';
import { tellingSettings } from './telling-settings.ts';

/** A variant whose label is in the making: `details` stand in brackets behind the pooling. */
export type UnlabelledVariant<R extends RunRecord> = Omit<RunVariant<R>, 'label'> & { details: string[] };

const longNames: Record<string, (value: string) => string | undefined> = {
  'model.shared': (value) => (value === 'true' ? 'shared stride' : undefined),
  'train.complexity': (value) => (value === '0' ? undefined : `λ = ${value}`),
};

/** A setting as labels name it, or undefined where it is not set or its value goes without saying. */
export function describeSetting(path: string, value: string | undefined): string | undefined {
  if (value === undefined) return undefined;
  const text = value.replaceAll('"', '');
  return (longNames[path] ?? (() => `${path.replace(/^(model|train)\./, '')}=${text}`))(text);
}

function labelOf({ pooling, details }: UnlabelledVariant<RunRecord>): string {
  return details.length === 0 ? pooling : `${pooling} (${details.join(', ')})`;
}

/** Variants that a table would put into one cell. A multi-task model fills several rows, and all of a column's are to be one model's. */
function inOneCell<V extends UnlabelledVariant<RunRecord>>(variants: readonly V[]): V[][] {
  const cells = Map.groupBy(variants, (variant) => {
    const tasks = pipelineOf(variant)?.tasks ?? [];
    return JSON.stringify([labelOf(variant), variant.setting, ...(tasks.length === 1 ? tasks.map(rowName) : [])]);
  });
  return [...cells.values()].filter((cell) => cell.length > 1);
}

type Read = (cell: readonly UnlabelledVariant<RunRecord>[]) => Map<string, string>[];

function pipelineOf({ group }: UnlabelledVariant<RunRecord>): RunRecord['pipeline'] | undefined {
  return group.runs[0]?.pipeline;
}

/** Settings of how a model is trained and scored: all but what its runs are called and what they are trained on. */
function protocolOf({ group }: UnlabelledVariant<RunRecord>): Map<string, string> {
  const [run] = group.runs;
  return new Map(run === undefined ? [] : [...settingsOf(run)].filter(([path]) => !/^(tasks\.|name$)/.test(path)));
}

const readTaskNames: Read = (cell) =>
  cell.map((variant) => new Map([['tasks', (pipelineOf(variant)?.tasks ?? []).map(({ name }) => name).join(' + ')]]));

/** Data of models with the same tasks. */
const readData: Read = (cell) => {
  const taskLists = cell.map((variant) => pipelineOf(variant)?.tasks ?? []);
  const datasets = taskLists.flatMap((tasks) => tasks.map(({ dataset }) => dataset));
  const shortNames = new Map(shortDatasets(datasets).map((name, index) => [datasets[index], name]));
  return taskLists.map(
    (tasks) =>
      new Map(
        tasks.flatMap((task): [string, string][] => {
          const of = tasks.length === 1 ? '' : ` of ${task.name}`;
          return [
            [`dataset${of}`, shortNames.get(task.dataset) ?? task.dataset],
            [`label${of}`, task.label ?? 'default'],
            [`split${of}`, JSON.stringify(task.split)],
            [`weight${of}`, String(task.weight)],
          ];
        }),
      ),
  );
};

const readName: Read = (cell) => cell.map((variant) => new Map([['name', pipelineOf(variant)?.name ?? '']]));

function addDetails(
  variant: UnlabelledVariant<RunRecord>,
  settings: ReadonlyMap<string, string>,
  paths: string[],
): void {
  for (const path of paths) {
    const text = describeSetting(path, settings.get(path));
    if (text !== undefined) variant.details.push(text);
  }
}

/**
 * Labels variants so that no two which a table would put into one cell have the same: to the details that they have come settings
 * of training, named for every model of that label so that they stay in columns together, then data and name.
 */
export function labelVariants<R extends RunRecord>(variants: readonly UnlabelledVariant<R>[]): RunVariant<R>[] {
  for (const alike of Map.groupBy(variants, labelOf).values()) {
    const differences = inOneCell(alike).map((cell) => tellingSettings(cell.map(protocolOf)));
    const paths = [...new Set(differences.flatMap((difference) => difference.paths))];
    for (const variant of alike) {
      addDetails(variant, protocolOf(variant), paths);
      if (differences.some(({ complete }) => !complete)) variant.details.push('…');
    }
  }
  for (const read of [readTaskNames, readData, readName]) {
    for (const cell of inOneCell(variants)) {
      const settings = read(cell);
      const { paths } = tellingSettings(settings);
      for (const [index, variant] of cell.entries()) addDetails(variant, settings[index] ?? new Map(), paths);
    }
  }
  return variants.map(({ details, ...variant }) => ({ ...variant, label: labelOf({ ...variant, details }) }));
}
