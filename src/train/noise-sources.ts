import { listRecordings, type NoiseRecordings, openNoise } from '../datasets/noise.ts';
import { BadInputError } from '../errors.ts';
import { resolveFeatures } from '../features/index.ts';
import { featureOptions } from '../pipeline/feature-options.ts';
import type { Pipeline } from '../pipeline/schema.ts';
import type { TaskSource } from './sources.ts';

const field = 'train.augmentation.noise.source';

/** Refuses a folder of noise that has no recordings; cheap, so that it is said before any data is read. */
export function refuseNoNoise({ train }: Pipeline): void {
  const source = train.augmentation.noise?.source;
  if (source !== undefined) listRecordings(source, field);
}

/**
 * The noise that is mixed into each source's windows: the pipeline's folder for all, or what comes with each data set. Empty where the
 * pipeline asks for none.
 * @throws BadInputError where a data set has no noise of its own and the pipeline names none, or where a recording cannot be read.
 */
export async function openNoiseSources(
  pipeline: Pipeline,
  sources: readonly TaskSource[],
  options: { readonly cacheDirectory?: string; readonly signal?: AbortSignal },
): Promise<NoiseRecordings[]> {
  const { noise } = pipeline.train.augmentation;
  if (noise === undefined) return [];
  const opened: NoiseRecordings[] = [];
  const { cacheDirectory, signal } = options;
  const open = async (files: readonly string[], where: string) => {
    const recordings = await openNoise(files, where, {
      features: resolveFeatures(featureOptions(pipeline.features)),
      window: pipeline.train.window,
      ...(cacheDirectory === undefined ? {} : { cacheDirectory }),
      ...(signal === undefined ? {} : { signal }),
    });
    opened.push(recordings);
    return recordings;
  };
  try {
    if (noise.source !== undefined) {
      const shared = await open(listRecordings(noise.source, field), field);
      return sources.map(() => shared);
    }
    for (const { dataset } of sources) {
      if (!dataset.noise?.length) {
        throw new BadInputError(
          `${field}: expected a folder of recordings, since ${dataset.name} has no noise, found none`,
        );
      }
      await open(dataset.noise, `noise of ${dataset.name}`);
    }
    return opened;
  } catch (error) {
    for (const recordings of opened) recordings.close();
    throw error;
  }
}
