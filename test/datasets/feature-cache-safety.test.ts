import { type ChildProcess, spawn } from 'node:child_process';
import { createHash } from 'node:crypto';
import { once } from 'node:events';
import { readdirSync, readFileSync, statSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { openDataset } from '../../src/datasets/catalogue.ts';
import { openFeatureStore } from '../../src/datasets/feature-cache.ts';
import { resolveFeatures } from '../../src/features/index.ts';
import { stream } from '../../src/random.ts';
import { toneWav } from '../fixtures/datasets/wav.ts';
import { removeTemporaryFolders, temporaryFolder, writeTree } from './temporary-folder.ts';

afterAll(removeTemporaryFolders);

const clips = 260;
/** Moments at which a process is killed; the gate takes fewer than the 20 that were once shown. */
const kills = Number(process.env.SPECTRIDE_KILLS ?? 6);
const root = temporaryFolder();
const undisturbed = temporaryFolder();

function prepare(cache: string, workers: number): ChildProcess {
  const child = path.join(import.meta.dirname, 'prepare-child.ts');
  return spawn(process.execPath, ['--no-warnings', child, root, cache, String(workers)], {
    stdio: ['ignore', 'pipe', 'inherit'],
  });
}

const ended = async (child: ChildProcess) => (await once(child, 'exit'))[0] as number | null;

/** Every file of a cache, by its path, with the hash of its bytes. */
function contents(cache: string): Map<string, string> {
  const names = readdirSync(cache, { recursive: true, encoding: 'utf8' }).sort();
  const files = names.filter((name) => statSync(path.join(cache, name)).isFile());
  return new Map(
    files.map((name) => [
      name,
      createHash('sha256')
        .update(readFileSync(path.join(cache, name)))
        .digest('hex'),
    ]),
  );
}

beforeAll(async () => {
  const recordings = [300, 700, 1500].map((frequency) => toneWav(frequency, 1));
  const names = Array.from({ length: clips }, (_, i) => `${i % 2 ? 'a' : 'b'}/${i}.wav`);
  writeTree(root, Object.fromEntries(names.map((name, i) => [name, recordings[i % 3] ?? ''])));
  writeTree(root, { 'a/bad.wav': 'not audio' });
  expect(await ended(prepare(undisturbed, 1))).toBe(0);
});

describe('the feature cache', () => {
  test('equals that of an undisturbed run, byte by byte, after SIGKILL at random moments', async () => {
    const cache = temporaryFolder();
    const random = stream(1, 'kill');
    let killed = 0;
    for (let attempt = 0; attempt < kills; attempt++) {
      const child = prepare(cache, 1 + (attempt % 2));
      const exit = ended(child);
      if (attempt % 4 === 0) {
        // While the process starts, plans, and opens its first shard.
        await new Promise((resolve) => setTimeout(resolve, 100 + random.integer(150)));
      } else {
        // While shards are written: after a few more clips are done than before.
        const [first] = await Promise.race([once(child.stdout ?? child, 'data'), exit.then(() => ['0'])]);
        const until = Number.parseInt(String(first), 10) + random.integer(40);
        for await (const text of child.stdout ?? []) {
          if (Number(String(text).trim().split('\n').at(-1)) >= until) break;
        }
      }
      child.kill('SIGKILL');
      if ((await exit) === null) killed++;
    }
    expect(killed).toBeGreaterThanOrEqual(kills / 2);
    expect(await ended(prepare(cache, 2))).toBe(0);
    expect(contents(cache)).toEqual(contents(undisturbed));
  });

  test('is not corrupted by processes that prepare it at the same time', async () => {
    const cache = temporaryFolder();
    expect(await Promise.all([1, 2, 1].map((workers) => ended(prepare(cache, workers))))).toEqual([0, 0, 0]);
    expect(contents(cache)).toEqual(contents(undisturbed));
  });

  test('is repaired where a shard or the index was cut short, damaged or replaced', async () => {
    const shards = [...contents(undisturbed).keys()].filter((name) => name.endsWith('.shard'));
    const index = [...contents(undisturbed).keys()].find((name) => name.endsWith('.index')) ?? '';
    const before = contents(undisturbed);
    const shard = path.join(undisturbed, shards[0] ?? '');
    const other = readFileSync(path.join(undisturbed, shards[1] ?? ''));
    const bytes = readFileSync(shard);
    const flipped = (at: number) => Buffer.from(bytes.map((byte, i) => (i === at ? byte ^ 1 : byte)));
    const damages: [string, Buffer][] = [
      [shard, bytes.subarray(0, bytes.length - 1)],
      [shard, other],
      [path.join(undisturbed, index), Buffer.from('nonsense')],
    ];
    const dataset = await openDataset(`folder:${root}`);
    const options = { features: resolveFeatures(), window: 1, cacheDirectory: undisturbed, maxBad: 1 };
    for (const [file, damaged] of damages) {
      writeFileSync(file, damaged);
      (await openFeatureStore(dataset, options)).close();
      // A damaged index is found by its check sum and written again; so is everything else.
      expect(contents(undisturbed)).toEqual(before);
    }
    // Without the index the table itself is checked, too.
    for (const at of [20, 85]) {
      writeFileSync(shard, flipped(at));
      writeFileSync(path.join(undisturbed, index), '');
      (await openFeatureStore(dataset, options)).close();
      expect(contents(undisturbed)).toEqual(before);
    }
  });
});
