import { type Command, InvalidArgumentError, Option } from 'commander';
import type { BackendName } from '../backend/description.ts';
import { backendNames } from '../backend/description.ts';

interface TrainCommandOptions {
  set: string[];
  seed?: number;
  out?: string;
  resume?: boolean;
  watch?: boolean;
  backend?: BackendName;
  json?: boolean;
}

/** A value of an option that may be repeated, behind those before it. */
export function collect(value: string, before: string[]): string[] {
  return [...before, value];
}

export function parseSeed(text: string): number {
  const seed = text.trim() === '' ? Number.NaN : Number(text);
  if (!Number.isInteger(seed) || seed < 0) throw new InvalidArgumentError('Expected a whole number of at least 0.');
  return seed;
}

/** The option of every command that computes. */
export function backendOption(): Option {
  return new Option('--backend <name>', 'what computes (default: the pipeline’s, else simd)').choices(backendNames);
}

/** `spectride train PIPELINE`: trains, scores and leaves a run folder. */
export function registerTrain(program: Command): void {
  program
    .command('train')
    .summary('train a pipeline, score it, leave a run folder')
    .description('Train a pipeline file, score the result on its test clips and leave everything in a run folder.')
    .argument('<pipeline>', 'pipeline file (YAML)')
    .option('--set <key=value>', 'change a setting, by its path; may be repeated', collect, [])
    .option('--seed <n>', 'seed of every random choice', parseSeed)
    .option('--out <dir>', 'run folder (default: runs/<name>-<seed>)')
    .option('--resume', 'go on with the run in that folder')
    .option('--watch', 'a dashboard of losses, accuracies and strides instead of a bar')
    .addOption(backendOption())
    .option('--json', 'print result.json on stdout')
    .addHelpText(
      'after',
      `
Examples:
  $ spectride train pipelines/demo.yaml --seed 1
  $ spectride train pipelines/words.yaml --set tasks.0.dataset=folder:recordings --set train.batch=16
  $ spectride train pipelines/words.yaml --set model.pooling=strided --out runs/strided
  $ spectride train pipelines/words.yaml --resume`,
    )
    .action(async (file: string, options: TrainCommandOptions) => {
      const path = await import('node:path');
      const { loadPipeline } = await import('../pipeline/load.ts');
      const { trainWithProgress } = await import('./training-session.ts');
      const { print, printJson } = await import('./output.ts');
      const { describeScores } = await import('./scores.ts');
      const set = options.backend ? [...options.set, `backend=${options.backend}`] : options.set;
      const seed = options.seed === undefined ? {} : { seed: options.seed };
      const pipeline = await loadPipeline(file, { set, ...seed });
      const out = options.out ?? path.join('runs', `${pipeline.name}-${pipeline.seed}`);
      const { resume = false, watch = false } = options;
      const result = await trainWithProgress(pipeline, { out, resume, watch });
      if (options.json) {
        printJson(result);
        return;
      }
      for (const evaluation of result.evaluation) print(...describeScores(evaluation));
      print(`run folder: ${out}`);
    });
}
