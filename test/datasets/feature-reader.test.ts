import { spawnSync } from 'node:child_process';
import { writeFileSync } from 'node:fs';
import path from 'node:path';
import { removeTemporaryFolders, temporaryFolder } from './temporary-folder.ts';

const folder = temporaryFolder();
afterAll(removeTemporaryFolders);
const source = path.resolve(import.meta.dirname, '../../src/datasets/feature-reader.ts');

/** Reads a value of each of 100 shards, twice; after each opens as many files as a checkpoint and a log may need. */
const script = `
import { closeSync, openSync } from 'node:fs';
import { FeatureReader } from ${JSON.stringify(source)};
const files = Array.from({ length: 100 }, (_, index) => \`\${process.argv[1]}/\${index}\`);
const reader = new FeatureReader(4);
const values = new Float32Array(200);
for (let i = 0; i < 200; i++) {
  reader.read(files[i % 100], 4, 1, values, i);
  files.slice(0, 8).map((file) => openSync(file, 'r')).forEach(closeSync);
}
console.log(JSON.stringify([...values]));
`;

const posix = process.platform === 'win32' ? test.skip : test;

posix('shards are read under a limit on open files lower than their number, and leave some to others', () => {
  for (let i = 0; i < 100; i++) writeFileSync(path.join(folder, `${i}`), new Float32Array([-1, i]));
  const command = 'ulimit -n 64 && exec "$@"';
  const node = [process.execPath, '--input-type=module', '-e', script, folder];
  const { stdout, stderr } = spawnSync('bash', ['-c', command, 'bash', ...node], { encoding: 'utf8' });
  expect(stderr).toBe('');
  const values: unknown = JSON.parse(stdout);
  expect(values).toEqual(Array.from({ length: 200 }, (_, i) => i % 100));
});
