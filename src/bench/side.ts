import { spawn } from 'node:child_process';
import { accessSync, constants } from 'node:fs';
import { availableParallelism } from 'node:os';
import path from 'node:path';
import { BadInputError } from '../errors.ts';

/** One of the programs that are measured against each other. */
export interface Side {
  name: string;
  /** Program and arguments. */
  command: string[];
  /** The folder that it runs in. */
  folder?: string;
  environment?: Record<string, string>;
}

/** Where a side runs: on how many threads, and on which processors (Linux's list, such as `0,1`) where they can be chosen. */
export interface Place {
  threads: number;
  processors: string | undefined;
}

/** What a side prints: one JSON object on the last line that holds one. */
export type Measurement = Record<string, unknown>;

/** The path of a program on PATH, or undefined. */
function findProgram(name: string): string | undefined {
  for (const folder of (process.env.PATH ?? '').split(path.delimiter)) {
    const file = path.join(folder, name);
    try {
      accessSync(file, constants.X_OK);
      return file;
    } catch {
      // Not in this folder: the next one.
    }
  }
  return undefined;
}

/** The first processors of the process, as many as threads, or undefined where there is no `taskset` to bind to them. */
export function defaultProcessors(threads: number): string | undefined {
  if (process.platform !== 'linux' || findProgram('taskset') === undefined) return undefined;
  if (threads > availableParallelism()) return undefined;
  return Array.from({ length: threads }, (_, processor) => processor).join(',');
}

/** A script of this folder as a side: `node script.ts …` in a checkout, `node script.js …` when installed. */
export function ownSide(name: string, script: string, argv: string[], environment?: Record<string, string>): Side {
  const file = path.join(import.meta.dirname, `${script}${path.extname(import.meta.filename)}`);
  return { name, command: [process.execPath, '--no-warnings', file, ...argv], environment };
}

/** Splits a command line at spaces, keeping what stands between quotation marks together. */
export function splitCommand(line: string): string[] {
  return [...line.matchAll(/"([^"]*)"|'([^']*)'|(\S+)/g)].map(
    ([, double, single, bare]) => double ?? single ?? bare ?? '',
  );
}

/** A peer's command line as a short name: its script without folders, and what follows; the whole line where it names no file. */
export function commandName(line: string): string {
  const words = splitCommand(line);
  const script = words.findIndex((word) => /\.(py|[cm]?[jt]s|sh|R|jl)$/.test(word));
  return [path.basename(words[Math.max(script, 0)] ?? line), ...words.slice(Math.max(script, 0) + 1)].join(' ');
}

/** The last line of a text that is a JSON object. */
function lastJson(text: string): Measurement | undefined {
  for (const line of text.split('\n').reverse()) {
    if (!line.startsWith('{')) continue;
    try {
      const value: unknown = JSON.parse(line);
      if (typeof value === 'object' && value !== null) return { ...value };
    } catch {
      // A line that only looks like JSON: an earlier one may be.
    }
  }
  return undefined;
}

/**
 * Runs a side once, in a process of its own, and returns what it measured.
 * @throws BadInputError naming the side where it does not start, fails, or prints no JSON object
 */
export async function runSide(side: Side, { threads, processors }: Place): Promise<Measurement> {
  const [program = '', ...argv] = processors ? ['taskset', '-c', processors, ...side.command] : side.command;
  const count = String(threads);
  const child = spawn(program, argv, {
    cwd: side.folder,
    stdio: ['ignore', 'pipe', 'pipe'],
    env: {
      ...process.env,
      SPECTRIDE_THREADS: count,
      OMP_NUM_THREADS: count,
      TF_NUM_INTRAOP_THREADS: count,
      ...side.environment,
    },
  });
  let output = '';
  let errors = '';
  child.stdout.setEncoding('utf8').on('data', (text: string) => {
    output += text;
  });
  child.stderr.setEncoding('utf8').on('data', (text: string) => {
    errors = (errors + text).slice(-4000);
  });
  const code = await new Promise<number | null>((resolve, reject) => {
    child.once('error', (error) => reject(new BadInputError(`bench: ${side.name} does not start: ${error.message}`)));
    child.once('close', resolve);
  });
  const measurement = lastJson(output);
  if (code !== 0 || measurement === undefined) {
    const reason = errors.trim().split('\n').at(-1) ?? '';
    throw new BadInputError(
      `bench: expected ${side.name} to print a JSON object, found exit code ${code}${reason ? ` and "${reason}"` : ''}`,
    );
  }
  return measurement;
}
