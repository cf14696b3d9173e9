import type { Command } from 'commander';
import type { Examination } from '../backend/examination.ts';

/** What each kind of instructions means to a person. */
const instructionNames: Record<string, string> = {
  simd256: '256-bit SIMD (pairs of 128-bit instructions fused by V8)',
  simd128: '128-bit SIMD',
  scalar: 'one number at a time, in JavaScript',
  javascript: 'JavaScript',
};

function checkSentence({ simd }: Examination): string {
  if (simd.refusals.length > 0) {
    return `fell back: ${simd.refusals.map(({ path, reason }) => `${path} (${reason})`).join('; ')}`;
  }
  return simd.instructions === 'scalar'
    ? 'not run: no SIMD is allowed or there is none'
    : 'passed: kernels agree with scalar loops in float64';
}

/** `spectride doctor`: what there is to compute with, and what would make it faster. */
export function registerDoctor(program: Command): void {
  program
    .command('doctor')
    .summary('versions, backend, cores, SIMD self-check, what would make it faster')
    .description(
      'Say what this machine computes with: versions, cores, threads, instructions, whether the kernels check out against scalar loops, and what would make it faster.',
    )
    .option('--json', 'print one JSON document')
    .addHelpText(
      'after',
      `
Examples:
  $ spectride doctor
  $ SPECTRIDE_THREADS=1 spectride doctor --json`,
    )
    .action(async ({ json }: { json?: boolean }) => {
      const { examine } = await import('../backend/examination.ts');
      const { packageVersion } = await import('../package-root.ts');
      const { print, printJson } = await import('./output.ts');
      const { version_core: tensors } = await import('@tensorflow/tfjs-core');
      const examination = examine('.');
      if (json) {
        printJson({ spectride: packageVersion(), tfjs: tensors, ...examination });
        return;
      }
      const { simd, processors } = examination;
      const rows: [string, string][] = [
        ['spectride', `${packageVersion()}, Node ${examination.node}, tfjs ${tensors}`],
        ['machine', `${examination.processor}, ${examination.platform}, ${examination.memoryGigabytes} GB`],
        [
          'cores',
          `${simd.physicalCores} for this process (${processors.available} of ${processors.machine} processors)`,
        ],
        ['backend', `simd on ${simd.threads} threads, ${instructionNames[simd.instructions]}`],
        ['kernels', `${simd.path}, ready in ${simd.milliseconds.toFixed(0)} ms`],
        ['self-check', checkSentence(examination)],
        ['log-mel', instructionNames[examination.logMel] ?? examination.logMel],
        ['tensorflow', examination.tensorflow ?? 'no tfjs-node in this folder’s project'],
      ];
      print(...rows.map(([name, value]) => `${name.padEnd(12)}${value}`), '');
      if (examination.advice.length === 0) print('Nothing is known that would make it faster here.');
      else print('Faster:', ...examination.advice.map((sentence) => `  - ${sentence}`));
    });
}
