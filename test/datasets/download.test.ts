import { createHash } from 'node:crypto';
import { existsSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { type DownloadOptions, download } from '../../src/datasets/download.ts';
import { startServer, type TestServer } from './http-server.ts';
import { removeTemporaryFolders, temporaryFolder } from './temporary-folder.ts';

const content = Buffer.from(Uint8Array.from({ length: 400_000 }, (_, i) => (i * 7919) >> 3));
const checksum = { algorithm: 'sha256', hex: createHash('sha256').update(content).digest('hex') } as const;

let server: TestServer;
let folder: string;
let file: string;

beforeEach(async () => {
  server = await startServer({ 'data.bin': content });
  folder = temporaryFolder();
  file = path.join(folder, 'data.bin');
});
afterEach(async () => {
  await server.close();
  removeTemporaryFolders();
});

const fetchIt = (more: DownloadOptions = {}, name = 'data.bin') =>
  download(`${server.url}/${name}`, file, { checksum, bytes: content.length, retries: 3, retryDelay: 1, ...more });
const arrived = () => {
  expect(readdirSync(folder)).toEqual(['data.bin']);
  expect(readFileSync(file).equals(content)).toBe(true);
};

describe('download()', () => {
  test('fetches a file with its checksum, and tells how far it is', async () => {
    const progress: number[] = [];
    await fetchIt({ onProgress: (bytes) => progress.push(bytes) });
    arrived();
    expect(progress.at(-1)).toBe(content.length);
    expect([...progress].sort((a, b) => a - b)).toEqual(progress);
  });

  test('goes on by range where the connection was dropped, as often as something new arrives', async () => {
    for (let i = 0; i < 8; i++) server.faults.push({ kind: 'drop', after: 40_000 });
    await fetchIt();
    arrived();
    const ranges = server.requests.map((request) => request.split(' ')[1]);
    expect(ranges[0]).toBe('-');
    expect(ranges.slice(1).every((range) => /^bytes=\d+-$/.test(range ?? ''))).toBe(true);
    expect(new Set(ranges).size).toBe(ranges.length);
  });

  test('gives up where a server without ranges drops the connection every time, now sooner, now later', async () => {
    for (let i = 0; i < 40; i++) {
      server.faults.push({ kind: 'drop', after: i % 2 === 0 ? 60_000 : 20_000, ignoreRange: true });
    }
    await expect(fetchIt()).rejects.toThrow(/gave up after \d+ tries without progress/);
    expect(server.requests.length).toBeLessThan(12);
  });

  test('goes on from what an earlier process left', async () => {
    server.faults.push({ kind: 'drop', after: 100_000 });
    await expect(fetchIt({ retries: 0 })).rejects.toThrow(/gave up after 1 tries .*; what has arrived is kept/);
    expect(existsSync(file)).toBe(false);
    const kept = readFileSync(`${file}.partial`).length;
    expect(kept).toBeGreaterThan(0);
    await fetchIt();
    expect(server.requests.at(-1)).toBe(`/data.bin bytes=${kept}- 206`);
    arrived();
  });

  test('begins anew where the server ignores ranges, sends others, or has another version of the file', async () => {
    server.faults.push({ kind: 'drop', after: 50_000 }, { kind: 'ignore range' });
    await fetchIt();
    arrived();

    writeFileSync(`${file}.partial`, Buffer.alloc(1000, 1));
    writeFileSync(`${file}.partial.version`, '"another"');
    await fetchIt();
    arrived();

    writeFileSync(`${file}.partial`, content.subarray(0, 5000));
    server.faults.push({ kind: 'wrong range' });
    await expect(fetchIt()).rejects.toThrow(/the server sent bytes from 1 on instead of from 5000/);
  });

  test('leaves a file alone that somebody else is fetching', async () => {
    server.faults.push({ kind: 'slow' });
    const first = fetchIt({ patience: 2000 });
    await expect(fetchIt()).rejects.toThrow(
      /data\.bin\.lock: expected no other process at work, found that process \d+ is fetching it/,
    );
    await first;
    arrived();
  });

  test('begins anew where more has arrived than the server has', async () => {
    writeFileSync(`${file}.partial`, Buffer.alloc(content.length + 10));
    await fetchIt();
    arrived();
  });

  test('takes a partial file that is whole as it is, without asking', async () => {
    writeFileSync(`${file}.partial`, content);
    await fetchIt();
    arrived();
    expect(server.requests).toEqual([]);
  });

  test('tries again after 500, 503 and 429, and waits for a slow server', async () => {
    for (const status of [500, 503, 429]) server.faults.push({ kind: 'status', status });
    server.faults.push({ kind: 'slow' });
    await fetchIt({ patience: 2000 });
    arrived();
  });

  test('tries again where nothing arrives any more', async () => {
    server.faults.push({ kind: 'stall', after: 1000 });
    await fetchIt({ patience: 200 });
    arrived();
  });

  test('gives up after some tries without progress, and keeps what has arrived', async () => {
    for (let i = 0; i < 9; i++) server.faults.push({ kind: 'status', status: 500 });
    await expect(fetchIt()).rejects.toThrow(
      /data\.bin: gave up after 4 tries without progress: the server answered 500/,
    );
    expect(existsSync(file)).toBe(false);
  });

  test('does not try again what cannot change, and names the URL', async () => {
    await expect(fetchIt({}, 'missing.bin')).rejects.toThrow(/missing\.bin: the server answered 404 Not Found/);
    expect(server.requests).toHaveLength(1);
    await expect(download('http://127.0.0.1:9/x', file, { retries: 0 })).rejects.toThrow(/gave up/);
  });

  test('refuses and removes wrong bytes', async () => {
    server.faults.push({ kind: 'wrong bytes' });
    await expect(fetchIt()).rejects.toThrow(
      /expected sha256 [0-9a-f]{64}, found [0-9a-f]{64}; the file is removed, start again/,
    );
    expect(readdirSync(folder)).toEqual([]);
    await expect(fetchIt({ bytes: 5 })).rejects.toThrow(/expected 5 bytes, found 400000/);
    await fetchIt();
    arrived();
  });

  test('stops when told to and goes on later', async () => {
    const stop = new AbortController();
    server.faults.push({ kind: 'slow' });
    const stopped = fetchIt({ signal: stop.signal, onProgress: (bytes) => bytes > 100_000 && stop.abort() });
    await expect(stopped).rejects.toThrow(/abort/i);
    expect(existsSync(file)).toBe(false);
    await fetchIt();
    arrived();
  });
});
