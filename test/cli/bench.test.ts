import { runCli } from './run-cli.ts';

describe('spectride bench', () => {
  test('prints one JSON document with the machine’s class and a row for each quantity', async () => {
    const { code, stdout, stderr } = await runCli(['bench', '--only', 'cold-start', '--rounds', '1', '--json']);
    expect(code).toBe(0);
    expect(JSON.parse(stdout)).toMatchObject({
      machine: { node: process.versions.node },
      threads: 2,
      rounds: 1,
      rows: [{ id: 'cold-start', unit: 'ms', medians: { 'spectride --help': expect.any(Number) } }],
    });
    expect(stderr).toMatch(/cold-start: round 1 of 1/);
  });

  test('refuses a case that there is not, naming those that there are', async () => {
    const { code, stderr } = await runCli(['bench', '--only', 'quantum']);
    expect(code).toBe(2);
    expect(stderr).toMatch(/^spectride: --only: expected a part of one of log-mel, .* found "quantum"\n$/);
  });

  test('refuses a number of rounds below 1', async () => {
    const { code, stderr } = await runCli(['bench', '--rounds', '0']);
    expect(code).toBe(2);
    expect(stderr).toMatch(/--rounds.*at least 1/);
  });
});
