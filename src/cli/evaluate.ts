import { type Command, Option } from 'commander';
import type { BackendName } from '../backend/description.ts';
import { backendOption } from './train.ts';

interface EvaluateCommandOptions {
  data?: string;
  split?: 'train' | 'validation' | 'test' | 'all';
  weights?: 'best' | 'last';
  backend?: BackendName;
  json?: boolean;
}

/** `spectride evaluate RUN`: scores a trained model. */
export function registerEvaluate(program: Command): void {
  program
    .command('evaluate')
    .summary('score a trained model')
    .description(
      'Score a run’s model: accuracy, balanced accuracy, precision, recall and F1 a class, confusion matrix.',
    )
    .argument('<run>', 'run folder')
    .option('--data <dataset>', 'other data: folder:PATH, manifest:FILE or a name (default: the run’s own)')
    .addOption(
      new Option('--split <name>', 'which clips (default: test; of other data all)').choices([
        'train',
        'validation',
        'test',
        'all',
      ]),
    )
    .addOption(
      new Option('--weights <which>', 'which checkpoint (default: as the run was scored)').choices(['best', 'last']),
    )
    .addOption(backendOption())
    .option('--json', 'print one JSON document')
    .addHelpText(
      'after',
      `
Examples:
  $ spectride evaluate runs/words-0
  $ spectride evaluate runs/words-0 --split validation --weights last
  $ spectride evaluate runs/words-0 --data folder:more-recordings --json`,
    )
    .action(async (directory: string, options: EvaluateCommandOptions) => {
      const path = await import('node:path');
      const { readRun } = await import('../train/run-folder.ts');
      const { setBackend } = await import('../backend/index.ts');
      const { evaluate } = await import('../train/index.ts');
      const { print, printJson, remark } = await import('./output.ts');
      const { createProgress } = await import('./progress.ts');
      const { describeScores } = await import('./scores.ts');
      const run = await readRun(directory);
      await setBackend(options.backend ?? run.pipeline.backend);
      const progress = createProgress();
      const data = options.data?.replace(
        /^(folder|manifest):(.+)$/s,
        (_, kind, place) => `${kind}:${path.resolve(place)}`,
      );
      const result = await evaluate(directory, {
        ...(options.split === undefined ? {} : { split: options.split }),
        onNote(text) {
          progress.clear();
          remark(text);
        },
        ...(data === undefined ? {} : { data }),
        ...(options.weights === undefined ? {} : { weights: options.weights }),
        onProgress: (phase, done, total) =>
          progress.update(phase === 'test' ? 'scoring' : 'reading clips', done, total),
      });
      progress.clear();
      if (options.json) {
        printJson(result);
        return;
      }
      print(...describeScores(result));
      const { renderText } = await import('../report/table-text.ts');
      const { classTable, confusionTable } = await import('../report/class-table.ts');
      for (const task of result.tasks.filter(({ clips }) => clips > 0)) {
        print('', renderText(classTable(task)), '', renderText(confusionTable(task)));
      }
    });
}
