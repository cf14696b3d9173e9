import { resolveFeatures } from '../features/index.ts';
import { featureOptions } from '../pipeline/feature-options.ts';
import { type InputRates, paperRates } from './layer-reading.ts';
import type { RunRecord } from './run-record.ts';

/** Rates at which a run's model sees its input: frames per second from its feature settings, one cycle per mel bin. */
export function inputRates(run: RunRecord): InputRates {
  const { sampleRate, hopLength } = resolveFeatures(featureOptions(run.pipeline.features));
  return { time: sampleRate / hopLength, frequency: paperRates.frequency };
}
