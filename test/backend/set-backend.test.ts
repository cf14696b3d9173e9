import { spawnSync } from 'node:child_process';
import path from 'node:path';
import * as tf from '@tensorflow/tfjs';
import { backendNames, setBackend } from '../../src/backend/index.ts';
import { BadInputError } from '../../src/errors.ts';

const entry = path.resolve(import.meta.dirname, '../../src/backend/index.ts');

function run(program: string): { stdout: string; stderr: string } {
  const { stdout, stderr } = spawnSync(process.execPath, ['--input-type=module', '--eval', program], {
    cwd: path.dirname(entry),
    env: { ...process.env, SPECTRIDE_THREADS: '2' },
    encoding: 'utf8',
    timeout: 55_000,
  });
  return { stdout: stdout.trim(), stderr };
}

test('setBackend() chooses simd when no name is given, and describes it', async () => {
  const description = await setBackend();
  expect(tf.getBackend()).toBe('simd');
  expect(description.name).toBe('simd');
  expect(description.threads).toBeGreaterThanOrEqual(1);
  expect(['simd256', 'simd128', 'scalar']).toContain(description.instructions);
  expect(description.detail).toMatch(/threads?\.$/);
});

test.each(['wasm', 'cpu'] as const)('setBackend("%s") chooses tfjs’s own backend', async (name) => {
  const description = await setBackend(name);
  expect(tf.getBackend()).toBe(name);
  expect(description).toMatchObject({ name, threads: 1 });
  expect([...tf.add(tf.tensor1d([1, 2]), 1).dataSync()]).toEqual([2, 3]);
});

test('an unknown backend is refused by name', async () => {
  await expect(setBackend('gpu')).rejects.toThrow(BadInputError);
  await expect(setBackend('gpu')).rejects.toThrow(`backend: expected one of ${backendNames.join(', ')}, found "gpu"`);
});

test('importing the entry point registers simd with tfjs and loads no more than tfjs’s core and cpu backend', () => {
  const { stdout, stderr } = run(`
    import { createRequire } from 'node:module';
    import * as tf from '@tensorflow/tfjs-core';
    await import(${JSON.stringify(entry)});
    const chosen = await tf.setBackend('simd');
    const loaded = Object.keys(createRequire(import.meta.url).cache).map((file) => /@tensorflow\\/([^/]+)/.exec(file)?.[1]);
    console.log(JSON.stringify({ chosen, sum: tf.sum(tf.ones([3, 4])).dataSync()[0], packages: [...new Set(loaded.filter(Boolean))].sort() }));
  `);
  expect(stderr).toBe('');
  expect(JSON.parse(stdout)).toEqual({ chosen: true, sum: 12, packages: ['tfjs-backend-cpu', 'tfjs-core'] });
});

test.each(['simd', 'wasm', 'cpu'])('a program on the %s backend prints nothing of its own accord', (name) => {
  const { stdout, stderr } = run(`
    import * as tf from '@tensorflow/tfjs';
    import { setBackend } from ${JSON.stringify(entry)};
    await setBackend(${JSON.stringify(name)});
    console.log(tf.sum(tf.mul(tf.ones([3]), 2)).dataSync()[0]);
  `);
  expect({ stdout, stderr }).toEqual({ stdout: '6', stderr: '' });
});
