import { BadInputError } from './errors.ts';

/** The whole state of a stream: four 32-bit words, not all zero. Plain JSON. */
export type RandomState = [number, number, number, number];

/** A reproducible sequence of random numbers, the same on every platform. */
export interface RandomStream {
  /** A number in [0, 1) with 53 random bits. */
  uniform(): number;
  /** A whole number in [0, n), each equally likely; n from 1 to 2³². */
  integer(n: number): number;
  /** A standard normal number (Box and Muller). */
  normal(): number;
  /** Shuffles `array` in place (Fisher and Yates) and returns it. */
  shuffle<T>(array: T[]): T[];
  state(): RandomState;
  /** Goes on from a state that `state()` returned; throws BadInputError on anything else. */
  restore(state: readonly number[]): void;
}

/** 32-bit FNV-1a of the text's UTF-16 units from a given basis, finished with MurmurHash3's `fmix32`. */
function hash(text: string, basis: number): number {
  let h = basis;
  for (let i = 0; i < text.length; i++) h = Math.imul(h ^ text.charCodeAt(i), 0x01000193);
  h = Math.imul(h ^ (h >>> 16), 0x85ebca6b);
  h = Math.imul(h ^ (h >>> 13), 0xc2b2ae35);
  return (h ^ (h >>> 16)) >>> 0;
}

function rotateLeft(x: number, bits: number): number {
  return (x << bits) | (x >>> (32 - bits));
}

/**
 * The random stream of one purpose: xoshiro128** (Blackman and Vigna 2018) seeded by hashing `seed/name`, so that streams of
 * different names are independent and drawing from one never moves another. Not for secrets.
 */
export function stream(seed: number, name: string): RandomStream {
  const text = `${seed}/${name}`;
  let [a, b, c, d] = [0x811c9dc5, 0x9e3779b9, 0x7f4a7c15, 0x94d049bb].map((basis) => hash(text, basis)) as RandomState;
  if ((a | b | c | d) === 0) d = 1;

  function next(): number {
    const result = Math.imul(rotateLeft(Math.imul(b, 5), 7), 9) >>> 0;
    const t = b << 9;
    c ^= a;
    d ^= b;
    b ^= c;
    a ^= d;
    c ^= t;
    d = rotateLeft(d, 11);
    return result;
  }

  function uniform(): number {
    const high = next() >>> 5;
    const low = next() >>> 6;
    return (high * 2 ** 26 + low) / 2 ** 53;
  }

  function integer(n: number): number {
    if (!Number.isInteger(n) || n < 1 || n > 2 ** 32) {
      throw new RangeError(`integer(n): expected a whole number from 1 to 2^32, found ${n}`);
    }
    // Draws above the last full multiple of n are thrown away, or small numbers would come up more often.
    const limit = 2 ** 32 - (2 ** 32 % n);
    let draw = next();
    while (draw >= limit) draw = next();
    return draw % n;
  }

  function normal(): number {
    const radius = Math.sqrt(-2 * Math.log(1 - uniform()));
    return radius * Math.cos(2 * Math.PI * uniform());
  }

  function shuffle<T>(array: T[]): T[] {
    for (let i = array.length - 1; i > 0; i--) {
      const j = integer(i + 1);
      [array[i], array[j]] = [array[j] as T, array[i] as T];
    }
    return array;
  }

  function restore(state: readonly number[]): void {
    const isWord = (word: number) => Number.isInteger(word) && word >= 0 && word < 2 ** 32;
    if (!Array.isArray(state) || state.length !== 4 || !state.every(isWord) || state.every((word) => word === 0)) {
      throw new BadInputError(
        `random state of "${name}": expected four 32-bit words, not all zero, found ${JSON.stringify(state)}`,
      );
    }
    [a, b, c, d] = state as unknown as RandomState;
  }

  return { uniform, integer, normal, shuffle, state: () => [a >>> 0, b >>> 0, c >>> 0, d >>> 0], restore };
}
