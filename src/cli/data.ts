import { type Command, InvalidArgumentError, Option } from 'commander';
import { listenForInterruption } from './interruption.ts';

interface DataOptions {
  label?: string;
  groupBy?: string;
  split: 'official' | 'paper' | 'seeded';
  window: number;
  descriptors?: boolean;
  html?: string;
  strict?: boolean;
  workers?: number;
  json?: boolean;
}

/** Classes that the terminal shows of a column; the page and `--json` have all. */
const printedClasses = 40;

function seconds(text: string): number {
  const value = Number(text);
  if (!(value > 0 && Number.isFinite(value))) throw new InvalidArgumentError('Expected a positive number of seconds.');
  return value;
}

function threads(text: string): number {
  const value = Number(text);
  if (!Number.isInteger(value) || value < 0) throw new InvalidArgumentError('Expected a whole number, 0 or more.');
  return value;
}

/** `spectride data PATH`: what is in a data set, and what is wrong with it. */
export function registerData(program: Command): void {
  program
    .command('data')
    .summary('what is in a data set, and what is wrong with it')
    .description(
      'Read every clip of a data set once and tell what is in it (clips, hours, classes by split, lengths, sample rates, channels, containers) and what seems wrong: clips that are unreadable, silent, clipped, too short or equal to others, groups that lie in several splits, classes that a split lacks. Findings that make scores or labels untrustworthy are marked ✗, what is only worth knowing ·. They do not change the exit code, except under --strict.',
    )
    .argument(
      '<path>',
      'a folder, a manifest (CSV, TSV, JSONL), folder:PATH, manifest:FILE, or the name of a prepared data set',
    )
    .option('--label <column>', 'one label column (default: all)')
    .option(
      '--group-by <field>',
      'what should not be in two splits: a column, or a regular expression over the clips’ paths, as groupBy of a seeded split (default: the data set’s own group)',
    )
    .addOption(
      new Option('--split <choice>', 'which splits to look at; seeded ones keep the groups of --group-by together')
        .choices(['official', 'paper', 'seeded'])
        .default('official'),
    )
    .option('--window <seconds>', 'length of a window, as train.window of the pipeline', seconds, 1)
    .option('--descriptors', 'medians of RMS, zero-crossing rate and spectral centroid of each class')
    .option('--html <file>', 'write a page, too: tables, charts, an example spectrogram of each class')
    .option('--strict', 'end with 1 where there is a finding marked ✗')
    .option('--workers <n>', 'threads (default: one for each core; 0: none)', threads)
    .option('--json', 'print one JSON document, with every finding in full')
    .addHelpText(
      'after',
      `
Examples:
  $ spectride data recordings                                  a folder with a sub-folder for each label
  $ spectride data clips.csv --group-by speaker --html data.html
  $ spectride data data/words --json`,
    )
    .action(async (place: string, options: DataOptions) => {
      const [{ datasetSpec }, { openDataset }, { examineDataset }, output, { createProgress }] = await Promise.all([
        import('../datasets/dataset-place.ts'),
        import('../datasets/catalogue.ts'),
        import('../datasets/examine-dataset.ts'),
        import('./output.ts'),
        import('./progress.ts'),
      ]);
      const { label, groupBy, window, workers, html } = options;
      const progress = createProgress();
      const interruption = listenForInterruption();
      try {
        const { signal } = interruption;
        const split = await splitChoice(options);
        const dataset = await openDataset(datasetSpec(place), {
          split,
          label,
          signal,
          onProgress: (done, total) => progress.update('making the data set', done, total),
        });
        const { examination, examples } = await examineDataset(dataset, {
          label,
          groupBy,
          window,
          workers,
          signal,
          examples: html !== undefined,
          ...(options.descriptors ? { descriptors: ['rms', 'zcr', 'spectralCentroid'] } : {}),
          onProgress: (done, total) => progress.update('reading clips', done, total),
        });
        progress.clear();
        if (html !== undefined) {
          const { datasetPage } = await import('../report/dataset-page.ts');
          const { writeFileAtomic } = await import('../atomic-file.ts');
          await writeFileAtomic(html, await datasetPage(examination, examples));
        }
        if (options.json) output.printJson(examination);
        else output.print(...(await printed(examination)), ...(html === undefined ? [] : ['', `Page: ${html}`]));
        if (options.strict && examination.findings.some(({ weight }) => weight === 'fault')) process.exitCode = 1;
      } finally {
        progress.clear();
        interruption.release();
      }
    });
}

/** Seeded splits, as a pipeline would draw them, with the groups kept together. */
async function splitChoice({ split, groupBy }: DataOptions) {
  if (split !== 'seeded') return split;
  const { defaultSeededSplit } = await import('../datasets/splits.ts');
  return { seeded: { ...defaultSeededSplit, ...(groupBy === undefined ? {} : { groupBy }) } };
}

type Examination = import('../datasets/dataset-examination.ts').DatasetExamination;

async function printed(examination: Examination): Promise<string[]> {
  const { classCountTable, findingLines, lengthTable, overviewTable, tasksOf } = await import(
    '../report/dataset-table.ts'
  );
  const { renderText } = await import('../report/table-text.ts');
  const tables = [
    overviewTable(examination),
    ...tasksOf(examination).map((column) => classCountTable(column, printedClasses)),
    ...(examination.lengths.bins.length > 1 ? [lengthTable(examination)] : []),
  ];
  return [...tables.flatMap((table) => [renderText(table), '']), ...findingLines(examination.findings)];
}
