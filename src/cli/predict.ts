import { type Command, InvalidArgumentError } from 'commander';
import type { BackendName } from '../backend/description.ts';
import type { TaskPrediction } from '../train/predict.ts';
import { backendOption } from './train.ts';

interface PredictCommandOptions {
  top: number;
  windows?: boolean;
  backend?: BackendName;
  json?: boolean;
}

function parseTop(text: string): number {
  const top = Number(text);
  if (!Number.isInteger(top) || top < 1) throw new InvalidArgumentError('Expected a whole number of at least 1.');
  return top;
}

const describe = (tasks: readonly TaskPrediction[], top: number) =>
  tasks
    .map(({ task, classes }) => {
      const best = classes
        .slice(0, top)
        .map(({ label, probability }) => `${label} ${(100 * probability).toFixed(1)} %`);
      return tasks.length > 1 ? `${task}: ${best.join(', ')}` : best.join(', ');
    })
    .join('; ');

/** `spectride predict RUN FILE…`: labels and probabilities of recordings. */
export function registerPredict(program: Command): void {
  program
    .command('predict')
    .summary('label recordings')
    .description(
      'Say what a run’s model hears in recordings (WAV, FLAC, MP3, Ogg): labels and probabilities of each task.',
    )
    .argument('<run>', 'run folder')
    .argument('<file...>', 'recordings')
    .option('--top <k>', 'how many labels a task', parseTop, 1)
    .option('--windows', 'each window by itself, too')
    .addOption(backendOption())
    .option('--json', 'print one JSON document')
    .addHelpText(
      'after',
      `
Examples:
  $ spectride predict runs/words-0 hello.wav
  $ spectride predict runs/words-0 long.flac --windows --top 3
  $ spectride predict runs/words-0 *.wav --json`,
    )
    .action(async (directory: string, files: string[], options: PredictCommandOptions) => {
      const { readRun } = await import('../train/run-folder.ts');
      const { setBackend } = await import('../backend/index.ts');
      const { loadModel, predictFile } = await import('../train/index.ts');
      const { print, printJson, remark } = await import('./output.ts');
      const run = await readRun(directory);
      await setBackend(options.backend ?? run.pipeline.backend);
      const loaded = await loadModel(run);
      const answers = [];
      let padded = 0;
      for (const file of files) {
        const { tasks, windows, ...answer } = await predictFile(loaded, file);
        if (answer.padded) padded++;
        const cut = (list: readonly TaskPrediction[]) =>
          list.map(({ task, classes }) => ({ task, classes: classes.slice(0, options.top) }));
        if (options.json) {
          const each = windows.map((window) => ({ ...window, tasks: cut(window.tasks) }));
          answers.push({ ...answer, tasks: cut(tasks), ...(options.windows ? { windows: each } : {}) });
          continue;
        }
        print(`${file}: ${describe(tasks, options.top)}`);
        if (!options.windows) continue;
        for (const { start, end, tasks: heard } of windows) {
          print(`  ${start.toFixed(2)} to ${end.toFixed(2)} s: ${describe(heard, options.top)}`);
        }
      }
      loaded.model.dispose();
      if (padded > 0) remark(`${padded} of ${files.length} files are shorter than a window and were padded with zeros`);
      if (options.json) printJson({ run: directory, files: answers });
    });
}
