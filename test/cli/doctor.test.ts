import { Command } from 'commander';
import { advise } from '../../src/backend/examination.ts';
import { registerDoctor } from '../../src/cli/doctor.ts';
import { runCli } from './run-cli.ts';

const healthy: Parameters<typeof advise>[0] = {
  node: '24.21.0',
  platform: 'linux x64',
  processor: 'a processor',
  processors: { machine: 4, available: 4 },
  memoryGigabytes: 16,
  simd: {
    threads: 4,
    physicalCores: 4,
    instructions: 'simd256',
    path: 'relaxed SIMD, pairs fused to 256 bits',
    refusals: [],
    milliseconds: 30,
    memory: { used: 0, peak: 0, extent: 0 },
  },
  logMel: 'simd256',
  tensorflow: undefined,
  load: 0,
  environment: { instructions: undefined, threads: undefined },
};

describe('advise()', () => {
  test('says nothing of a machine that uses all it has', () => {
    expect(advise(healthy)).toEqual([]);
  });

  test('names the path that was refused, why, and what to do about kernels that were never built', () => {
    const refusals = [{ path: 'relaxed SIMD', reason: 'ENOENT: no such file or directory, open kernels.wasm' }];
    const [sentence] = advise({ ...healthy, simd: { ...healthy.simd, instructions: 'scalar', refusals } });
    expect(sentence).toMatch(/relaxed SIMD.*ENOENT.*npm run build:kernels/);
    const wrong = [{ path: 'relaxed SIMD', reason: 'kernel "multiply" is wrong by 3e-2 of its largest result' }];
    expect(advise({ ...healthy, simd: { ...healthy.simd, refusals: wrong } })[0]).toMatch(/multiply.*another Node/);
  });

  test.each<[string, Partial<typeof healthy>, RegExp]>([
    [
      'instructions held back',
      { environment: { instructions: 'scalar', threads: undefined } },
      /SPECTRIDE_INSTRUCTIONS=scalar/,
    ],
    [
      'idle cores',
      { simd: { ...healthy.simd, threads: 1 }, environment: { instructions: undefined, threads: '1' } },
      /1 of 4 cores compute: unset SPECTRIDE_THREADS/,
    ],
    ['a quota', { processors: { machine: 4, available: 2 } }, /2 of the machine's 4 processors/],
    ['a busy machine', { load: 3.2 }, /load 3\.2/],
    ['little memory', { memoryGigabytes: 2 }, /microBatch/],
    ['a GPU package', { tensorflow: '@tensorflow/tfjs-node-gpu' }, /--backend tensorflow/],
  ])('speaks of %s', (_, change, expected) => {
    const advice = advise({ ...healthy, ...change });
    expect(advice).toHaveLength(1);
    expect(advice[0]).toMatch(expected);
  });
});

describe('spectride doctor', () => {
  test('teaches by example in its help', () => {
    const program = new Command();
    registerDoctor(program);
    let help = '';
    program.commands[0]?.configureOutput({ writeOut: (text) => (help += text) }).outputHelp();
    expect(help).toMatch(/Examples:\n {2}\$ spectride doctor/);
  });

  test('prints one JSON document with versions, cores, threads, instructions and the self-check', async () => {
    const { code, stdout } = await runCli(['doctor', '--json'], { env: { SPECTRIDE_THREADS: '1' } });
    expect(code).toBe(0);
    expect(JSON.parse(stdout)).toMatchObject({
      node: process.versions.node,
      simd: {
        threads: 1,
        instructions: expect.stringMatching(/^(simd256|simd128|scalar)$/),
        refusals: expect.any(Array),
      },
      advice: expect.any(Array),
    });
  });

  test('says in one sentence that SPECTRIDE_INSTRUCTIONS or SPECTRIDE_THREADS has a bad value', async () => {
    const instructions = await runCli(['doctor'], { env: { SPECTRIDE_INSTRUCTIONS: 'avx' } });
    expect(instructions.code).toBe(2);
    expect(instructions.stderr).toMatch(/^spectride: SPECTRIDE_INSTRUCTIONS: expected .* found "avx"\n$/);
    const threads = await runCli(['doctor'], { env: { SPECTRIDE_THREADS: '0' } });
    expect(threads.code).toBe(2);
    expect(threads.stderr).toMatch(/^spectride: SPECTRIDE_THREADS: expected .* found "0"\n$/);
  });
});
