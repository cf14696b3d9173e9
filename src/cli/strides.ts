import type { Command } from 'commander';

/** `spectride strides RUN`: what was learned, layer by layer, and what it costs. */
export function registerStrides(program: Command): void {
  program
    .command('strides')
    .summary('what was learned and what it costs')
    .description(
      'Study the strides of runs, layer by layer: stride, effective stride N/N’, map size, cut-off, share of the multiply-adds, and what the nearest integer strides would cost.',
    )
    .argument('<run...>', 'run folders, or folders of them')
    .option('--json', 'print one JSON document')
    .addHelpText(
      'after',
      `
Examples:
  $ spectride strides runs/words-0`,
    )
    .action(async (paths: string[], options: { json?: boolean }) => {
      const { loadFinishedRuns } = await import('../report/load-runs.ts');
      const { strideStudyTable, studyStrides } = await import('../report/stride-study.ts');
      const { print, printJson } = await import('./output.ts');
      const studies = (await loadFinishedRuns(paths)).map((run) => ({ run, study: studyStrides(run) }));
      if (options.json) {
        printJson({ runs: studies.map(({ run, study }) => ({ run: run.directory, ...study })) });
        return;
      }
      const { renderText } = await import('../report/table-text.ts');
      print(studies.map(({ run, study }) => renderText(strideStudyTable(study, run.directory))).join('\n\n'));
    });
}
