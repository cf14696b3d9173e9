/**
 * Runs tfjs-core's own published jasmine tests (`dist/tests.js` of its npm package) on a reference backend and on another, each in a
 * process of its own, and says which tests pass on the first and not on the second.
 *
 *   node scripts/tfjs-tests.ts [--backends cpu,simd] [--filter TEXT] [--json FILE] [--list-failures]
 *
 * Exit code 1 where such a test exists. The tests are plain ES modules without file extensions; `tfjs-tests-loader.ts` lets Node
 * read them as they are, so that tests, kernels and gradients share one copy of tfjs-core.
 */
import { spawn } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { parseArgs } from 'node:util';

/** What became of one test; `title` does not name the backend, so that runs can be compared. */
export interface Outcome {
  title: string;
  status: 'passed' | 'failed' | 'pending' | 'excluded';
  message?: string;
}

const { values: options } = parseArgs({
  options: {
    backends: { type: 'string', default: 'cpu,simd' },
    filter: { type: 'string' },
    json: { type: 'string' },
    'list-failures': { type: 'boolean', default: false },
  },
});

/** Runs the tests on one backend in a child process and returns every outcome. */
async function runOn(backend: string, folder: string): Promise<Outcome[]> {
  const file = path.join(folder, `${backend}.json`);
  const script = path.join(import.meta.dirname, 'tfjs-tests-run.ts');
  const child = spawn(process.execPath, ['--no-warnings', script, backend, file, options.filter ?? ''], {
    stdio: ['ignore', 'ignore', 'inherit'],
  });
  const code = await new Promise<number | null>((resolve) => child.once('close', resolve));
  if (code !== 0) throw new Error(`tfjs-core's tests on ${backend} ended with code ${code}`);
  const outcomes: Outcome[] = JSON.parse(readFileSync(file, 'utf8'));
  return outcomes;
}

function count(outcomes: Outcome[], status: Outcome['status']): number {
  return outcomes.filter((outcome) => outcome.status === status).length;
}

/** Outcomes by title; tests that share a title are told apart by their order. */
function byTitle(outcomes: Outcome[]): Map<string, Outcome> {
  const seen = new Map<string, number>();
  const map = new Map<string, Outcome>();
  for (const outcome of outcomes) {
    const nth = (seen.get(outcome.title) ?? 0) + 1;
    seen.set(outcome.title, nth);
    map.set(nth === 1 ? outcome.title : `${outcome.title} (${nth})`, outcome);
  }
  return map;
}

const folder = mkdtempSync(path.join(tmpdir(), 'tfjs-tests-'));
try {
  const [reference = 'cpu', ...others] = options.backends.split(',');
  const results: Record<string, Outcome[]> = {};
  for (const backend of [reference, ...others]) {
    const outcomes = await runOn(backend, folder);
    results[backend] = outcomes;
    const pending = count(outcomes, 'pending') + count(outcomes, 'excluded');
    console.log(
      `${backend}: ${outcomes.length} tests, ${count(outcomes, 'passed')} passed, ${count(outcomes, 'failed')} failed, ${pending} not run`,
    );
    if (options['list-failures']) {
      for (const { title, status, message } of outcomes)
        if (status === 'failed') console.log(`  ${title}\n    ${message}`);
    }
  }
  const expected = byTitle(results[reference] ?? []);
  const differences: Record<string, Outcome[]> = {};
  for (const backend of others) {
    const actual = byTitle(results[backend] ?? []);
    const lost: Outcome[] = [];
    const undefinedThere: string[] = [];
    for (const [title, { status }] of expected) {
      const found = actual.get(title);
      // Some tests are defined for backends by name (`describeWithFlags` with a predicate).
      if (found === undefined) undefinedThere.push(title);
      else if (status === 'passed' && found.status !== 'passed') lost.push(found);
    }
    differences[backend] = lost;
    console.log(`${backend}: ${lost.length} of the tests that pass on ${reference} do not pass`);
    console.log(`${backend}: ${undefinedThere.length} tests are defined for ${reference} alone`);
    for (const title of undefinedThere) console.log(`  ${title}`);
    for (const { title, status, message } of lost) console.log(`  ${title}\n    ${status}: ${message ?? ''}`);
    if (lost.length > 0) process.exitCode = 1;
  }
  if (options.json) writeFileSync(options.json, JSON.stringify({ results, differences }, undefined, 1));
} finally {
  rmSync(folder, { recursive: true, force: true });
}
