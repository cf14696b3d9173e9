/** Blocks start on cache lines, which also suits 256-bit loads. */
const alignment = 64;
/** Size classes within a power of two; a request is served from a class whose blocks all suffice, so searching is rare. */
const subdivisions = 8;

interface Block {
  address: number;
  bytes: number;
  free: boolean;
  /** Neighbours by address. */
  below: Block | undefined;
  above: Block | undefined;
  /** Neighbours in the list of free blocks of one size class. */
  previous: Block | undefined;
  next: Block | undefined;
}

/** Memory that an allocator hands out, with the means to enlarge it. */
export interface Arena {
  /** First usable address, a multiple of 64. */
  start: number;
  /** Address after the last usable byte now. */
  end: number;
  /** Enlarges the arena so that it ends at `end` or above; returns the new end.
   *  @throws when it cannot */
  grow(end: number): number;
}

/**
 * Two-level segregated fit (Masmano et al., "TLSF: a new dynamic memory allocator for real-time systems", 2004) with
 * immediate coalescing: constant time, and a program that repeats its requests reuses the same blocks. The bookkeeping is
 * in JavaScript objects, outside the arena.
 */
export class Allocator {
  readonly #arena: Arena;
  readonly #blocks = new Map<number, Block>();
  readonly #classes: (Block | undefined)[] = [];
  #last: Block | undefined;
  #end: number;
  #used = 0;
  #peak = 0;

  constructor(arena: Arena) {
    this.#arena = arena;
    this.#end = arena.start;
  }

  /** Bytes handed out now. */
  get used(): number {
    return this.#used;
  }

  /** The most bytes that were handed out at any time. */
  get peak(): number {
    return this.#peak;
  }

  /** Bytes from the arena's start to the highest address ever handed out. */
  get extent(): number {
    return this.#end - this.#arena.start;
  }

  /**
   * Hands out `bytes` bytes, not cleared, at a multiple of 64.
   * @throws what the arena's `grow` throws when there is no room
   */
  allocate(bytes: number): number {
    const size = Math.max(alignment, Math.ceil(bytes / alignment) * alignment);
    const block = this.#takeFree(size) ?? this.#append(size);
    block.free = false;
    this.#used += block.bytes;
    this.#peak = Math.max(this.#peak, this.#used);
    return block.address;
  }

  /**
   * Takes a block back.
   * @throws RangeError when no block in use starts at `address`
   */
  release(address: number): void {
    let block = this.#blocks.get(address);
    if (block === undefined || block.free) {
      throw new RangeError(`release: no block in use starts at ${address}`);
    }
    this.#used -= block.bytes;
    const { above, below } = block;
    if (above?.free) {
      this.#unlink(above);
      this.#merge(block, above);
    }
    if (below?.free) {
      this.#unlink(below);
      this.#merge(below, block);
      block = below;
    }
    this.#link(block);
  }

  #takeFree(size: number): Block | undefined {
    // The class that `size` itself falls into holds smaller blocks too. It comes first: a request repeated after its block was
    // given back gets that block again, and larger ones stay whole.
    for (let block = this.#classes[classOf(size)]; block !== undefined; block = block.next) {
      if (block.bytes >= size) {
        return this.#take(block, size);
      }
    }
    for (let index = classOf(size) + 1; index < this.#classes.length; index++) {
      const block = this.#classes[index];
      if (block !== undefined) {
        return this.#take(block, size);
      }
    }
    return undefined;
  }

  #take(block: Block, size: number): Block {
    this.#unlink(block);
    this.#split(block, size);
    return block;
  }

  #append(size: number): Block {
    const last = this.#last;
    if (last?.free) {
      // Enlarge the free block at the end rather than leave it behind.
      this.#ensure(last.address + size);
      this.#unlink(last);
      last.bytes = size;
      this.#end = last.address + size;
      return last;
    }
    this.#ensure(this.#end + size);
    const block: Block = {
      address: this.#end,
      bytes: size,
      free: false,
      below: last,
      above: undefined,
      previous: undefined,
      next: undefined,
    };
    if (last !== undefined) {
      last.above = block;
    }
    this.#last = block;
    this.#blocks.set(block.address, block);
    this.#end += size;
    return block;
  }

  #ensure(end: number): void {
    if (end > this.#arena.end) {
      this.#arena.end = this.#arena.grow(end);
    }
  }

  #split(block: Block, size: number): void {
    if (block.bytes === size) {
      return;
    }
    const rest: Block = {
      address: block.address + size,
      bytes: block.bytes - size,
      free: false,
      below: block,
      above: block.above,
      previous: undefined,
      next: undefined,
    };
    if (block.above === undefined) {
      this.#last = rest;
    } else {
      block.above.below = rest;
    }
    block.above = rest;
    block.bytes = size;
    this.#blocks.set(rest.address, rest);
    this.#link(rest);
  }

  /** `upper` becomes part of `lower`, which is just below it. */
  #merge(lower: Block, upper: Block): void {
    this.#blocks.delete(upper.address);
    lower.bytes += upper.bytes;
    lower.above = upper.above;
    if (upper.above === undefined) {
      this.#last = lower;
    } else {
      upper.above.below = lower;
    }
  }

  #link(block: Block): void {
    const index = classOf(block.bytes);
    while (this.#classes.length <= index) {
      this.#classes.push(undefined);
    }
    const first = this.#classes[index];
    block.free = true;
    block.previous = undefined;
    block.next = first;
    if (first !== undefined) {
      first.previous = block;
    }
    this.#classes[index] = block;
  }

  #unlink(block: Block): void {
    if (block.previous === undefined) {
      this.#classes[classOf(block.bytes)] = block.next;
    } else {
      block.previous.next = block.next;
    }
    if (block.next !== undefined) {
      block.next.previous = block.previous;
    }
    block.previous = undefined;
    block.next = undefined;
    block.free = false;
  }
}

/** The class of blocks of `bytes` bytes: a power of two and its eighths. */
function classOf(bytes: number): number {
  const units = bytes / alignment;
  const power = 31 - Math.clz32(units);
  return power * subdivisions + Math.floor((units / 2 ** power - 1) * subdivisions);
}
