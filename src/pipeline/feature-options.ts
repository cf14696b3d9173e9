import type { FeatureSettings } from './schema.ts';

/** The log-mel settings of a pipeline, for `resolveFeatures`: without what only says how the cache keeps them. */
export function featureOptions({ waveform: _, ...options }: FeatureSettings): Omit<FeatureSettings, 'waveform'> {
  return options;
}
