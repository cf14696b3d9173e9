import { spawn } from 'node:child_process';
import { readFileSync } from 'node:fs';
import path from 'node:path';
import { CommanderError } from 'commander';
import { outcomeOf } from '../../src/cli/exit.ts';
import { createProgram } from '../../src/cli/program.ts';
import { BadInputError } from '../../src/errors.ts';
import { runCli } from './run-cli.ts';

const root = path.resolve(import.meta.dirname, '../..');

describe('spectride', () => {
  test('prints its help on stdout, with examples, and ends with 0', async () => {
    const { code, stdout, stderr } = await runCli(['--help']);
    expect({ code, stderr }).toEqual({ code: 0, stderr: '' });
    expect(stdout).toContain('$ spectride demo');
  });

  test('prints its help when it is called with nothing', async () => {
    expect((await runCli([])).stdout).toContain('Usage: spectride');
  });

  test('prints the version of its package', async () => {
    const manifest = JSON.parse(readFileSync(path.join(root, 'package.json'), 'utf8')) as { version: string };
    expect((await runCli(['--version'])).stdout.trim()).toBe(manifest.version);
  });

  test.each([
    ['an unknown command, with the nearest one', ['cutofs'], 'Did you mean cutoffs?'],
    ['an unknown option', ['cutoffs', 'x', '--layr', '1'], '--layr'],
    ['a missing argument', ['cutoffs'], "missing required argument 'run'"],
    ['an option’s value that is not one of its choices', ['cutoffs', 'x', '--convention', 'both!'], 'continuous'],
    ['a run folder that does not exist', ['cutoffs', 'no/such/run'], 'no/such/run'],
  ])('refuses %s on stderr and ends with 2', async (_, args, message) => {
    const { code, stdout, stderr } = await runCli(args);
    expect({ code, stdout }).toEqual({ code: 2, stdout: '' });
    expect(stderr).toContain(message);
    expect(stderr).not.toMatch(/^ {4}at /m);
  });

  test('prints the stack of an error under --debug only', async () => {
    const { code, stderr } = await runCli(['cutoffs', 'no/such/run', '--debug']);
    expect(code).toBe(2);
    expect(stderr).toMatch(/^ {4}at /m);
  });

  test('ends quietly with 0 when the reader of its output has gone', async () => {
    const child = spawn(process.execPath, [path.join(root, 'src/cli/main.ts'), '--help'], {
      stdio: ['ignore', 'pipe', 'pipe'],
      env: { ...process.env, NODE_OPTIONS: '' },
    });
    child.stdout.destroy();
    let stderr = '';
    child.stderr.on('data', (text: Buffer) => {
      stderr += text.toString();
    });
    const code = await new Promise((resolve) => child.on('close', resolve));
    expect({ code, stderr }).toEqual({ code: 0, stderr: '' });
  });

  test('has an example in the help of every command', () => {
    for (const command of createProgram().commands) {
      let help = '';
      command
        .configureOutput({
          writeOut: (text) => {
            help += text;
          },
        })
        .outputHelp();
      expect(help).toContain(`$ spectride ${command.name()}`);
    }
  });
});

describe('exit codes', () => {
  const aborted = Object.assign(new Error('stopped'), { name: 'AbortError' });
  test.each([
    ['bad input', new BadInputError('x.yaml: expected a list, found 3'), 2, 'x.yaml: expected a list, found 3'],
    ['an interruption', aborted, 130, 'stopped'],
    ['help that was asked for', new CommanderError(0, 'commander.helpDisplayed', ''), 0, undefined],
    ['wrong usage', new CommanderError(1, 'commander.unknownOption', ''), 2, undefined],
    ['any other failure', new Error('disk full'), 1, 'disk full'],
    ['something thrown that is no error', 'text', 1, 'text'],
  ])('say %s', (_, thrown, code, sentence) => {
    expect(outcomeOf(thrown)).toEqual({ code, sentence });
  });
});
