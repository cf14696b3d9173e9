import path from 'node:path';
import { BadInputError, messageOf } from '../errors.ts';
import type { RandomStream } from '../random.ts';
import { isAudioName, listFiles } from './audio-files.ts';
import { type FeatureStoreOptions, openSampleStore } from './feature-cache.ts';

/** Recordings from which background noise is drawn. */
export interface NoiseRecordings {
  /** Fills `target` with a run of samples: from a recording at random, each as likely, at a random place; a shorter one is repeated. */
  draw(random: RandomStream, target: Float32Array): void;
  close(): void;
}

/** The recordings of a folder and those below it, sorted by name. Throws BadInputError, beginning with `field`, where there are none. */
export function listRecordings(folder: string, field: string): string[] {
  let names: string[];
  try {
    names = listFiles(folder);
  } catch (error) {
    throw new BadInputError(`${field}: ${messageOf(error)}`);
  }
  const recordings = names.filter(isAudioName);
  if (recordings.length === 0) {
    throw new BadInputError(
      `${field}: expected recordings in ${folder}, found ${names.length === 0 ? 'nothing' : 'only other files'}`,
    );
  }
  return recordings.map((name) => path.join(folder, name));
}

/**
 * Opens recordings as noise: their samples are kept in the cache like those of clips, and read from there. Throws BadInputError, beginning
 * with `field`, where one cannot be read.
 */
export async function openNoise(
  files: readonly string[],
  field: string,
  options: Omit<FeatureStoreOptions, 'maxBad' | 'waveform'>,
): Promise<NoiseRecordings> {
  const clips = files.map((file) => ({ id: file, path: file, split: 'train' as const, labels: {} }));
  const store = await openSampleStore(
    { name: field, root: path.dirname(files[0] ?? ''), clips, classes: {}, notes: [] },
    { ...options, maxBad: 0 },
  );
  return {
    draw(random, target) {
      const recording = random.integer(store.clips.length);
      const length = store.trainingFrames(recording);
      const whole = length >= target.length;
      let from = random.integer(whole ? length - target.length + 1 : length);
      for (let done = 0; done < target.length; ) {
        const count = Math.min(target.length - done, length - from);
        store.read(recording, from, count, target, done);
        done += count;
        from = 0;
      }
    },
    close: () => store.close(),
  };
}
