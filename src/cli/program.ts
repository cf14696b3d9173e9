import { Command } from 'commander';
import { packageVersion } from '../package-root.ts';
import { registerBench } from './bench.ts';
import { registerCompare } from './compare.ts';
import { registerCutoffs } from './cutoffs.ts';
import { registerData } from './data.ts';
import { registerDemo } from './demo.ts';
import { registerDoctor } from './doctor.ts';
import { registerEvaluate } from './evaluate.ts';
import { exitCode, outcomeOf } from './exit.ts';
import { registerExperiment } from './experiment.ts';
import { registerFeatures } from './features.ts';
import { registerFreeze } from './freeze.ts';
import { registerPredict } from './predict.ts';
import { registerPrepare } from './prepare.ts';
import { registerReport } from './report.ts';
import { registerStrides } from './strides.ts';
import { registerTrain } from './train.ts';

/** Commands in the order and under the headings in which `--help` lists them. */
const commandGroups: { heading: string; commands: ((program: Command) => void)[] }[] = [
  {
    heading: 'Train and use:',
    commands: [registerDemo, registerTrain, registerEvaluate, registerPredict, registerFreeze],
  },
  { heading: 'Data:', commands: [registerData, registerPrepare, registerFeatures] },
  {
    heading: 'Read and compare:',
    commands: [registerCutoffs, registerStrides, registerCompare, registerReport],
  },
  { heading: 'Many runs:', commands: [registerExperiment] },
  { heading: 'This machine:', commands: [registerBench, registerDoctor] },
];

const examples = `
Examples:
  $ spectride demo                                         train and score the embedded recordings (minutes)
  $ spectride train pipelines/words.yaml --seed 1          a run folder: weights, metrics, scores
  $ spectride train my.yaml --set train.batch=32           with one setting changed
  $ spectride predict runs/words-1 hello.wav               labels and probabilities
  $ spectride cutoffs runs/words-1 runs/words-2            learned strides as cut-off frequencies, mean ± sd
  $ spectride report runs/words-1 --out report             curves, strides, confusion matrices, tables

spectride <command> --help says more, with an example. Exit codes: 0 done, 1 failed, 2 wrong usage or bad input, 130 interrupted.`;

/** The whole command line, as commander sees it. Nothing heavy is loaded until an action runs. */
export function createProgram(): Command {
  const program = new Command('spectride')
    .description(
      'Audio classification with learned strides: recordings in, a classifier and its cut-off frequencies out.',
    )
    .version(packageVersion(), '-V, --version', 'print the version')
    .option('--debug', 'print the stack of an error')
    .helpOption('-h, --help', 'print this help')
    .helpCommand(false)
    .showHelpAfterError('(add --help for what is expected)')
    .showSuggestionAfterError()
    .exitOverride()
    .addHelpText('after', examples);
  for (const { heading, commands } of commandGroups) {
    program.commandsGroup(heading);
    for (const register of commands) register(program);
  }
  for (const command of program.commands) {
    command.option('--debug', 'print the stack of an error').helpOption('-h, --help', 'print this help');
  }
  return program;
}

/** Whether the stack of an error was asked for, before or after the name of the command. */
function debugging(argv: readonly string[]): boolean {
  const end = argv.indexOf('--');
  return argv.slice(2, end < 0 ? undefined : end).includes('--debug');
}

/** Ends quietly when the reader of stdout (`| head`) has gone. */
function endWithReader(): void {
  for (const stream of [process.stdout, process.stderr]) {
    stream.on('error', (error: NodeJS.ErrnoException) => {
      if (error.code === 'EPIPE') process.exit(exitCode.done);
      throw error;
    });
  }
}

/** Ends a run whose experiment has been killed: else both it and its successor would write the same run folder. */
function endWithParent(): void {
  if (process.channel !== undefined) process.on('disconnect', () => process.exit(exitCode.interrupted));
}

/** Waits until everything written to a stream has left the process. */
function flushed(stream: NodeJS.WriteStream): Promise<void> {
  return new Promise((resolve) => stream.write('', () => resolve()));
}

/**
 * Runs one command and ends the process with its exit code. Actions throw: a BadInputError is one sentence and code 2, an
 * AbortError or InterruptedError is 130, anything else is its message and 1; a stack is printed only under `--debug`.
 */
export async function runCommandLine(argv: readonly string[]): Promise<void> {
  endWithReader();
  endWithParent();
  const program = createProgram();
  try {
    if (argv.length <= 2) program.outputHelp();
    else await program.parseAsync([...argv]);
  } catch (error) {
    const { code, sentence } = outcomeOf(error);
    if (sentence !== undefined) process.stderr.write(`spectride: ${sentence}\n`);
    if (debugging(argv) && error instanceof Error && sentence !== undefined) process.stderr.write(`${error.stack}\n`);
    process.exitCode = code;
  }
  await Promise.all([flushed(process.stdout), flushed(process.stderr)]);
  process.exit();
}
