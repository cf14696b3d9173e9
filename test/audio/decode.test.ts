import { copyFileSync, mkdtempSync, readFileSync, rmSync, truncateSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import fc from 'fast-check';
import { decodeAudio, readAudio, resample, toMono } from '../../src/audio/index.ts';
import { BadInputError } from '../../src/errors.ts';
import { describeWithShared } from '../shared.ts';
import { expectWavs } from './golden.ts';

const fixtures = path.resolve(import.meta.dirname, '../fixtures/audio');
let folder: string;

beforeAll(() => {
  folder = mkdtempSync(path.join(tmpdir(), 'spectride-audio-'));
});
afterAll(() => rmSync(folder, { recursive: true, force: true }));

function wavFile(values: Int16Array | Float32Array, { channels = 1, sampleRate = 16000 } = {}): Buffer {
  const header = Buffer.alloc(44);
  const float = values instanceof Float32Array;
  header.write('RIFF', 0);
  header.writeUInt32LE(36 + values.byteLength, 4);
  header.write('WAVEfmt ', 8);
  header.writeUInt32LE(16, 16);
  header.writeUInt16LE(float ? 3 : 1, 20);
  header.writeUInt16LE(channels, 22);
  header.writeUInt32LE(sampleRate, 24);
  header.writeUInt32LE((sampleRate * channels * values.BYTES_PER_ELEMENT) >>> 0, 28);
  header.writeUInt16LE(channels * values.BYTES_PER_ELEMENT, 32);
  header.writeUInt16LE(8 * values.BYTES_PER_ELEMENT, 34);
  header.write('data', 36);
  header.writeUInt32LE(values.byteLength, 40);
  return Buffer.concat([header, Buffer.from(values.buffer, values.byteOffset, values.byteLength)]);
}

describe('decodeAudio()', () => {
  test('reads every good WAV of the fixtures bit by bit and refuses every bad one by name', async () => {
    await expectWavs(path.join(fixtures, 'wav_expected.json'), path.join(fixtures, 'wav'));
  });

  test('reads samples that lie at an odd address in memory', async () => {
    const values = Int16Array.of(1, -2, 300, -32768);
    const shifted = Buffer.concat([Buffer.alloc(1), wavFile(values)]).subarray(1);
    const { channels } = await decodeAudio(shifted);
    expect([...(channels[0] ?? [])]).toEqual([...values].map((value) => value / 32768));
  });

  test.each(['tone.flac', 'tone.mp3', 'tone.ogg'])('reads %s as the tone that was encoded', async (name) => {
    const { channels, sampleRate } = await decodeAudio(readFileSync(path.join(fixtures, name)), name);
    expect([channels.length, sampleRate]).toEqual([1, 16000]);
    const samples = (channels[0] ?? new Float32Array()).subarray(1200, 2800);
    const rms = Math.sqrt(samples.reduce((sum, value) => sum + value * value, 0) / samples.length);
    expect(Math.abs(rms - 0.5 / Math.SQRT2)).toBeLessThan(0.02);
    const crossings = samples.filter((value, i) => i > 0 && value >= 0 && (samples[i - 1] ?? 0) < 0).length;
    expect(Math.abs(crossings - 44)).toBeLessThanOrEqual(1);
  });

  test('refuses bytes that are not audio, an empty file and a text', async () => {
    for (const bytes of [new Uint8Array(), new Uint8Array(4000), Buffer.from('To be or not to be. '.repeat(50))]) {
      await expect(decodeAudio(bytes, 'x.wav')).rejects.toThrow(BadInputError);
      await expect(decodeAudio(bytes, 'x.wav')).rejects.toThrow(/^x\.wav: /);
    }
  });

  test('a WAV header with any bytes changed or cut is decoded or refused, and nothing else happens', async () => {
    const good = wavFile(Int16Array.from({ length: 50 }, (_, i) => i * 100));
    await fc.assert(
      fc.asyncProperty(
        fc.array(fc.tuple(fc.nat(43), fc.nat(255)), { maxLength: 6 }),
        fc.nat(good.length),
        async (changes, length) => {
          const bytes = Uint8Array.from(good.subarray(0, length));
          for (const [at, value] of changes) if (at >= 4 && at < bytes.length) bytes[at] = value;
          const outcome = await decodeAudio(bytes, 'x').catch((error: unknown) => error);
          if (outcome instanceof Error) expect(outcome).toBeInstanceOf(BadInputError);
          else expect(toMono((outcome as { channels: Float32Array[] }).channels).length).toBeLessThanOrEqual(144);
        },
      ),
      { numRuns: 500 },
    );
  });
});

describe('decodeAudio() of damaged FLAC, MP3 and Ogg files', () => {
  test.each(['tone.flac', 'tone.mp3', 'tone.ogg'])(
    '%s, cut or with bytes changed, is decoded or refused',
    async (name) => {
      const good = readFileSync(path.join(fixtures, name));
      await fc.assert(
        fc.asyncProperty(
          fc.array(fc.tuple(fc.nat(good.length - 1), fc.nat(255)), { maxLength: 5 }),
          fc.integer({ min: 1, max: good.length }),
          async (changes, length) => {
            const bytes = Uint8Array.from(good.subarray(0, length));
            for (const [at, value] of changes) if (at < bytes.length) bytes[at] = value;
            const outcome = await decodeAudio(bytes, 'x').catch((error: unknown) => error);
            if (outcome instanceof Error) expect(outcome).toBeInstanceOf(BadInputError);
            else expect((outcome as { sampleRate: number }).sampleRate).toBeGreaterThan(0);
          },
        ),
        { numRuns: 40 },
      );
    },
  );
});

describe('readAudio()', () => {
  test('reads a segment of a compressed file', async () => {
    const whole = await readAudio(path.join(fixtures, 'tone.flac'));
    const part = await readAudio(path.join(fixtures, 'tone.flac'), { start: 0.05, end: 0.1 });
    expect(part).toEqual(whole.slice(800, 1600));
  });

  test('reads what a compressed file holds now, whatever was done with what was read of it before', async () => {
    const file = path.join(folder, 'changing.flac');
    copyFileSync(path.join(fixtures, 'tone.flac'), file);
    const whole = await readAudio(file);
    const kept = whole.slice();
    whole.fill(1);
    expect(await readAudio(file, { start: 0.05, end: 0.1 })).toEqual(kept.subarray(800, 1600));
    expect(await readAudio(file)).toEqual(kept);
    copyFileSync(path.join(fixtures, 'tone.ogg'), file);
    expect(await readAudio(file)).toEqual(await readAudio(path.join(fixtures, 'tone.ogg')));
  });

  test('reads nothing but the segment of a long file', async () => {
    const file = path.join(folder, 'sparse.wav');
    const header = wavFile(new Int16Array());
    const seconds = 8 * 3600;
    header.writeUInt32LE(seconds * 32000, 40);
    writeFileSync(file, header);
    truncateSync(file, 44 + seconds * 32000);
    const before = process.memoryUsage().arrayBuffers;
    const samples = await readAudio(file, { start: seconds - 1, end: seconds + 1 });
    expect(samples.length).toBe(16000);
    expect(process.memoryUsage().arrayBuffers - before).toBeLessThan(8e6);
  });

  test('refuses more samples than it can hold, rates too far apart, and a segment or rate that makes no sense', async () => {
    const slow = path.join(folder, 'slow.wav');
    const header = wavFile(new Int16Array(), { sampleRate: 100 });
    header.writeUInt32LE(20e6, 40);
    writeFileSync(slow, header);
    truncateSync(slow, 44 + 20e6);
    await expect(readAudio(slow)).rejects.toThrow(/slow\.wav: 1600000000 samples at 16000 Hz; expected at most/);
    const odd = path.join(folder, 'odd.wav');
    writeFileSync(odd, wavFile(new Int16Array(9), { sampleRate: 4_294_967_291 }));
    await expect(readAudio(odd)).rejects.toThrow(/odd\.wav: resample: expected sample rates at most a factor of 256/);
    await expect(readAudio(odd, { sampleRate: 0 })).rejects.toThrow(/sampleRate: expected a positive integer, found 0/);
    await expect(readAudio(odd, { start: 2, end: 1 })).rejects.toThrow(/odd\.wav: .*start < end, found 2 s to 1 s/);
    await expect(readAudio(odd, { start: -1 })).rejects.toThrow(BadInputError);
  });

  test('resamples in blocks as it does at once', async () => {
    const file = path.join(folder, 'long.wav');
    const values = Int16Array.from({ length: 700_000 }, (_, i) => 20000 * Math.sin(i / 7));
    writeFileSync(file, wavFile(values, { sampleRate: 24000 }));
    const whole = await resample(
      Float32Array.from(values, (value) => value / 32768),
      24000,
      16000,
    );
    expect(await readAudio(file)).toEqual(whole);
  });

  test('reads a segment of a file, and only what is there of it', async () => {
    const file = path.join(folder, 'ramp.wav');
    writeFileSync(file, wavFile(Int16Array.from({ length: 16000 }, (_, i) => i)));
    const samples = await readAudio(file, { start: 0.25, end: 0.5 });
    expect(samples.length).toBe(4000);
    expect(samples[0]).toBe(4000 / 32768);
    expect((await readAudio(file, { start: 0.9, end: 7 })).length).toBe(1600);
  });

  test('down-mixes and resamples', async () => {
    const file = path.join(folder, 'stereo.wav');
    const frames = 44100;
    const values = new Int16Array(2 * frames);
    for (let i = 0; i < frames; i++) {
      values[2 * i] = 16000 * Math.sin((2 * Math.PI * 1000 * i) / frames);
      values[2 * i + 1] = 0;
    }
    writeFileSync(file, wavFile(values, { channels: 2, sampleRate: 44100 }));
    const samples = await readAudio(file);
    expect(samples.length).toBe(16000);
    const worst = Math.max(
      ...samples
        .subarray(400, 15600)
        .map((value, i) => Math.abs(value - (8000 / 32768) * Math.sin((2 * Math.PI * 1000 * (i + 400)) / 16000))),
    );
    expect(worst).toBeLessThan(1e-3);
  });

  test('refuses, by the file’s name: a missing file, a folder, no samples, a sample rate of 0, and not-a-number', async () => {
    const cases: [string, Buffer | undefined, RegExp][] = [
      ['missing.wav', undefined, /missing\.wav: cannot be opened/],
      ['empty.wav', wavFile(new Int16Array()), /empty\.wav: 0 samples; expected at least one/],
      ['rate.wav', wavFile(new Int16Array(9), { sampleRate: 0 }), /rate\.wav: a sample rate of 0/],
      ['nan.wav', wavFile(Float32Array.of(0, Number.NaN)), /nan\.wav: a sample that is NaN at 0\.000 s/],
      ['infinite.wav', wavFile(Float32Array.of(Number.POSITIVE_INFINITY)), /infinite\.wav: a sample that is Infinity/],
    ];
    for (const [name, bytes, message] of cases) {
      const file = path.join(folder, name);
      if (bytes) writeFileSync(file, bytes);
      await expect(readAudio(file)).rejects.toThrow(BadInputError);
      await expect(readAudio(file)).rejects.toThrow(message);
    }
    await expect(readAudio(folder)).rejects.toThrow(/not a file/);
    const file = path.join(folder, 'short.wav');
    writeFileSync(file, wavFile(new Int16Array(160)));
    await expect(readAudio(file, { start: 5 })).rejects.toThrow(/0 samples between 5 s and the end/);
  });

  test('takes what a truncated file still holds', async () => {
    const file = path.join(folder, 'truncated.wav');
    writeFileSync(file, wavFile(new Int16Array(1000)));
    truncateSync(file, 44 + 701);
    expect((await readAudio(file)).length).toBe(350);
  });
});

test('toMono() refuses channels of different lengths', () => {
  expect(() => toMono([new Float32Array(2), new Float32Array(3)])).toThrow(
    /expected channels of 2 samples, found one of 3/,
  );
  expect(() => toMono([])).toThrow(/found none/);
});

describeWithShared('the golden WAV files', 'golden/features', (golden) => {
  test('are all decoded bit by bit, or refused by name', async () => {
    await expectWavs(path.join(golden, 'wav_expected.json'), path.join(golden, 'wav'));
  });
});
