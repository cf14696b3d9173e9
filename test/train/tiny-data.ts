import { mkdirSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { definePipeline } from '../../src/pipeline/index.ts';
import type { Pipeline, PipelineInput } from '../../src/pipeline/schema.ts';

const sampleRate = 16000;

/** A mono 16-bit WAV file. */
export function wavBytes(samples: readonly number[], rate = sampleRate): Buffer {
  const header = Buffer.alloc(44);
  header.write('RIFF', 0);
  header.writeUInt32LE(36 + 2 * samples.length, 4);
  header.write('WAVEfmt ', 8);
  header.writeUInt32LE(16, 16);
  header.writeUInt16LE(1, 20);
  header.writeUInt16LE(1, 22);
  header.writeUInt32LE(rate, 24);
  header.writeUInt32LE(2 * rate, 28);
  header.writeUInt16LE(2, 32);
  header.writeUInt16LE(16, 34);
  header.write('data', 36);
  header.writeUInt32LE(2 * samples.length, 40);
  const data = Buffer.alloc(2 * samples.length);
  samples.forEach((value, i) => {
    data.writeInt16LE(Math.round(32767 * Math.max(-1, Math.min(1, value))), 2 * i);
  });
  return Buffer.concat([header, data]);
}

/** A tone with a little deterministic noise. */
export function tone(frequency: number, seconds: number, variant = 0): number[] {
  return Array.from(
    { length: Math.round(seconds * sampleRate) },
    (_, n) =>
      0.5 * Math.sin((2 * Math.PI * frequency * (1 + 0.01 * variant) * n) / sampleRate) +
      0.02 * Math.sin(n * n * (0.37 + variant)),
  );
}

export const tones = { low: 300, middle: 1200, high: 4000 } as const;

/** Three classes of tones: 8 clips each to train on, 3 to validate and 3 to test. */
export function writeTones(folder: string, seconds = 0.3): void {
  const lists = { validation: [] as string[], testing: [] as string[] };
  for (const [label, frequency] of Object.entries(tones)) {
    mkdirSync(path.join(folder, label), { recursive: true });
    for (let i = 0; i < 14; i++) {
      const name = `${label}/${String(i).padStart(2, '0')}.wav`;
      writeFileSync(path.join(folder, name), wavBytes(tone(frequency, seconds, i)));
      if (i >= 11) lists.testing.push(name);
      else if (i >= 8) lists.validation.push(name);
    }
  }
  writeFileSync(path.join(folder, 'validation_list.txt'), `${lists.validation.join('\n')}\n`);
  writeFileSync(path.join(folder, 'testing_list.txt'), `${lists.testing.join('\n')}\n`);
}

/** A pipeline that the plain cpu backend trains in milliseconds a step. */
export function tinyPipeline(folder: string, changes: Partial<PipelineInput> = {}): Pipeline {
  return definePipeline({
    name: 'tiny',
    features: { bins: 12 },
    model: {
      channels: [3, 4],
      strides: [
        [2, 2],
        [1, 1],
      ],
      smoothness: 1,
      batchNorm: { momentum: 0.8 },
    },
    tasks: [{ name: 'tones', dataset: `folder:${folder}` }],
    train: { steps: 12, window: 0.1, batch: 6, learningRate: 0.02, validateEvery: 4, logEvery: 1 },
    backend: 'cpu',
    ...changes,
  });
}
