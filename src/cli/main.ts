#!/usr/bin/env node
/**
 * Where the `spectride` command starts. It loads the command line only once the Node it runs on is known to be new enough:
 * npx and npm scripts find the package's own Node first, a direct call may find the machine's older one.
 */
import { spawnSync } from 'node:child_process';
import module from 'node:module';
import path from 'node:path';

const oldestNode = 24;

/** The executable of npm's `node` package, or undefined where it is not installed. */
function ownNode(): string | undefined {
  try {
    const folder = path.dirname(module.createRequire(import.meta.url).resolve('node/package.json'));
    return path.join(folder, 'bin', process.platform === 'win32' ? 'node.exe' : 'node');
  } catch {
    return undefined;
  }
}

if (Number.parseInt(process.versions.node, 10) >= oldestNode) {
  module.enableCompileCache?.();
  const { runCommandLine } = await import('./program.ts');
  await runCommandLine(process.argv);
} else {
  const executable = ownNode();
  const child = executable && spawnSync(executable, [...process.argv.slice(1)], { stdio: 'inherit' });
  if (!child || child.error) {
    process.stderr.write(
      `spectride: found Node ${process.versions.node}, expected ${oldestNode} or newer (npx spectride uses the package's own)\n`,
    );
    process.exitCode = 2;
  } else {
    process.exitCode = child.status ?? 130;
  }
}
