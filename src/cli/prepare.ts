import { type Command, InvalidArgumentError, Option } from 'commander';
import { listenForInterruption } from './interruption.ts';

interface PrepareOptions {
  root?: string;
  download?: boolean;
  window: number;
  preset: 'tagliasacchi' | 'tensorflow' | 'librosa' | 'torchaudio' | 'leaf';
  waveform?: boolean;
  maxBad: number;
  workers?: number;
  verify?: boolean;
  json?: boolean;
}

function seconds(text: string): number {
  const value = Number(text);
  if (!(value > 0)) throw new InvalidArgumentError('Expected a positive number of seconds.');
  return value;
}

function share(text: string): number {
  const value = Number(text);
  if (!(value >= 0 && value <= 1) || text.trim() === '')
    throw new InvalidArgumentError('Expected a share from 0 to 1.');
  return value;
}

function threads(text: string): number {
  const value = Number(text);
  if (!Number.isInteger(value) || value < 0) throw new InvalidArgumentError('Expected a whole number, 0 or more.');
  return value;
}

/** `spectride prepare DATASET`: a data set from its URLs, archives or folder to features in the cache. */
export function registerPrepare(program: Command): void {
  program
    .command('prepare')
    .summary('fetch, check and index a data set, and extract its features')
    .description(
      'Make a data set ready for training: fetch it (--download) or take its archives or extracted files from --root, check lengths and checksums, compare the counts with the official ones, and extract log-mel features to the cache. Archives are read as they are, nothing is unpacked. Interrupted at any point, it goes on where it stopped.',
    )
    .argument('<dataset>', 'speech-commands, nsynth, birds, tut-urban-2018, notes, folder:PATH or manifest:FILE')
    .option('--root <folder>', 'where the archives or the extracted files are, or are to be fetched to')
    .option('--download', 'fetch what is not there')
    .option('--window <seconds>', 'length of a window, as train.window of the pipeline', seconds, 1)
    .addOption(
      new Option('--preset <name>', 'feature settings, as features.preset of the pipeline')
        .choices(['tagliasacchi', 'tensorflow', 'librosa', 'torchaudio', 'leaf'])
        .default('tagliasacchi'),
    )
    .option('--waveform', 'keep samples instead of features, as features.waveform of the pipeline')
    .option('--max-bad <share>', 'share of unreadable clips that is tolerated', share, 0.01)
    .option('--workers <n>', 'threads (default: one for each core; 0: none)', threads)
    .option('--verify', 'read what is in the cache and compare it with its checksums')
    .option('--json', 'print one JSON document')
    .addHelpText(
      'after',
      `
Examples:
  $ spectride prepare speech-commands --download               2.4 GB, to the cache
  $ spectride prepare nsynth --root /data/nsynth               archives or folders as they were downloaded
  $ spectride prepare folder:recordings                        one's own, before a long training`,
    )
    .action(async (name: string, options: PrepareOptions) => {
      const [{ prepareDataset, prepareOwnDataset }, { definitions }, { cacheDirectory }, { resolveFeatures }, output] =
        await Promise.all([
          import('../datasets/prepare-dataset.ts'),
          import('../datasets/definitions.ts'),
          import('../datasets/cache-directory.ts'),
          import('../features/index.ts'),
          import('./output.ts'),
        ]);
      const [{ createProgress }, { simdLogMelSource }] = await Promise.all([
        import('./progress.ts'),
        import('../backend/log-mel/index.ts'),
      ]);
      const progress = createProgress();
      const interruption = listenForInterruption();
      try {
        const { preset, json, ...rest } = options;
        const began = performance.now();
        const load = definitions[name];
        const settings = {
          ...rest,
          cacheDirectory: cacheDirectory(),
          features: resolveFeatures({ preset }),
          // The same as in training: the cache is keyed by it.
          transform: simdLogMelSource,
          signal: interruption.signal,
          onRemark(text: string) {
            progress.clear();
            output.remark(text);
          },
          onProgress: (phase: keyof typeof phases, what: string, done: number, total: number | undefined) =>
            progress.update(`${phases[phase]} ${what}`, ...inUnits(phase, done, total)),
        };
        const prepared = await (load ? prepareDataset(await load(), settings) : prepareOwnDataset(name, settings));
        progress.clear();
        const took = (performance.now() - began) / 1000;
        if (json) output.printJson({ ...prepared, seconds: took });
        else output.print(...summary(prepared, took));
      } finally {
        progress.clear();
        interruption.release();
      }
    });
}

const phases = { download: 'fetching', render: 'rendering', features: 'extracting' } as const;

/** Downloads are counted in megabytes, everything else in clips or programs. */
function inUnits(phase: keyof typeof phases, done: number, total: number | undefined): [number, number] {
  if (phase !== 'download') return [done, total ?? done];
  return [Math.floor(done / 1e6), Math.ceil((total ?? done) / 1e6)];
}

type Prepared = Awaited<ReturnType<typeof import('../datasets/prepare-dataset.ts')['prepareDataset']>>;

function summary(prepared: Prepared, took: number): string[] {
  const lines = [`${prepared.name}: ${prepared.clips} clips ready in ${took.toFixed(1)} s (${prepared.root})`];
  for (const [part, { found, expected }] of Object.entries(prepared.counts)) {
    lines.push(`  ${part}: ${found} of ${expected}${found === expected ? '' : '  (not the official count)'}`);
  }
  if (prepared.padded > 0)
    lines.push(`  ${prepared.padded} clips are shorter than a window and are filled up with silence`);
  if (prepared.bad.length > 0) lines.push(`  ${prepared.bad.length} clips cannot be read and are left out:`);
  for (const { reason } of prepared.bad.slice(0, 10)) lines.push(`    ${reason}`);
  if (prepared.bad.length > 10) lines.push(`    and ${prepared.bad.length - 10} more`);
  return lines;
}
