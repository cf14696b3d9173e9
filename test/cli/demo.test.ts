import { existsSync, mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { runCli } from './run-cli.ts';

const root = path.resolve(import.meta.dirname, '../..');
const folder = mkdtempSync(path.join(tmpdir(), 'spectride-demo-'));
afterAll(() => rmSync(folder, { recursive: true }));

const out = path.join(folder, 'run');
const env = { SPECTRIDE_CACHE: path.join(folder, 'cache'), SPECTRIDE_THREADS: '1' };
/** The demo on its words alone, with a network that is trained in seconds. */
const tiny = [
  `tasks=[{ name: words, dataset: "folder:${path.join(root, 'data/words')}" }]`,
  'model.channels=[4, 4]',
  'model.strides=[[2, 2], [2, 2]]',
  'train.epochs=0.3',
].flatMap((setting) => ['--set', setting]);

describe('spectride demo', () => {
  test('trains, scores, reads cut-offs and writes a report', async () => {
    const { code, stdout, stderr } = await runCli(['demo', ...tiny, '--out', out, '--seed', '3'], { env, cwd: folder });
    expect(stderr).not.toContain('spectride:');
    expect(code).toBe(0);
    expect(stdout).toMatch(/words\s+8\s+96\s+\d+\.\d\s+\d+\.\d to \d+\.\d\s+12\.5/);
    expect(stdout).toContain('Cut-off frequencies of layer 1');
    expect(stdout).toContain(`Report: ${path.join(out, 'report', 'index.html')}`);
    const page = readFileSync(path.join(out, 'report', 'index.html'), 'utf8');
    expect(page).toContain('id="first-layer"');
    expect(page).not.toContain(root);
  });

  test('refuses a folder that holds a run', async () => {
    const { code, stdout, stderr } = await runCli(['demo', ...tiny, '--out', out], { env, cwd: folder });
    expect({ code, stdout }).toEqual({ code: 2, stdout: '' });
    expect(stderr).toContain(out);
  });

  test('refuses a setting that does not exist, with the nearest one', async () => {
    const { code, stderr } = await runCli(['demo', '--set', 'train.epoch=1'], { env, cwd: folder });
    expect(code).toBe(2);
    expect(stderr).toContain('epochs');
    expect(existsSync(path.join(folder, 'runs'))).toBe(false);
  });
});

describe('spectride freeze', () => {
  test('writes constant matrices whose logits are the model’s', async () => {
    const file = path.join(folder, 'words.safetensors');
    const { code, stdout } = await runCli(['freeze', out, '--out', file, '--json'], { env });
    expect(code).toBe(0);
    const frozen = JSON.parse(stdout) as { file: string; frames: number; bins: number; difference: number };
    expect(frozen).toMatchObject({ file, frames: 98, bins: 64 });
    expect(frozen.difference).toBeLessThan(1e-6);
    expect(existsSync(file)).toBe(true);
  });

  test('refuses a folder that is no run', async () => {
    const { code, stderr } = await runCli(['freeze', folder], { env });
    expect(code).toBe(2);
    expect(stderr).toMatch(/^spectride: .*expected/);
  });
});
