import { execFileSync } from 'node:child_process';
import { availableParallelism } from 'node:os';
import * as tf from '@tensorflow/tfjs';
import type { BackendDescription } from '../backend/index.ts';
import { packageVersion } from '../package-root.ts';
import type { Environment } from './results.ts';

/** What a run depends on besides its pipeline: versions, backend, machine, the working folder's commit. */
export function describeEnvironment(backend: BackendDescription, seed: number): Environment {
  return {
    spectride: packageVersion(),
    node: process.version,
    tfjs: tf.version.tfjs,
    backend: { ...backend },
    platform: `${process.platform}-${process.arch}`,
    cores: availableParallelism(),
    commit: currentCommit(),
    seed,
    started: new Date().toISOString(),
  };
}

function currentCommit(): string | null {
  try {
    return execFileSync('git', ['rev-parse', 'HEAD'], { encoding: 'utf8', stdio: ['ignore', 'pipe', 'ignore'] }).trim();
  } catch {
    return null; // no git, or not a repository
  }
}
