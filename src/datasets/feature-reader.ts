import { closeSync, openSync, readSync } from 'node:fs';
import type { ValueBytes } from './feature-shard.ts';
import { fromHalf } from './half-float.ts';

const mostOpen = 256;

/**
 * Reads runs of values from shard files, by byte position, without loading more than is asked for. Files are opened when first
 * needed, and at most 256 are open at a time.
 */
export class FeatureReader {
  readonly #bytesOfValue: ValueBytes;
  /** Path → descriptor, least recently used first. */
  readonly #open = new Map<string, number>();
  #buffer = Buffer.alloc(0);

  constructor(bytesOfValue: ValueBytes) {
    this.#bytesOfValue = bytesOfValue;
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
    else fromHalf(new Uint16Array(buffer.buffer, buffer.byteOffset, count), target, offset);
  }

  #descriptor(file: string): number {
    let descriptor = this.#open.get(file);
    if (descriptor !== undefined) {
      this.#open.delete(file);
    } else {
      if (this.#open.size >= mostOpen) this.#closeOldest();
      descriptor = openSync(file, 'r');
    }
    this.#open.set(file, descriptor);
    return descriptor;
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
