/**
 * Times log-mel spectrograms on one thread, of one recording of 60 s and of 60 clips of 1 s, and prints one JSON line with the keys of
 * the peer in bench/peers/log_mel.py:
 *
 *   node log-mel-speed.ts [--repeats 15]
 */
import { parseArgs } from 'node:util';
import { simdLogMelTransform } from '../backend/log-mel/index.ts';
import { logMel } from '../features/index.ts';
import { stream } from '../random.ts';
import { median } from './rounds.ts';

const { values: options } = parseArgs({ options: { repeats: { type: 'string', default: '15' } } });
const repeats = Number(options.repeats);
const rate = 16_000;
const seconds = 60;
const warmUp = 3;

const random = stream(0, 'bench');
const whole = Float32Array.from({ length: seconds * rate }, () => 0.1 * random.normal());
const clips = Array.from({ length: seconds }, (_, second) => whole.slice(second * rate, (second + 1) * rate));

function clock(given: Float32Array[], transform: ReturnType<typeof simdLogMelTransform>): number {
  const times: number[] = [];
  for (let repeat = 0; repeat < warmUp + repeats; repeat++) {
    const start = performance.now();
    for (const samples of given) logMel(samples, { preset: 'librosa', offset: 1e-5 }, transform);
    if (repeat >= warmUp) times.push(performance.now() - start);
  }
  return Math.round(median(times) * 1e3) / 1e3;
}

const simd = simdLogMelTransform();
console.log(
  JSON.stringify({
    ...(simd && { spectride: { whole_ms: clock([whole], simd), clips_ms: clock(clips, simd) } }),
    'spectride in JavaScript': { whole_ms: clock([whole], undefined), clips_ms: clock(clips, undefined) },
  }),
);
