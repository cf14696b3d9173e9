import { type Command, InvalidArgumentError, Option } from 'commander';

interface CutoffsOptions {
  layer?: number;
  convention: 'paper' | 'continuous' | 'both';
  sd: 'sample' | 'population';
  json?: boolean;
}

function layerNumber(text: string): number {
  const layer = Number(text);
  if (!Number.isInteger(layer) || layer < 1) throw new InvalidArgumentError('Expected a layer, counted from 1.');
  return layer;
}

/** `spectride cutoffs RUN…`: the strides of runs as cut-off frequencies (the paper's Table 2). */
export function registerCutoffs(program: Command): void {
  program
    .command('cutoffs')
    .summary('learned strides as cut-off frequencies')
    .description(
      'Read strides as cut-off frequencies, in Hz along time and cycles per mel bin along frequency (the paper’s Table 2). Runs that differ by their seed alone are one row, mean ± sd.',
    )
    .argument('<run...>', 'run folders, or folders of them')
    .option('--layer <n>', 'one layer (a block, from 1) instead of all', layerNumber)
    .addOption(
      new Option('--convention <name>', 'count whole bins as the paper does, or not')
        .choices(['paper', 'continuous', 'both'])
        .default('both'),
    )
    .addOption(
      new Option('--sd <kind>', 'standard deviation over n − 1 or n')
        .choices(['sample', 'population'])
        .default('sample'),
    )
    .option('--json', 'print one JSON document')
    .addHelpText(
      'after',
      `
Examples:
  $ spectride cutoffs runs/words-0 --layer 1
  $ spectride cutoffs runs/words-0 runs/words-1 runs/words-2     three seeds: mean ± sd`,
    )
    .action(async (paths: string[], options: CutoffsOptions) => {
      const { loadDistinctRuns } = await import('../report/load-runs.ts');
      const { cutoffReport } = await import('../report/cutoff-report.ts');
      const { print, printJson, remark } = await import('./output.ts');
      const report = cutoffReport(await loadDistinctRuns(paths, remark), {
        layer: options.layer,
        convention: options.convention,
        deviation: options.sd,
      });
      if (options.json) {
        printJson({ deviation: options.sd, groups: report.summaries });
        return;
      }
      const { renderText } = await import('../report/table-text.ts');
      print(renderText(report.table));
    });
}
