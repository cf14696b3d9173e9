import { availableParallelism, cpus, loadavg, totalmem } from 'node:os';
import { compiledLogMel } from './log-mel/compile.ts';
import { describeSimd, type SimdDescription } from './simd/index.ts';
import { findTensorflow } from './tensorflow.ts';

/** What there is to compute with, and what holds it back. */
export interface Examination {
  node: string;
  platform: string;
  processor: string;
  /** Of the machine, and those that affinity and the cgroup's quota leave to this process. */
  processors: { machine: number; available: number };
  memoryGigabytes: number;
  simd: SimdDescription;
  /** How log-mel features are computed. */
  logMel: 'simd256' | 'simd128' | 'javascript';
  /** The tfjs-node package of the current folder's project. */
  tensorflow: string | undefined;
  /** What would make it faster, most first; empty where nothing is known to. */
  advice: string[];
}

type Facts = Omit<Examination, 'advice'> & {
  load: number;
  environment: { instructions: string | undefined; threads: string | undefined };
};

/** What would make computing faster, said of the facts alone. */
export function advise(facts: Facts): string[] {
  const { simd, processors, environment, memoryGigabytes, tensorflow, load } = facts;
  const advice: string[] = [];
  if (environment.instructions && environment.instructions !== 'simd256') {
    advice.push(`SPECTRIDE_INSTRUCTIONS=${environment.instructions} holds the kernels back: unset it.`);
  }
  for (const { path, reason } of simd.refusals) {
    const remedy = /ENOENT|no such file/i.test(reason)
      ? 'run npm run build:kernels'
      : 'another Node (24 or 26) may take it';
    advice.push(`Kernels as "${path}" were refused (${reason}): ${remedy}.`);
  }
  if (simd.threads < simd.physicalCores) {
    advice.push(
      `${simd.threads} of ${simd.physicalCores} cores compute: ${environment.threads ? 'unset SPECTRIDE_THREADS' : 'set SPECTRIDE_THREADS'}.`,
    );
  }
  if (processors.available < processors.machine) {
    advice.push(
      `Affinity or a quota leaves ${processors.available} of the machine's ${processors.machine} processors to this process: widen it where you may.`,
    );
  }
  if (load > processors.machine / 2) {
    advice.push(`Other programs keep the machine busy (load ${load.toFixed(1)}): let them end first.`);
  }
  if (memoryGigabytes < 4) {
    advice.push(`${memoryGigabytes} GB of memory is little for a batch of 32: set train.microBatch.`);
  }
  if (tensorflow === '@tensorflow/tfjs-node-gpu') {
    advice.push(`${tensorflow} is installed here: with a GPU, try --backend tensorflow.`);
  }
  return advice;
}

/** Compiles and checks the kernels of the simd backend, and says what they run on. `project`: where tfjs-node is looked for. */
export function examine(project: string): Examination {
  const facts: Facts = {
    node: process.versions.node,
    platform: `${process.platform} ${process.arch}`,
    processor: cpus()[0]?.model.trim() ?? 'unknown',
    simd: describeSimd(),
    processors: { machine: cpus().length, available: availableParallelism() },
    memoryGigabytes: Math.round(totalmem() / 2 ** 30),
    logMel: compiledLogMel()?.instructions ?? 'javascript',
    tensorflow: findTensorflow(project)?.name,
    load: loadavg()[0] ?? 0,
    environment: { instructions: process.env.SPECTRIDE_INSTRUCTIONS, threads: process.env.SPECTRIDE_THREADS },
  };
  const { load, environment, ...described } = facts;
  return { ...described, advice: advise(facts) };
}
