import { Allocator } from './allocator.ts';

const pageBytes = 65_536;
/** 32-bit WebAssembly addresses end here. */
const mostPages = 65_536;
/** The module's own constants lie below this address. */
const firstAddress = 16 * pageBytes;
/** Growing is a system call: take this much at a time. */
const growthPages = 256;

/** One memory that all threads see, and who uses which part of it. */
export interface SharedMemory {
  memory: WebAssembly.Memory;
  allocator: Allocator;
  /** The memory's current bytes; a new object whenever the memory has grown. */
  buffer(): SharedArrayBuffer;
}

/**
 * Creates the shared memory: it grows as it is used, up to `limitBytes`. Pages that were never written take no room.
 *
 * @param limitBytes at most 4 GiB, the default
 */
export function createSharedMemory(limitBytes: number = mostPages * pageBytes): SharedMemory {
  const limitPages = Math.min(mostPages, Math.floor(limitBytes / pageBytes));
  const memory = new WebAssembly.Memory({
    initial: firstAddress / pageBytes,
    maximum: mostPages,
    shared: true,
  });
  const allocator = new Allocator({
    start: firstAddress,
    end: firstAddress,
    grow: (end) => {
      const present = memory.buffer.byteLength / pageBytes;
      const needed = Math.ceil(end / pageBytes);
      if (needed > limitPages) {
        throw new Error(outOfMemory(end - firstAddress, limitPages * pageBytes));
      }
      const target = Math.min(limitPages, Math.max(needed, present + growthPages));
      try {
        memory.grow(target - present);
      } catch (cause) {
        throw new Error(outOfMemory(end - firstAddress, present * pageBytes), { cause });
      }
      return target * pageBytes;
    },
  });
  return { memory, allocator, buffer: () => sharedBuffer(memory) };
}

function outOfMemory(wanted: number, limit: number): string {
  return (
    `simd backend: ${gibibytes(wanted)} GiB of tensors do not fit into the ${gibibytes(limit)} GiB of its memory: ` +
    'set train.microBatch (or a smaller batch) so that fewer examples are held at once, and check that tensors are disposed of'
  );
}

function gibibytes(bytes: number): string {
  return (bytes / 2 ** 30).toFixed(2);
}

function sharedBuffer(memory: WebAssembly.Memory): SharedArrayBuffer {
  const { buffer } = memory;
  if (!(buffer instanceof SharedArrayBuffer)) {
    throw new Error('simd backend: this Node has no shared WebAssembly memory');
  }
  return buffer;
}
