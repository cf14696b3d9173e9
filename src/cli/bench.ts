import { type Command, InvalidArgumentError, Option } from 'commander';

interface BenchCommandOptions {
  peer: string[];
  logMelPeer?: string;
  tfjsNode?: string;
  threads: number;
  processors?: string;
  rounds: number;
  steps: number;
  only: string[];
  json?: boolean;
}

function positiveInteger(text: string): number {
  const value = Number(text);
  if (!Number.isInteger(value) || value < 1) throw new InvalidArgumentError('Expected a whole number of at least 1.');
  return value;
}

function collect(text: string, before: string[]): string[] {
  return [...before, ...text.split('\n').filter((line) => line.trim() !== '')];
}

/** `spectride bench`: speed and memory as ratios to peers in one run. */
export function registerBench(program: Command): void {
  program
    .command('bench')
    .summary('speed and memory, as ratios to peers in the same run')
    .description(
      'Time training and inference steps, log-mel features, start-up and threads. With peers, each side runs in a process of its own, in turn, and the figure that counts is the median of the rounds’ ratios.',
    )
    .addOption(
      new Option(
        '--peer <command>',
        'a program that takes --pooling, --batch, --threads, --steps and prints train_ms, infer_ms, peak_rss_mb; may be repeated, the best one counts',
      )
        .env('SPECTRIDE_BENCH_PEER')
        .argParser(collect)
        .default([], 'none'),
    )
    .addOption(
      new Option('--log-mel-peer <command>', 'a program as bench/peers/log_mel.py').env('SPECTRIDE_BENCH_LOG_MEL_PEER'),
    )
    .addOption(
      new Option('--tfjs-node <folder>', 'a project with a working @tensorflow/tfjs-node').env(
        'SPECTRIDE_BENCH_TFJS_NODE',
      ),
    )
    .option('--threads <n>', 'threads of every side', positiveInteger, 2)
    .option('--processors <list>', 'processors to run on, as taskset takes them (Linux), such as 0,1')
    .option('--rounds <n>', 'times that every side runs', positiveInteger, 3)
    .option('--steps <n>', 'timed steps of one run', positiveInteger, 5)
    .option('--only <part...>', 'cases whose name has one of these parts', [])
    .option('--json', 'print one JSON document')
    .addHelpText(
      'after',
      `
Examples:
  $ spectride bench --only strided/16 log-mel
  $ spectride bench --peer "python torch_audio_cnn.py" --peer "python torch_audio_cnn.py --channels-last"`,
    )
    .action(async (options: BenchCommandOptions) => {
      const { benchTable, runBench } = await import('../bench/index.ts');
      const { print, printJson, remark } = await import('./output.ts');
      const { peer, logMelPeer, tfjsNode, threads, processors, rounds, steps, only } = options;
      const result = await runBench({
        ...{ peers: peer, logMelPeer, tfjsNode, threads, processors, rounds, steps, only },
        onProgress: remark,
      });
      if (options.json) printJson(result);
      else print(...benchTable(result));
    });
}
