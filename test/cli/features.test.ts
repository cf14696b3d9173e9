import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { runCli } from './run-cli.ts';

const fixtures = path.resolve(import.meta.dirname, '../fixtures/audio');
const tone = path.join(fixtures, 'tone.flac');
let folder: string;

beforeAll(() => {
  folder = mkdtempSync(path.join(tmpdir(), 'spectride-features-'));
});
afterAll(() => rmSync(folder, { recursive: true, force: true }));

describe('spectride features', () => {
  test('writes a NumPy file of [frames, 64] and a picture beside it, and says so in one JSON document', async () => {
    const out = path.join(folder, 'tone.npy');
    const { code, stdout } = await runCli(['features', tone, '--out', out, '--png', '--json']);
    expect(code).toBe(0);
    expect(JSON.parse(stdout)).toEqual({
      preset: 'tagliasacchi',
      files: [{ file: tone, out, frames: 23, bins: 64 }],
    });
    expect(readFileSync(out).toString('latin1')).toContain("'shape': (23, 64)");
    expect(readFileSync(path.join(folder, 'tone.png')).subarray(1, 4).toString()).toBe('PNG');
  });

  test('writes descriptors as CSV', async () => {
    const { code, stdout } = await runCli(['features', tone, '--descriptors', 'rms,zcr']);
    expect(code).toBe(0);
    const [header, row] = stdout.trim().split('\n');
    expect(header).toBe('file,rms,zcr');
    expect(Number(row?.split(',')[1])).toBeCloseTo(0.5 / Math.SQRT2, 1);
  });

  test('writes the CSV under --out also where the answer is JSON', async () => {
    const out = path.join(folder, 'tone.csv');
    const { code, stdout } = await runCli(['features', tone, '--descriptors', 'rms', '--out', out, '--json']);
    expect(code).toBe(0);
    const { files } = JSON.parse(stdout) as { files: { file: string; rms: number }[] };
    expect(readFileSync(out, 'utf8')).toBe(`file,rms\n${tone},${files[0]?.rms}\n`);
  });

  test('refuses options that descriptors do not read', async () => {
    const { code, stderr } = await runCli(['features', tone, '--descriptors', 'rms', '--preset', 'librosa']);
    expect(code).toBe(2);
    expect(stderr).toContain("'--descriptors <names>' cannot be used with option '--preset <name>'");
  });

  test.each([
    ['a file that is not there', ['nope.wav', '--out', 'x.npy'], /nope\.wav: cannot be opened/],
    ['a file that is not audio', [path.join(fixtures, 'README.md'), '--out', 'x.npy'], /README\.md: not audio/],
    ['a sample rate of 0', [path.join(fixtures, 'wav/bad_rate_0.wav'), '--out', 'x.npy'], /a sample rate of 0/],
    ['no samples', [path.join(fixtures, 'wav/zero_samples.wav'), '--out', 'x.npy'], /0 samples/],
    ['no place to write to', [tone], /--out: expected a \.npy file or a folder, found none/],
    ['one file for two recordings', [tone, tone, '--out', 'x.npy'], /--out: expected a folder, found "x\.npy"/],
    ['an unknown descriptor', [tone, '--descriptors', 'loud'], /--descriptors: expected names among .*found "loud"/],
  ])('answers %s with one sentence and code 2', async (_, args, message) => {
    const { code, stdout, stderr } = await runCli(['features', ...args]);
    expect(code).toBe(2);
    expect(stdout).toBe('');
    expect(stderr).toMatch(message);
    expect(stderr.trim().split('\n').length).toBe(1);
  });
});
