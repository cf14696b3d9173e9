import { readFileSync } from 'node:fs';
import { availableParallelism } from 'node:os';

/**
 * How many physical cores this process may use: what affinity and the cgroup's quota leave (`os.availableParallelism`), and
 * on Linux at most one for each set of hyper-threads among the allowed processors. A second hyper-thread adds nothing to
 * kernels that keep a core's multipliers busy.
 */
export function physicalCores(): number {
  const logical = availableParallelism();
  const cores = allowedCores();
  return Math.max(1, cores === undefined ? logical : Math.min(logical, cores));
}

/** Distinct cores among the processors that the affinity mask allows, or undefined where Linux's files cannot be read. */
function allowedCores(): number | undefined {
  try {
    const status = readFileSync('/proc/self/status', 'utf8');
    const list = /^Cpus_allowed_list:\s*(\S+)$/m.exec(status)?.[1];
    if (list === undefined) {
      return undefined;
    }
    const siblings = parseProcessorList(list).map((processor) =>
      readFileSync(`/sys/devices/system/cpu/cpu${processor}/topology/thread_siblings_list`, 'utf8').trim(),
    );
    return new Set(siblings).size;
  } catch {
    return undefined;
  }
}

/** Reads a kernel list such as `0-3,8,10-11`. */
export function parseProcessorList(list: string): number[] {
  return list.split(',').flatMap((range) => {
    const [first = Number.NaN, last = first] = range.split('-').map(Number);
    return Array.from({ length: last - first + 1 }, (_, index) => first + index);
  });
}
