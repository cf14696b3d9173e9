import type { Command } from 'commander';
import type { BackendName } from '../backend/description.ts';
import { backendOption, collect, parseSeed } from './train.ts';

interface DemoOptions {
  set: string[];
  seed?: number;
  out?: string;
  resume?: boolean;
  watch?: boolean;
  backend?: BackendName;
  json?: boolean;
}

/** `spectride demo`: the main job on the embedded recordings, from sound files to cut-off frequencies and a report. */
export function registerDemo(program: Command): void {
  program
    .command('demo')
    .summary('train and score the embedded recordings')
    .description(
      'Train a multi-task DiffStride classifier on the recordings that come with the package (spoken words, and notes rendered on first use), score it on unseen speakers and soundfonts, print the cut-off frequencies of its first layer and write a report.',
    )
    .option('--out <dir>', 'run folder; the report is written in it (default: a fresh one under runs/)')
    .option('--set <key=value>', 'change a setting of pipelines/demo.yaml; may be repeated', collect, [])
    .option('--seed <n>', 'seed of every random choice', parseSeed)
    .option('--resume', 'go on with the run in --out')
    .option('--watch', 'a dashboard of losses, accuracies and strides instead of a bar')
    .addOption(backendOption())
    .option('--json', 'print one JSON document')
    .addHelpText(
      'after',
      `
Examples:
  $ spectride demo
  $ spectride demo --set model.pooling=strided --out runs/demo-strided      the same network with strided convolutions
  $ spectride demo --set train.epochs=2                                     shorter, less accurate`,
    )
    .action(async (options: DemoOptions) => {
      const path = await import('node:path');
      const { loadPipeline } = await import('../pipeline/load.ts');
      const { packageRoot } = await import('../package-root.ts');
      const { freshFolder } = await import('./fresh-folder.ts');
      const { trainWithProgress } = await import('./training-session.ts');
      const { print, printJson, remark } = await import('./output.ts');
      const file = path.join(packageRoot, 'pipelines', 'demo.yaml');
      const set = options.backend ? [...options.set, `backend=${options.backend}`] : options.set;
      const seed = options.seed === undefined ? {} : { seed: options.seed };
      const pipeline = await loadPipeline(file, { set, ...seed });
      const out = options.out ?? freshFolder(path.join('runs', `${pipeline.name}-${pipeline.seed}`));
      const { resume = false, watch = false } = options;
      remark(`training pipelines/demo.yaml into ${out}`);
      await trainWithProgress(pipeline, { out, resume, watch });

      const { loadFinishedRuns } = await import('../report/load-runs.ts');
      const { demoSummary } = await import('../report/demo-summary.ts');
      const summary = await demoSummary(await loadFinishedRuns([out]), path.join(out, 'report'));
      if (options.json) {
        printJson({ run: out, ...summary });
        return;
      }
      const { renderText } = await import('../report/table-text.ts');
      print(
        renderText(summary.scores),
        '',
        renderText(summary.cutoffTable),
        '',
        `Run folder: ${out}`,
        `Report: ${summary.report}`,
      );
    });
}
