import { type Command, Option } from 'commander';
import type { FeaturePreset } from '../features/options.ts';

interface FeaturesOptions {
  out?: string;
  png?: boolean;
  preset: FeaturePreset;
  descriptors?: string;
  json?: boolean;
}

/** `spectride features FILE…`: log-mel spectrograms as NumPy files and pictures, or descriptors as CSV. */
export function registerFeatures(program: Command): void {
  program
    .command('features')
    .summary('log-mel of recordings as NumPy and PNG; descriptors as CSV')
    .description(
      'Compute the log-mel spectrograms of recordings (WAV, FLAC, MP3, Ogg; brought to 16 kHz mono): NumPy files, little-endian float32, [frames, 64]. Or describe each recording by Meyda’s descriptors, as CSV.',
    )
    .argument('<file...>', 'recordings')
    .option(
      '--out <path>',
      'a .npy file for one recording, a folder for several; a .csv file for descriptors (default: stdout)',
    )
    .option('--png', 'a picture beside each NumPy file')
    .addOption(
      new Option('--preset <name>', 'settings of the log-mel')
        .choices(['tagliasacchi', 'tensorflow', 'librosa', 'torchaudio', 'leaf'])
        .default('tagliasacchi'),
    )
    .addOption(
      new Option(
        '--descriptors <names>',
        'mean descriptors instead: rms,zcr,spectralCentroid,spectralRolloff,mfcc,…',
      ).conflicts(['png', 'preset']),
    )
    .option('--json', 'print one JSON document')
    .addHelpText(
      'after',
      `
Examples:
  $ spectride features hello.wav --out hello.npy --png
  $ spectride features *.wav --out features --preset librosa
  $ spectride features *.wav --descriptors rms,zcr,spectralCentroid --out descriptors.csv`,
    )
    .action(async (files: string[], options: FeaturesOptions) => {
      if (options.descriptors !== undefined) await describeFiles(files, options.descriptors.split(','), options);
      else await writeFeatures(files, options);
    });
}

/** Where each recording's features go. @throws BadInputError where that is not said or two would share a file. */
async function targetsOf(files: readonly string[], out: string | undefined): Promise<string[]> {
  const path = await import('node:path');
  const { BadInputError } = await import('../errors.ts');
  const single = out?.endsWith('.npy') === true;
  if (out === undefined || (single && files.length > 1)) {
    const found = out === undefined ? 'none' : `"${out}"`;
    throw new BadInputError(
      `--out: expected ${files.length > 1 ? 'a folder' : 'a .npy file or a folder'}, found ${found}`,
    );
  }
  if (single) return [out];
  const targets = files.map((file) => path.join(out, `${path.parse(file).name}.npy`));
  const repeated = targets.find((target, i) => targets.indexOf(target) !== i);
  if (repeated) throw new BadInputError(`${repeated}: two recordings would be written there; expected different names`);
  return targets;
}

async function writeFeatures(files: readonly string[], options: FeaturesOptions): Promise<void> {
  const targets = await targetsOf(files, options.out);
  const { readAudio } = await import('../audio/index.ts');
  const { logMel, resolveFeatures } = await import('../features/index.ts');
  const { encodeNpy } = await import('../features/npy.ts');
  const { simdLogMelTransform } = await import('../backend/log-mel/index.ts');
  const { writeFileAtomic } = await import('../atomic-file.ts');
  const { print, printJson } = await import('./output.ts');
  const { createProgress } = await import('./progress.ts');
  const settings = resolveFeatures({ preset: options.preset });
  const transform = simdLogMelTransform();
  const progress = createProgress();
  const written = [];
  for (const [i, file] of files.entries()) {
    const samples = await readAudio(file, { sampleRate: settings.sampleRate });
    const features = logMel(samples, settings, transform);
    const target = targets[i] ?? '';
    await writeFileAtomic(target, encodeNpy(features.values, [features.frames, features.bins]));
    if (options.png) {
      const { logMelImage } = await import('../report/log-mel-image.ts');
      await writeFileAtomic(target.replace(/\.npy$/, '.png'), logMelImage(features));
    }
    written.push({ file, out: target, frames: features.frames, bins: features.bins });
    progress.update('features', i + 1, files.length);
  }
  progress.clear();
  if (options.json) printJson({ preset: options.preset, files: written });
  else for (const { out, frames, bins } of written) print(`${out}: ${frames} frames × ${bins} bins`);
}

async function describeFiles(
  files: readonly string[],
  names: readonly string[],
  options: FeaturesOptions,
): Promise<void> {
  const { columnsOf, describeClip, parseDescriptors } = await import('../features/descriptors.ts');
  const chosen = parseDescriptors(names.map((name) => name.trim()));
  const { readAudio } = await import('../audio/index.ts');
  const { writeFileAtomic } = await import('../atomic-file.ts');
  const { print, printJson } = await import('./output.ts');
  const sampleRate = 16000;
  const rows = [];
  for (const file of files)
    rows.push({ file, ...describeClip(await readAudio(file, { sampleRate }), sampleRate, chosen) });
  const columns = ['file', ...columnsOf(chosen)];
  const quote = (text: string) => (/[",\n\r]/.test(text) ? `"${text.replaceAll('"', '""')}"` : text);
  const lines = rows.map((row) => {
    const values: Record<string, string | number> = row;
    return columns.map((column) => quote(String(values[column]))).join(',');
  });
  const text = [columns.join(','), ...lines].join('\n');
  if (options.out !== undefined) await writeFileAtomic(options.out, `${text}\n`);
  if (options.json) printJson({ files: rows });
  else if (options.out === undefined) print(text);
}
