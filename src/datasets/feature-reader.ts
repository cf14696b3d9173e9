import { closeSync, openSync, readSync } from 'node:fs';
import type { ValueBytes } from './feature-shard.ts';
import { fromHalf } from './half-float.ts';

/** Opening a file costs more than reading a window: NSynth's 2,300 shards all stay open where the system allows as many. */
const mostOpen = 4096;
/** Descriptors left to the rest of the process: checkpoints, logs, recordings. */
const reserve = 8;

/**
 * Reads runs of values from shard files, by byte position, without loading more than is asked for. Files are opened when first
 * needed, and stay open up to 4,096; where the system allows fewer, up to half of what was open when it was found out.
 */
export class FeatureReader {
  readonly #bytesOfValue: ValueBytes;
  readonly #decode: (bits: Uint16Array, target: Float32Array, offset: number) => void;
  /** Path → descriptor, least recently used first. */
  readonly #open = new Map<string, number>();
  #most = mostOpen;
  #buffer = Buffer.alloc(0);

  /** @param decode what values of two bytes mean; by default half-precision numbers */
  constructor(bytesOfValue: ValueBytes, decode = fromHalf) {
    this.#bytesOfValue = bytesOfValue;
    this.#decode = decode;
  }

  /** Copies `count` values from byte `position` of `file` to `target` at `offset`. */
  read(file: string, position: number, count: number, target: Float32Array, offset: number): void {
    const length = count * this.#bytesOfValue;
    if (this.#buffer.length < length) this.#buffer = Buffer.from(new ArrayBuffer(Math.max(length, 65536)));
    const buffer = this.#buffer;
    const descriptor = this.#descriptor(file);
    for (let done = 0; done < length; ) {
      const count = readSync(descriptor, buffer, done, length - done, position + done);
      if (count === 0) throw new Error(`${file}: cut short while in use; expected ${length - done} more bytes`);
      done += count;
    }
    if (this.#bytesOfValue === 4) target.set(new Float32Array(buffer.buffer, buffer.byteOffset, count), offset);
    else this.#decode(new Uint16Array(buffer.buffer, buffer.byteOffset, count), target, offset);
  }

  #descriptor(file: string): number {
    let descriptor = this.#open.get(file);
    if (descriptor !== undefined) {
      this.#open.delete(file);
    } else {
      if (this.#open.size >= this.#most) this.#closeOldest();
      descriptor = this.#openFile(file);
    }
    this.#open.set(file, descriptor);
    return descriptor;
  }

  #openFile(file: string): number {
    if (this.#most === mostOpen && !canOpen(file, 1 + reserve) && this.#open.size > 0) {
      this.#most = Math.max(1, Math.floor(this.#open.size / 2));
      while (this.#open.size >= this.#most && this.#open.size > 0) this.#closeOldest();
    }
    return openSync(file, 'r');
  }

  #closeOldest(): void {
    for (const [file, descriptor] of this.#open) {
      closeSync(descriptor);
      this.#open.delete(file);
      return;
    }
  }

  close(): void {
    for (const descriptor of this.#open.values()) closeSync(descriptor);
    this.#open.clear();
  }
}

/** Whether the system lets this process have so many more descriptors now. */
function canOpen(file: string, count: number): boolean {
  const opened: number[] = [];
  try {
    while (opened.length < count) opened.push(openSync(file, 'r'));
    return true;
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException;
    if (code !== 'EMFILE' && code !== 'ENFILE') throw error;
    return false;
  } finally {
    for (const descriptor of opened) closeSync(descriptor);
  }
}
