import { spawnSync } from 'node:child_process';
import path from 'node:path';
import { allowedInstructions, loadKernels } from '../../src/backend/simd/instructions.ts';
import { mayHave256Bits } from '../../src/backend/simd/runtime/processor.ts';

const entry = path.resolve(import.meta.dirname, '../../src/backend/index.ts');

/** Runs a program of its own that chooses the simd backend, convolves, and lets the event loop run dry. */
function choose(environment: Record<string, string>): { status: number | null; stdout: string; stderr: string } {
  const program = `
    import { describeSimd, setBackend } from ${JSON.stringify(entry)};
    import * as tf from '@tensorflow/tfjs';
    const description = await setBackend();
    const y = tf.conv2d(tf.ones([1, 5, 4, 3]), tf.ones([3, 3, 3, 20]), 1, 'valid');
    console.log(JSON.stringify({ ...description, sum: tf.sum(y).dataSync()[0], path: describeSimd().path }));
  `;
  return spawnSync(process.execPath, ['--input-type=module', '--eval', program], {
    cwd: path.dirname(entry),
    env: { ...process.env, ...environment },
    encoding: 'utf8',
    timeout: 55_000,
  });
}

const simd = mayHave256Bits() ? 'simd256' : 'simd128';

test.each([
  ['simd256', simd, 2],
  ['simd128', 'simd128', 2],
  ['scalar', 'scalar', 1],
])(
  'SPECTRIDE_INSTRUCTIONS=%s computes with %s, says so, and the process ends by itself',
  (value, instructions, threads) => {
    const { status, stdout, stderr } = choose({ SPECTRIDE_INSTRUCTIONS: value, SPECTRIDE_THREADS: '2' });
    expect({ status, stderr }).toEqual({ status: 0, stderr: '' });
    expect(JSON.parse(stdout)).toMatchObject({ name: 'simd', instructions, threads, sum: 27 * 3 * 2 * 20 });
  },
);

test.each([
  ['SPECTRIDE_INSTRUCTIONS', 'avx512', 'SPECTRIDE_INSTRUCTIONS: expected simd256, simd128 or scalar, found "avx512"'],
  ['SPECTRIDE_THREADS', '0', 'SPECTRIDE_THREADS: expected a whole number from 1 to 64, found "0"'],
])('a wrong %s is refused by name', (variable, value, message) => {
  const { status, stderr } = choose({ [variable]: value });
  expect(status).not.toBe(0);
  expect(stderr).toContain(message);
});

test('allowedInstructions() allows everything by default', () => {
  expect(allowedInstructions(undefined)).toBe('simd256');
  expect(allowedInstructions('')).toBe('simd256');
});

test('a way of compiling that fails its check is passed over, with the reason kept', () => {
  const tried: number[] = [];
  const loaded = loadKernels('simd256', () => {
    tried.push(tried.length);
    if (tried.length === 1) throw new Error('kernel "add" is wrong by 1e+0 of its largest result');
    return 'kept';
  });
  expect(loaded.checked).toBe('kept');
  expect(loaded.refusals.map(({ reason }) => reason)).toEqual(['kernel "add" is wrong by 1e+0 of its largest result']);
});

test('after 256 bits come 128 bits', () => {
  const tried: string[] = [];
  loadKernels('simd256', () => {
    tried.push('a path');
    throw new Error('wrong');
  }).refusals.forEach(({ path }, index) => {
    tried[index] = path;
  });
  const wide = mayHave256Bits() ? ['relaxed SIMD, pairs fused to 256 bits'] : [];
  expect(tried).toEqual([...wide, 'relaxed SIMD', 'plain SIMD']);
});

test('when no way of compiling passes its check, JavaScript computes', () => {
  const loaded = loadKernels('simd256', () => {
    throw new Error('wrong');
  });
  expect(loaded).toMatchObject({ instructions: 'scalar', checked: undefined });
  expect(loaded.refusals).toHaveLength(mayHave256Bits() ? 3 : 2);
});

test('the three ways of compiling give modules of their own, not the same code from V8’s cache', () => {
  const modules: WebAssembly.Module[] = [];
  loadKernels('simd256', (module) => {
    modules.push(module);
    throw new Error('next');
  });
  // The types of WebAssembly that Node brings lack it.
  const { customSections } = WebAssembly.Module as unknown as {
    customSections(module: WebAssembly.Module, name: string): ArrayBuffer[];
  };
  const marks = modules.map((module) =>
    Buffer.from(customSections(module, 'p')[0] ?? new ArrayBuffer(0)).toString('hex'),
  );
  expect(marks.every((mark) => mark !== '')).toBe(true);
  expect(new Set(marks).size).toBe(modules.length);
});
