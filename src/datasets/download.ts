import { createHash } from 'node:crypto';
import {
  closeSync,
  createReadStream,
  existsSync,
  fsyncSync,
  openSync,
  readFileSync,
  renameSync,
  rmSync,
  statSync,
  writeFileSync,
  writeSync,
} from 'node:fs';
import path from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { messageOf } from '../errors.ts';
import { takeLock } from '../process-lock.ts';
import { explainFullDisk } from './full-disk.ts';

export interface Checksum {
  readonly algorithm: 'md5' | 'sha256';
  readonly hex: string;
}

export interface DownloadOptions {
  /** The length that is known beforehand. */
  readonly bytes?: number;
  readonly checksum?: Checksum;
  readonly signal?: AbortSignal;
  readonly onProgress?: (bytes: number, total: number | undefined) => void;
  /** Tries in a row that may bring nothing new. */
  readonly retries?: number;
  /** Milliseconds before the second try; doubled from try to try, up to 30 s. */
  readonly retryDelay?: number;
  /** Milliseconds without a byte after which a connection counts as lost. */
  readonly patience?: number;
}

/** An answer that another try will not change. */
class FinalAnswer extends Error {}

/**
 * Fetches `url` to `file`. What has arrived is kept beside it under `file.partial`, and a later call goes on from there where the server allows (HTTP range,
 * tied to the same version of the file by its ETag or date); the file gets its name when it is whole and its length and checksum are right. Lost
 * connections, stalls, and answers 408, 429 and 5xx are tried again. Throws an error that names the URL and says what was wrong, or that
 * another process is fetching the same file.
 */
export async function download(url: string, file: string, options: DownloadOptions = {}): Promise<void> {
  const release = takeLock(`${file}.lock`, 'is fetching it');
  try {
    await fetchFile(url, file, options);
  } finally {
    release();
  }
}

async function fetchFile(url: string, file: string, options: DownloadOptions): Promise<void> {
  const { retries = 5, retryDelay = 1000, signal } = options;
  const partial = `${file}.partial`;
  let failures = 0;
  // Progress is measured by the most that ever arrived: a server without ranges begins anew every time.
  let most = sizeOf(partial);
  for (let done = false; !done; ) {
    signal?.throwIfAborted();
    try {
      await continueDownload(url, partial, options);
      done = true;
    } catch (error) {
      signal?.throwIfAborted();
      if (error instanceof FinalAnswer) throw new Error(`${url}: ${error.message}`);
      const code = (error as NodeJS.ErrnoException).code;
      if (code === 'EACCES' || code === 'EROFS') throw error;
      if (code === 'ENOSPC') {
        throw explainFullDisk(error, {
          folder: path.dirname(file),
          needed: options.bytes === undefined ? undefined : options.bytes - sizeOf(partial),
          advice: 'make room, then start again: what has arrived is kept',
        });
      }
      const size = sizeOf(partial);
      failures = size > most ? 1 : failures + 1;
      most = Math.max(most, size);
      if (failures > retries) {
        throw new Error(
          `${url}: gave up after ${failures} tries without progress: ${reasonOf(error)}; what has arrived is kept`,
        );
      }
      await sleep(Math.min(30_000, retryDelay * 2 ** (failures - 1)), undefined, { signal });
    }
  }
  await verify(url, partial, options);
  renameSync(partial, file);
  rmSync(versionFile(partial), { force: true });
}

function sizeOf(file: string): number {
  return statSync(file, { throwIfNoEntry: false })?.size ?? 0;
}

/** Where the ETag or date of the version that a partial file is of is kept. */
function versionFile(partial: string): string {
  return `${partial}.version`;
}

/** One request from where the partial file ends; resolves when the answer's body has arrived as a whole. */
async function continueDownload(url: string, partial: string, options: DownloadOptions): Promise<void> {
  const { patience = 60_000, onProgress } = options;
  const have = sizeOf(partial);
  if (options.bytes !== undefined && have === options.bytes) return;
  const version = existsSync(versionFile(partial)) ? readFileSync(versionFile(partial), 'utf8') : '';
  const stalled = new AbortController();
  const signal = options.signal ? AbortSignal.any([options.signal, stalled.signal]) : stalled.signal;
  const timer = setTimeout(() => stalled.abort(new Error(`nothing arrived for ${patience / 1000} s`)), patience);
  try {
    const headers: Record<string, string> = { 'accept-encoding': 'identity' };
    if (have > 0) headers.range = `bytes=${have}-`;
    if (have > 0 && version) headers['if-range'] = version;
    const response = await fetch(url, { headers, signal });
    const { start, total } = expected(response, have);
    if (response.status === 416) {
      // The server has no more than we have. Whether that is the whole file, length and checksum tell.
      await response.body?.cancel();
      if (total === have) return;
      rmSync(partial, { force: true });
      throw new Error('the part that had arrived does not fit the file; it begins anew');
    }
    writeFileSync(versionFile(partial), response.headers.get('etag') ?? response.headers.get('last-modified') ?? '');
    const target = openSync(partial, start === 0 ? 'w' : 'r+');
    try {
      let at = start;
      onProgress?.(at, total);
      for await (const chunk of response.body ?? []) {
        timer.refresh();
        for (let done = 0; done < chunk.length; )
          done += writeSync(target, chunk, done, chunk.length - done, at + done);
        at += chunk.length;
        onProgress?.(at, total);
      }
      fsyncSync(target);
      if (total !== undefined && at !== total) throw new Error(`the connection ended after ${at} of ${total} bytes`);
    } finally {
      closeSync(target);
    }
  } finally {
    clearTimeout(timer);
  }
}

/** Where the answer's body begins in the file, and how long the file is; throws on answers that bring no body. */
function expected(response: Response, have: number): { start: number; total: number | undefined } {
  const length = Number(response.headers.get('content-length') ?? Number.NaN);
  const range = /^bytes (?:(\d+)-\d+|\*)\/(\d+|\*)$/.exec(response.headers.get('content-range') ?? '');
  const total = range?.[2] !== undefined && range[2] !== '*' ? Number(range[2]) : undefined;
  if (response.status === 206) {
    const start = Number(range?.[1]);
    if (start !== have) throw new FinalAnswer(`the server sent bytes from ${range?.[1]} on instead of from ${have}`);
    return { start, total };
  }
  if (response.status === 416) return { start: have, total };
  // Ranges are ignored, or the file has changed since: from the beginning.
  if (response.status === 200) return { start: 0, total: Number.isNaN(length) ? undefined : length };
  const answer = `the server answered ${response.status} ${response.statusText}`.trim();
  if (response.status === 408 || response.status === 429 || response.status >= 500) throw new Error(answer);
  throw new FinalAnswer(answer);
}

/** Checks length and checksum; a file that is wrong is removed, because going on from it can never make it right. */
async function verify(url: string, partial: string, { bytes, checksum, signal }: DownloadOptions): Promise<void> {
  const problem = await wrongWith(partial, { bytes, checksum, signal });
  if (problem === undefined) return;
  rmSync(partial, { force: true });
  rmSync(versionFile(partial), { force: true });
  throw new Error(`${url}: ${problem}; the file is removed, start again`);
}

/** What is wrong with a file's length or checksum, in words; undefined where nothing is. */
export async function wrongWith(
  file: string,
  known: { bytes?: number; checksum?: Checksum; signal?: AbortSignal },
): Promise<string | undefined> {
  const size = sizeOf(file);
  if (known.bytes !== undefined && size !== known.bytes) return `expected ${known.bytes} bytes, found ${size}`;
  if (!known.checksum) return undefined;
  const hash = createHash(known.checksum.algorithm);
  for await (const chunk of createReadStream(file, { highWaterMark: 1 << 20, signal: known.signal }))
    hash.update(chunk as Buffer);
  const found = hash.digest('hex');
  if (found === known.checksum.hex) return undefined;
  return `expected ${known.checksum.algorithm} ${known.checksum.hex}, found ${found}`;
}

/** The cause of a failed fetch, which stands in `cause` behind a message that says nothing. */
function reasonOf(error: unknown): string {
  const cause = error instanceof Error ? error.cause : undefined;
  return cause instanceof Error && cause.message !== '' ? cause.message : messageOf(error);
}
