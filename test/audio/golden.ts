import { readFileSync } from 'node:fs';
import path from 'node:path';
import { decodeAudio } from '../../src/audio/index.ts';
import { BadInputError } from '../../src/errors.ts';

interface ExpectedWav {
  file: string;
  expect: 'ok' | 'error' | 'ok_or_error' | 'ok_or_empty';
  sampleRate: number;
  channels: number;
  samples_f32le_b64: string;
}

/** Decodes every file listed in `index` and holds it to what is expected there; messages must name the file. */
export async function expectWavs(index: string, folder: string): Promise<void> {
  const { files } = JSON.parse(readFileSync(index, 'utf8')) as { files: ExpectedWav[] };
  for (const expected of files) {
    const outcome = await decodeAudio(readFileSync(path.join(folder, expected.file)), expected.file).catch(
      (error: unknown) => error,
    );
    const about = { file: expected.file };
    if (outcome instanceof Error) {
      expect({ ...about, refusable: ['error', 'ok_or_error'].includes(expected.expect), outcome }).toMatchObject({
        ...about,
        refusable: true,
      });
      expect(outcome).toBeInstanceOf(BadInputError);
      expect(outcome.message.startsWith(`${expected.file}: `)).toBe(true);
      continue;
    }
    expect({ ...about, accepted: expected.expect !== 'error' }).toEqual({ ...about, accepted: true });
    const { channels, sampleRate } = outcome as Awaited<ReturnType<typeof decodeAudio>>;
    const bytes = new Uint8Array(Buffer.from(expected.samples_f32le_b64, 'base64'));
    const samples = new Float32Array(bytes.buffer);
    const count = channels[0]?.length ?? 0;
    if (expected.expect === 'ok_or_empty' && count === 0) continue;
    expect({ ...about, sampleRate, channels: channels.length, count }).toEqual({
      ...about,
      sampleRate: expected.sampleRate,
      channels: expected.channels,
      count: samples.length / expected.channels,
    });
    const differing = samples.findIndex(
      (value, i) => !Object.is(value, channels[i % channels.length]?.[Math.floor(i / channels.length)]),
    );
    expect({ ...about, differing }).toEqual({ ...about, differing: -1 });
  }
}
