import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { hostname, tmpdir } from 'node:os';
import path from 'node:path';
import { BadInputError } from '../src/errors.ts';
import { takeLock } from '../src/process-lock.ts';

const folder = mkdtempSync(path.join(tmpdir(), 'spectride-lock-'));
afterAll(() => rmSync(folder, { recursive: true }));
const lock = path.join(folder, 'lock');

/** A process that lives until it is killed. */
async function idleProcess() {
  const child = spawn(process.execPath, ['-e', 'console.log("up"); setInterval(() => {}, 1000)'], {
    stdio: ['ignore', 'pipe', 'ignore'],
  });
  await once(child.stdout, 'data');
  return child;
}

describe('takeLock()', () => {
  test('holds a file that names this process until it is given back', () => {
    const release = takeLock(lock, 'writes here');
    expect(readFileSync(lock, 'utf8')).toBe(`${hostname()} ${process.pid}\n`);
    expect(() => takeLock(lock, 'writes here')).toThrow(BadInputError);
    release();
    expect(existsSync(lock)).toBe(false);
    takeLock(lock, 'writes here')();
  });

  test('refuses what a living process holds, naming it, and takes over what a killed one left', async () => {
    const child = await idleProcess();
    writeFileSync(lock, `${hostname()} ${child.pid}\n`);
    expect(() => takeLock(lock, 'trains here')).toThrow(
      `${lock}: expected no other process at work, found that process ${child.pid} trains here`,
    );
    child.kill('SIGKILL');
    takeLock(lock, 'trains here')();
    await once(child, 'exit');
    expect(existsSync(lock)).toBe(false);
  });

  test.each([
    ['another machine’s', `${hostname()}-elsewhere 1\n`],
    ['an earlier process’s of the same number', `${hostname()} ${process.pid}\n`],
    ['an unreadable', 'x'],
  ])('takes over %s lock', (_, content) => {
    writeFileSync(lock, content);
    const release = takeLock(lock, 'works here');
    expect(readFileSync(lock, 'utf8')).toBe(`${hostname()} ${process.pid}\n`);
    release();
  });

  test('leaves a lock alone that another process has taken over', () => {
    const release = takeLock(lock, 'works here');
    writeFileSync(lock, `${hostname()}-elsewhere 1\n`);
    release();
    expect(existsSync(lock)).toBe(true);
    rmSync(lock);
  });
});
