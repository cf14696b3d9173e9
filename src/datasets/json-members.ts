import { closeSync, openSync, readSync } from 'node:fs';
import { BadInputError, messageOf } from '../errors.ts';

const quote = 0x22;
const backslash = 0x5c;
const openBrace = 0x7b;
const closeBrace = 0x7d;
const chunkBytes = 1 << 20;

/**
 * The members of a file that holds one JSON object of objects, one after the other: NSynth's `examples.json` has 200 MB, and only one
 * member is in memory at a time. Throws BadInputError naming the file where it is missing or is no such object.
 */
export function* jsonMembers(file: string): Generator<[name: string, value: unknown]> {
  const scanner = memberScanner(file);
  let descriptor: number;
  try {
    descriptor = openSync(file, 'r');
  } catch (error) {
    throw new BadInputError(`${file}: expected a JSON file that can be read, found: ${messageOf(error)}`);
  }
  try {
    const chunk = Buffer.allocUnsafe(chunkBytes);
    for (let count = readSync(descriptor, chunk); count > 0; count = readSync(descriptor, chunk)) {
      yield* scanner.push(chunk.subarray(0, count));
    }
    scanner.end();
  } finally {
    closeSync(descriptor);
  }
}

/** `jsonMembers` over bytes that come in pieces. `end` throws where the object is not closed. */
export function memberScanner(name: string) {
  let depth = 0;
  let inString = false;
  let escaped = false;
  let done = false;
  /** Text of the member under way that earlier pieces held. */
  let carried: Buffer[] = [];

  function parse(text: string): [string, unknown] {
    try {
      const [entry] = Object.entries(JSON.parse(`{${text.replace(/^[\s,]*/, '')}}`) as Record<string, unknown>);
      if (entry) return entry;
    } catch (error) {
      throw new BadInputError(`${name}: expected a JSON object of objects, found: ${messageOf(error)}`);
    }
    throw new BadInputError(`${name}: expected a JSON object of objects, found a member without a name`);
  }

  function* push(piece: Buffer): Generator<[string, unknown]> {
    let from = 0;
    for (let at = 0; at < piece.length; at++) {
      const byte = piece[at] as number;
      if (inString) {
        if (escaped) escaped = false;
        else if (byte === backslash) escaped = true;
        else if (byte === quote) inString = false;
        continue;
      }
      if (byte === quote) inString = true;
      else if (byte === openBrace) {
        depth++;
        if (depth === 1) from = at + 1;
      } else if (byte === closeBrace) {
        depth--;
        if (depth === 1) {
          const text = Buffer.concat([...carried, piece.subarray(from, at + 1)]).toString('utf8');
          carried = [];
          from = at + 1;
          yield parse(text);
        } else if (depth === 0) done = true;
      }
      if (depth === 0 && !done && byte > 0x20 && byte !== 0xef && byte !== 0xbb && byte !== 0xbf) {
        throw new BadInputError(
          `${name}: expected a JSON object, found text that begins with "${String.fromCharCode(byte)}"`,
        );
      }
    }
    if (depth >= 1) carried.push(Buffer.from(piece.subarray(from)));
  }

  function end(): void {
    if (!done) throw new BadInputError(`${name}: expected a whole JSON object, found one that is cut short`);
  }

  return { push, end };
}
