import type { Command } from 'commander';
import type { BackendName } from '../backend/description.ts';
import { backendOption } from './train.ts';

interface FreezeOptions {
  out?: string;
  backend?: BackendName;
  json?: boolean;
}

/** `spectride freeze RUN`: the trained network with its strides as constant matrices, for inference. */
export function registerFreeze(program: Command): void {
  program
    .command('freeze')
    .summary('constant matrices for inference')
    .description(
      'Bake a trained network for inference: each pool becomes a constant matrix, its mask included, and batch normalisation an affine map. One safetensors file for one input size; its logits are the model’s.',
    )
    .argument('<run>', 'run folder')
    .option('--out <file>', 'file to write (default: frozen.safetensors in the run folder)')
    .addOption(backendOption())
    .option('--json', 'print one JSON document')
    .addHelpText(
      'after',
      `
Examples:
  $ spectride freeze runs/words-0
  $ spectride freeze runs/words-0 --out words.safetensors`,
    )
    .action(async (run: string, options: FreezeOptions) => {
      const { setBackend } = await import('../backend/index.ts');
      const { freezeRun } = await import('../report/freeze-run.ts');
      const { print, printJson } = await import('./output.ts');
      const { readRun } = await import('../train/run-folder.ts');
      await setBackend(options.backend ?? (await readRun(run)).pipeline.backend);
      const frozen = await freezeRun(run, options.out);
      if (options.json) {
        printJson(frozen);
        return;
      }
      const { file, bytes, frames, bins, difference } = frozen;
      print(
        `${file}: ${(bytes / 2 ** 20).toFixed(1)} MiB, for inputs of ${frames} frames × ${bins} mel bins`,
        `logits differ from the model’s by at most ${difference.toExponential(1)} of the largest`,
      );
    });
}
