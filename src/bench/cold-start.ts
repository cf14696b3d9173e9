/** Times `node MAIN --help`, from its start to its end, and prints one JSON line: `node cold-start.ts MAIN`. */
import { spawnSync } from 'node:child_process';
import { median } from './rounds.ts';

const runs = 7;
const [main = ''] = process.argv.slice(2);
const times = Array.from({ length: runs + 1 }, () => {
  const start = performance.now();
  const { status } = spawnSync(process.execPath, [main, '--help'], { stdio: 'ignore' });
  if (status !== 0) throw new Error(`${main} --help ended with code ${status}`);
  return performance.now() - start;
});
console.log(JSON.stringify({ median_ms: Math.round(median(times.slice(1)) * 10) / 10 }));
