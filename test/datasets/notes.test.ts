import {
  existsSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  rmSync,
  statSync,
  truncateSync,
  writeFileSync,
} from 'node:fs';
import path from 'node:path';
import { readAudio } from '../../src/audio/index.ts';
import { halveRate } from '../../src/datasets/halve-rate.ts';
import { notePrograms, validationPrograms } from '../../src/datasets/note-programs.ts';
import { openNotes } from '../../src/datasets/notes.ts';
import { instrumentFamilies } from '../../src/datasets/nsynth-layout.ts';
import { removeTemporaryFolders, temporaryFolder } from './temporary-folder.ts';

afterAll(removeTemporaryFolders);

/** A piano (trained on), a honky-tonk piano (validates) and a trumpet. */
const programs = [0, 3, 56];

/** Every file below a folder with its bytes. */
function contents(folder: string): Record<string, string> {
  const files = readdirSync(folder, { recursive: true, withFileTypes: true }).filter((entry) => entry.isFile());
  return Object.fromEntries(
    files.map((entry) => {
      const file = path.join(entry.parentPath, entry.name);
      return [path.relative(folder, file), readFileSync(file, 'base64')];
    }),
  );
}

describe('openNotes()', () => {
  const cache = temporaryFolder();

  test('renders NSynth-layout notes with the split that each soundfont and program has', async () => {
    const progress: [number, number][] = [];
    const onProgress = (done: number, total: number) => progress.push([done, total]);
    const notes = await openNotes(cache, 'official', { programs, workers: 2, onProgress });
    expect(progress.at(-1)).toEqual([9, 9]);
    const count = (split: string) => notes.clips.filter((clip) => clip.split === split).length;
    expect([count('train'), count('validation'), count('test')]).toEqual([48, 24, 36]);
    expect(notes.classes.instrument_family_str).toEqual(instrumentFamilies);
    expect(notes.classes.pitch).toEqual(Array.from({ length: 24 }, (_, i) => String(48 + i)));
    const groups = (split: string) =>
      new Set(notes.clips.filter((clip) => clip.split === split).map((clip) => clip.group));
    for (const group of groups('test')) expect(groups('train').has(group)).toBe(false);
    for (const group of groups('validation')) expect(groups('train').has(group)).toBe(false);
    expect(notes.clips[0]?.labels).toEqual({ instrument_family_str: expect.any(String), pitch: expect.any(String) });
  });

  test('sound at the pitch that their label says', async () => {
    const notes = await openNotes(cache, 'official', { programs });
    for (const clip of notes.clips.filter((_, index) => index % 9 === 0)) {
      const samples = await readAudio(clip.path);
      expect(samples).toHaveLength(16000);
      expect(samples.reduce((most, value) => Math.max(most, Math.abs(value)), 0)).toBeCloseTo(0.5, 3);
      const expected = 440 * 2 ** ((Number(clip.labels.pitch) - 69) / 12);
      const ratio = fundamental(samples.subarray(2000, 8000), expected) / expected;
      expect(Math.abs(Math.log2(ratio) * 12)).toBeLessThan(0.5);
    }
  });

  test('of two that render at once the first to be ready stays', async () => {
    const shared = temporaryFolder();
    const rendering = [0, 1].map(() => openNotes(shared, 'official', { programs, workers: 1 }));
    const { root } = await Promise.race(rendering);
    const first = statSync(root).ino;
    await Promise.all(rendering);
    expect(statSync(root).ino).toBe(first);
  });

  test('are the same bytes on one thread and on two', async () => {
    const other = temporaryFolder();
    await openNotes(other, 'official', { programs, workers: 1 });
    expect(contents(other)).toEqual(contents(cache));
  });

  test('are rendered again where a recording is missing or cut short, and never from what another left half done', async () => {
    const before = contents(cache);
    const [root] = readdirSync(path.join(cache, 'datasets'));
    const folder = path.join(cache, 'datasets', root ?? '');
    const recording = Object.keys(before).find((name) => name.endsWith('.wav')) ?? '';
    truncateSync(path.join(cache, recording), 1000);
    // What a process that was killed leaves behind: process 2^22 + 1 never exists.
    const abandoned = `${folder}.${(await import('node:os')).hostname().replace(/[^A-Za-z0-9-]/g, '-')}.4194305.0.partial`;
    mkdirSync(abandoned);
    writeFileSync(path.join(abandoned, 'examples.json'), '{}');
    await openNotes(cache, 'official', { programs, workers: 2 });
    expect(existsSync(abandoned)).toBe(false);
    expect(contents(cache)).toEqual(before);
    rmSync(path.join(cache, recording));
    await openNotes(cache, 'official', { programs, workers: 2 });
    expect(contents(cache)).toEqual(before);
  });

  test('stop when told to, leaving nothing', async () => {
    const other = temporaryFolder();
    const stop = new AbortController();
    const opened = openNotes(other, 'official', {
      programs,
      workers: 1,
      signal: stop.signal,
      onProgress: () => stop.abort(),
    });
    await expect(opened).rejects.toThrow(/abort/i);
    expect(readdirSync(path.join(other, 'datasets'))).toEqual([]);
  });
});

/** The frequency within a tone of `near` at which the autocorrelation, interpolated by a parabola, is largest. */
function fundamental(samples: Float32Array, near: number): number {
  const correlation = (lag: number) => {
    let sum = 0;
    for (let i = 0; i + lag < samples.length; i++) sum += (samples[i] as number) * (samples[i + lag] as number);
    return sum / (samples.length - lag);
  };
  const period = 16000 / near;
  let best = Math.round(period);
  for (let lag = Math.floor(period / 1.12); lag <= period * 1.12; lag++)
    if (correlation(lag) > correlation(best)) best = lag;
  const [before, at, after] = [correlation(best - 1), correlation(best), correlation(best + 1)];
  return 16000 / (best + (before - after) / (2 * (before - 2 * at + after)));
}

test('notePrograms gives all families of NSynth, and each a program that validates', () => {
  expect(new Set(notePrograms.map(({ family }) => family))).toEqual(new Set(instrumentFamilies));
  expect(notePrograms).toHaveLength(87);
  expect(new Set(notePrograms.map(({ program }) => program)).size).toBe(87);
  const families = notePrograms.filter(({ program }) => validationPrograms.has(program)).map(({ family }) => family);
  expect(families.sort()).toEqual([...instrumentFamilies].sort());
});

test('halveRate() keeps tones below 6.5 kHz of 32 kHz and removes those above 8 kHz', () => {
  const level = (frequency: number) => {
    const halved = halveRate(
      Float32Array.from({ length: 8000 }, (_, n) => Math.sin((2 * Math.PI * frequency * n) / 32000)),
    );
    const inner = halved.subarray(200, 3800);
    return 10 * Math.log10((2 * inner.reduce((sum, value) => sum + value * value, 0)) / inner.length);
  };
  for (const frequency of [100, 1000, 4000, 6500]) expect(Math.abs(level(frequency))).toBeLessThan(0.05);
  for (const frequency of [8300, 10000, 15000]) expect(level(frequency)).toBeLessThan(-70);
  // No delay: sample t of the output is at the time of sample 2t of the input.
  const slow = (n: number) => Math.sin((2 * Math.PI * 300 * n) / 32000);
  const halved = halveRate(Float32Array.from({ length: 4000 }, (_, n) => slow(n)));
  for (let t = 100; t < 1900; t += 37) expect(halved[t]).toBeCloseTo(slow(2 * t), 3);
});
