import { type Command, InvalidArgumentError, Option } from 'commander';
import type { ExperimentProgress } from '../report/experiment/run-experiment.ts';
import { listenForInterruption } from './interruption.ts';
import { parseSeed } from './train.ts';

interface ExperimentCommandOptions {
  out?: string;
  jobs: number;
  backend?: string;
  seeds?: number[];
  dryRun?: boolean;
  json?: boolean;
}

function positiveInteger(text: string): number {
  const value = Number(text);
  if (!Number.isInteger(value) || value < 1) throw new InvalidArgumentError('Expected a positive integer.');
  return value;
}

function seedList(text: string): number[] {
  return text.split(',').map(parseSeed);
}

function line({ run, event, over, total, seconds, reason }: ExperimentProgress): string {
  const time = seconds === undefined ? '' : ` in ${seconds.toFixed(0)} s`;
  return `[${String(over).padStart(String(total).length)}/${total}] ${run.id}: ${event}${time}${reason === undefined ? '' : `: ${reason}`}`;
}

/** `spectride experiment FILE`: many runs, resumable, and the tables they make. */
export function registerExperiment(program: Command): void {
  program
    .command('experiment')
    .summary('many runs: tables and sweeps, resumable')
    .description(
      'Do the runs of an experiment file: what is missing is started, what was interrupted goes on, what is done is skipped; a run that fails is listed and stops no other. Then the report is written from all runs that are done.',
    )
    .argument('<file>', 'experiment file (YAML)')
    .option('--out <dir>', 'folder of the experiment (default: runs/<name>)')
    .option('--jobs <n>', 'runs at a time, each in a process of its own', positiveInteger, 1)
    .option('--seeds <list>', 'only these of the file’s seeds, such as 0 or 0,1', seedList)
    .addOption(
      new Option('--backend <name>', 'tfjs backend of the runs').choices(['simd', 'tensorflow', 'wasm', 'cpu']),
    )
    .option('--dry-run', 'list the runs and where they stand, and do nothing')
    .option('--json', 'print one JSON document')
    .addHelpText(
      'after',
      `
Examples:
  $ spectride experiment pipelines/experiments/demo-tables.yaml            Tables 1, 2 and A.7 on the embedded recordings
  $ spectride experiment pipelines/experiments/table-1.yaml --jobs 2       again after an interruption: goes on`,
    )
    .action(async (file: string, options: ExperimentCommandOptions) => {
      const { performExperiment } = await import('../report/experiment/perform-experiment.ts');
      const { print, printJson, remark } = await import('./output.ts');
      const interruption = listenForInterruption();
      const outcome = await performExperiment(file, {
        ...options,
        command: [process.execPath, ...process.execArgv, process.argv[1] ?? ''],
        signal: interruption.signal,
        onProgress: (progress) => remark(line(progress)),
        onMeasure: (sample, done, total) =>
          remark(
            `[${done}/${total}] ${sample.pooling}, ${sample.mode}: ${(1000 * sample.stepSeconds).toFixed(0)} ms a step, ${(sample.peakBytes / 2 ** 20).toFixed(0)} MiB`,
          ),
      }).finally(interruption.release);
      if (options.json) printJson(outcome);
      else {
        const { renderText } = await import('../report/table-text.ts');
        for (const { id, state } of outcome.planned ?? []) print(`${state.padEnd(11)} ${id}`);
        for (const table of outcome.tables) print(renderText(table), '');
        for (const { id, reason, log } of outcome.failed) {
          print(`failed: ${id}: ${reason}${log === undefined ? '' : ` (${log})`}`);
        }
        if (outcome.report !== undefined) print(`Report: ${outcome.report}`);
      }
      const { InterruptedError } = await import('../errors.ts');
      if (outcome.interrupted) throw new InterruptedError(`interrupted; the same command goes on with ${file}`);
      if (outcome.failed.length > 0) {
        const failed = outcome.failed.length;
        throw new Error(`${failed} of ${failed + outcome.done.length} runs failed`);
      }
    });
}
