import { readAudio } from '../audio/index.ts';
import { openDataset } from '../datasets/catalogue.ts';
import { logMel, resolveFeatures } from '../features/index.ts';
import { featureOptions } from '../pipeline/feature-options.ts';
import type { ExampleClip } from './charts/mask-figure.ts';
import type { RunRecord } from './run-record.ts';

/**
 * A clip to show what a run's first layer keeps: the first test clip of its first task, cut to one training window. Undefined
 * where the data are no longer there, which a report can do without.
 */
export async function exampleClip(run: RunRecord): Promise<ExampleClip | undefined> {
  const { tasks, features, train } = run.pipeline;
  const [task] = tasks;
  if (task === undefined) return undefined;
  try {
    const dataset = await openDataset(task.dataset, { split: task.split, label: task.label });
    const clip = dataset.clips.find((entry) => entry.split === 'test' && entry.member === undefined);
    if (clip === undefined) return undefined;
    const options = resolveFeatures(featureOptions(features));
    const start = clip.start ?? 0;
    const samples = await readAudio(clip.path, {
      sampleRate: options.sampleRate,
      start,
      end: Math.min(clip.end ?? Number.POSITIVE_INFINITY, start + train.window),
    });
    const { frames, bins, values } = logMel(samples, options);
    if (frames === 0) return undefined;
    return { name: `the test clip ${clip.id}`, map: { rows: frames, columns: bins, values } };
  } catch {
    return undefined;
  }
}
