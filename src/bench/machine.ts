import { readFileSync } from 'node:fs';
import { cpus, totalmem } from 'node:os';

/** The class of a machine, as results are published: nothing that names one machine. */
export interface Machine {
  processor: string;
  processors: number;
  /** Vector extensions that matter here, widest first; empty where the system does not say. */
  vectors: string[];
  memoryGigabytes: number;
  platform: string;
  node: string;
}

/** Vector extensions that Linux lists for an x86 processor. */
function vectorExtensions(): string[] {
  try {
    const flags = /^flags\s*:(.*)$/m.exec(readFileSync('/proc/cpuinfo', 'utf8'))?.[1]?.split(' ') ?? [];
    return ['avx512f', 'avx2', 'fma', 'sse4_1'].filter((name) => flags.includes(name));
  } catch {
    return [];
  }
}

/** What the benchmarks run on. */
export function describeMachine(): Machine {
  const all = cpus();
  return {
    processor: all[0]?.model.trim() ?? process.arch,
    processors: all.length,
    vectors: vectorExtensions(),
    memoryGigabytes: Math.round(totalmem() / 2 ** 30),
    platform: `${process.platform} ${process.arch}`,
    node: process.versions.node,
  };
}
