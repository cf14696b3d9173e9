import { readFileSync } from 'node:fs';

/**
 * Whether the processor can have 256-bit arithmetic, which V8's fusing of instructions needs: x64, and AVX2 where Linux tells.
 * Elsewhere V8 itself finds out and compiles 128-bit code where it has to.
 */
export function mayHave256Bits(): boolean {
  if (process.arch !== 'x64') {
    return false;
  }
  try {
    const flags = /^flags\s*:(.*)$/m.exec(readFileSync('/proc/cpuinfo', 'utf8'))?.[1];
    return flags === undefined || / avx2( |$)/.test(flags);
  } catch {
    return true;
  }
}
