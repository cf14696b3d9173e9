import { type Command, Option } from 'commander';

interface ReportOptions {
  out: string;
  title?: string;
  sd: 'sample' | 'population';
  json?: boolean;
}

/** `spectride report RUN… --out DIR`: one page and the paper's tables from any set of runs. */
export function registerReport(program: Command): void {
  program
    .command('report')
    .summary('HTML page and tables from runs')
    .description(
      'Write a report of runs: one self-contained HTML page (tables beside the paper’s figures, learned strides, curves, confusion matrices), and every table as Markdown, LaTeX and CSV.',
    )
    .argument('<run...>', 'run folders, or folders of them')
    .requiredOption('--out <dir>', 'folder of the report; index.html and tables/ are written in it')
    .option('--title <text>', 'title of the page')
    .addOption(
      new Option('--sd <kind>', 'standard deviation of strides and cut-offs, over n − 1 or n')
        .choices(['sample', 'population'])
        .default('sample'),
    )
    .option('--json', 'print one JSON document: the page and the tables')
    .addHelpText(
      'after',
      `
Examples:
  $ spectride report runs/words-0 --out report
  $ spectride report runs/table-1 --out report          all runs in a folder: Tables 1, 2, A.1, A.7 as far as they go`,
    )
    .action(async (paths: string[], options: ReportOptions) => {
      const { loadDistinctRuns } = await import('../report/load-runs.ts');
      const { buildReport, printedTables } = await import('../report/build-report.ts');
      const { writeReport } = await import('../report/write-report.ts');
      const { print, printJson, remark } = await import('./output.ts');
      const { exampleClip } = await import('../report/example-clip.ts');
      const runs = await loadDistinctRuns(paths, remark);
      const learned = runs.find((run) => run.pipeline.model.pooling === 'diffstride');
      const example = learned && (await exampleClip(learned));
      const report = await buildReport(runs, { title: options.title, deviation: options.sd, example });
      const page = await writeReport(report, options.out);
      if (options.json) {
        printJson({ page, tables: report.tables });
        return;
      }
      const { renderText } = await import('../report/table-text.ts');
      print(...printedTables(report.tables).flatMap((table) => [renderText(table), '']), `Report: ${page}`);
    });
}
