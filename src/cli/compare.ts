import { type Command, Option } from 'commander';

interface CompareOptions {
  split: 'train' | 'validation' | 'test';
  json?: boolean;
}

/** `spectride compare RUN RUN`: whether the difference of two runs on the same clips is noise. */
export function registerCompare(program: Command): void {
  program
    .command('compare')
    .summary('is the difference of two runs noise')
    .description(
      'Compare two runs clip by clip: the difference in accuracy with a bootstrap interval, and McNemar’s exact test, for every task that both have.',
    )
    .argument('<first>', 'run folder')
    .argument('<second>', 'run folder, scored on the same clips')
    .addOption(
      new Option('--split <name>', 'clips to compare on').choices(['train', 'validation', 'test']).default('test'),
    )
    .option('--json', 'print one JSON document')
    .addHelpText(
      'after',
      `
Examples:
  $ spectride compare runs/words-strided-0 runs/words-diffstride-0`,
    )
    .action(async (first: string, second: string, options: CompareOptions) => {
      const { findRunFolders } = await import('../report/load-runs.ts');
      const { compareRuns, comparisonTable } = await import('../report/compare-runs.ts');
      const { print, printJson } = await import('./output.ts');
      const { BadInputError } = await import('../errors.ts');
      const onlyRun = async (place: string): Promise<string> => {
        const [run = place, ...others] = await findRunFolders([place]);
        if (others.length > 0) {
          throw new BadInputError(`${place}: expected one run, found ${1 + others.length}; name one of them`);
        }
        return run;
      };
      const firstRun = await onlyRun(first);
      const secondRun = await onlyRun(second);
      const comparisons = await compareRuns(firstRun, secondRun, options.split);
      if (options.json) {
        printJson({ first, second, split: options.split, tasks: comparisons });
        return;
      }
      const { renderText } = await import('../report/table-text.ts');
      print(renderText(comparisonTable(comparisons, [first, second])));
    });
}
