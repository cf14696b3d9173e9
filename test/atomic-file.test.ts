import { existsSync, mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { writeFileAtomic, writeFileAtomicSync } from '../src/atomic-file.ts';

let folder: string;
beforeEach(() => {
  folder = mkdtempSync(path.join(tmpdir(), 'spectride-atomic-'));
});
afterEach(() => rmSync(folder, { recursive: true, force: true }));

describe.each([
  ['writeFileAtomic', writeFileAtomic],
  ['writeFileAtomicSync', async (file: string, data: string | Uint8Array) => writeFileAtomicSync(file, data)],
])('%s()', (_, write) => {
  test('writes text and bytes, over what was there, and makes the folder', async () => {
    const file = path.join(folder, 'new', 'a.txt');
    await write(file, 'first');
    await write(file, Uint8Array.of(104, 105));
    expect(readFileSync(file, 'utf8')).toBe('hi');
    expect(readdirSync(path.dirname(file))).toEqual(['a.txt']);
  });

  test('leaves the old content and no temporary file where it fails', async () => {
    const target = path.join(folder, 'taken');
    mkdirSync(target);
    writeFileSync(path.join(target, 'inside'), 'kept');
    await expect(write(target, 'x')).rejects.toThrow();
    expect(readdirSync(folder)).toEqual(['taken']);
    expect(existsSync(path.join(target, 'inside'))).toBe(true);
  });

  test('lets many writers of one file end with the whole content of one of them', async () => {
    const file = path.join(folder, 'shared');
    const contents = Array.from({ length: 20 }, (_, i) => String(i).repeat(10_000));
    await Promise.all(contents.map((content) => write(file, content)));
    expect(contents).toContain(readFileSync(file, 'utf8'));
    expect(readdirSync(folder)).toEqual(['shared']);
  });
});
