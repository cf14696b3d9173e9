/** A process that prepares the features of a folder: `node prepare-child.ts FOLDER CACHE WORKERS`. Tests kill it. */
import { openDataset } from '../../src/datasets/catalogue.ts';
import { openFeatureStore } from '../../src/datasets/feature-cache.ts';
import { resolveFeatures } from '../../src/features/index.ts';

const [folder, cacheDirectory, workers] = process.argv.slice(2);
const dataset = await openDataset(`folder:${folder}`);
await openFeatureStore(dataset, {
  features: resolveFeatures(),
  window: 1,
  cacheDirectory,
  workers: Number(workers),
  maxBad: 1,
  onProgress: (done) => process.stdout.write(`${done}\n`),
});
