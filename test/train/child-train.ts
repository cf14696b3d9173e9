import { train } from '../../src/train/index.ts';
import { tinyPipeline } from './tiny-data.ts';

/** Trains the tiny pipeline in a process of its own, which a test may kill: node child-train.ts FOLDER OUT CACHE [resume|new] [changes as JSON]. */
const [folder = '', out = '', cacheDirectory = '', resume, changes = '{}'] = process.argv.slice(2);

await train(tinyPipeline(folder, JSON.parse(changes)), {
  out,
  cacheDirectory,
  resume: resume === 'resume',
  onMetrics: (line) => process.stdout.write(`${line.step}\n`),
});
process.exit(0);
