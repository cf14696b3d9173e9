import { execFileSync } from 'node:child_process';
import { readdirSync } from 'node:fs';
import path from 'node:path';
import { openDataset } from '../../src/datasets/catalogue.ts';
import { download } from '../../src/datasets/download.ts';
import { openFeatureStore } from '../../src/datasets/feature-cache.ts';
import { explainFullDisk } from '../../src/datasets/full-disk.ts';
import { resolveFeatures } from '../../src/features/index.ts';
import { toneWav } from '../fixtures/datasets/wav.ts';
import { startServer } from './http-server.ts';
import { removeTemporaryFolders, temporaryFolder, writeTree } from './temporary-folder.ts';

/** A file system of a few megabytes, where this user may mount one. */
function smallDisk(): string | undefined {
  const folder = temporaryFolder();
  try {
    execFileSync('mount', ['-t', 'tmpfs', '-o', 'size=2m', 'tmpfs', folder], { stdio: 'ignore' });
    return folder;
  } catch {
    return undefined;
  }
}

const disk = smallDisk();
const onSmallDisk = disk === undefined ? test.skip : test;
if (disk === undefined) process.stderr.write('full-disk.test.ts: no small file system can be mounted here: skipped\n');

afterAll(() => {
  if (disk !== undefined) execFileSync('umount', [disk]);
  removeTemporaryFolders();
});

describe('a full disk', () => {
  onSmallDisk(
    'stops prepare with what is missing, and what is finished is gone on from once there is room',
    async () => {
      const cache = path.join(disk ?? '', 'cache');
      const root = temporaryFolder();
      const recording = toneWav(440, 1);
      const names = Array.from({ length: 400 }, (_, i) => `${i % 2 ? 'a' : 'b'}/${i}.wav`);
      writeTree(root, Object.fromEntries(names.map((name) => [name, recording])));
      const dataset = await openDataset(`folder:${root}`, { split: 'official', cacheDirectory: cache });
      const options = { features: resolveFeatures({}), window: 1, cacheDirectory: cache, workers: 0 };
      // 400 clips of 98 × 64 float32 are 10.0 MB.
      await expect(openFeatureStore(dataset, options)).rejects.toThrow(
        /^.*: the disk is full; about (9|10) MB are still to be written, 2 MB are free: (7|8|9) MB are missing; make room or set SPECTRIDE_CACHE, then start again: what is finished is kept$/,
      );
      const left = readdirSync(cache, { recursive: true, encoding: 'utf8' });
      expect(left.filter((name) => name.includes('partial'))).toEqual([]);

      execFileSync('mount', ['-o', 'remount,size=32m', disk ?? '']);
      const store = await openFeatureStore(dataset, options);
      const elsewhere = await openFeatureStore(dataset, { ...options, cacheDirectory: temporaryFolder() });
      const [resumed, undisturbed] = [store, elsewhere].map((one) => {
        const values = new Float32Array(98 * 64);
        return one.clips.map((clip, index) => {
          one.read(index, 0, 98, values, 0);
          return [clip.id, values.reduce((sum, value) => sum + value, 0)];
        });
      });
      expect(resumed).toHaveLength(400);
      expect(resumed).toEqual(undisturbed);
      store.close();
      elsewhere.close();
    },
  );

  onSmallDisk('stops a download with what is missing, and keeps what has arrived', async () => {
    execFileSync('mount', ['-o', 'remount,size=32m', disk ?? '']);
    const bytes = Buffer.alloc(64e6, 1);
    const server = await startServer({ 'archive.zip': bytes });
    try {
      const file = path.join(disk ?? '', 'archive.zip');
      await expect(download(`${server.url}/archive.zip`, file, { bytes: bytes.length, retries: 1 })).rejects.toThrow(
        /^.*: the disk is full; about \d+ MB are still to be written, \d+ MB are free: \d+ MB are missing; make room, then start again: what has arrived is kept$/,
      );
      expect(readdirSync(disk ?? '')).toContain('archive.zip.partial');
      expect(readdirSync(disk ?? '')).not.toContain('archive.zip');
    } finally {
      await server.close();
    }
  });

  test('is told only of the error that says so', () => {
    const other = Object.assign(new Error('EACCES: permission denied'), { code: 'EACCES' });
    expect(explainFullDisk(other, { folder: '.', needed: 1, advice: 'make room' })).toBe(other);
  });

  test('is told without an amount where nobody knows how much is still to come', () => {
    const error = Object.assign(new Error('ENOSPC: no space left on device, write'), { code: 'ENOSPC' });
    const told = explainFullDisk(error, { folder: '.', needed: undefined, advice: 'make room' }) as Error;
    expect(told.message).toMatch(/^\.: the disk is full; [\d.]+ [MG]B free; make room$/);
  });
});
