import fc from 'fast-check';
import { isRiff, type WavLayout, walkRiff } from '../../src/audio/riff.ts';
import { BadInputError } from '../../src/errors.ts';

const seed = { numRuns: 1000 };

/** A file in memory that counts what is read of it. */
function counted(bytes: Uint8Array) {
  const counts = { calls: 0, bytes: 0 };
  const read = (offset: number, length: number) => {
    counts.calls++;
    const found = bytes.subarray(offset, offset + length);
    counts.bytes += found.length;
    return found;
  };
  return { counts, read };
}

/** The layout, or the refusal; anything else that is thrown fails the test. */
function walk(bytes: Uint8Array): WavLayout | BadInputError {
  const { counts, read } = counted(bytes);
  try {
    return walkRiff(read, bytes.length, 'x.wav');
  } catch (error) {
    expect(error).toBeInstanceOf(BadInputError);
    expect((error as Error).message).toMatch(/^x\.wav: /);
    return error as BadInputError;
  } finally {
    expect(counts.calls).toBeLessThan(2 * 4096 + 10);
  }
}

function chunk(id: string, content: Uint8Array, size = content.length, padded = true): Buffer {
  const head = Buffer.alloc(8);
  head.write(id, 0, 'latin1');
  head.writeUInt32LE(size, 4);
  return Buffer.concat([head, content, Buffer.alloc(padded ? content.length % 2 : 0)]);
}

function riff(...chunks: Buffer[]): Buffer {
  const body = Buffer.concat([Buffer.from('WAVE'), ...chunks]);
  return chunk('RIFF', body);
}

function format({ tag = 1, channels = 1, rate = 16000, bits = 16, align = -1 } = {}): Buffer {
  const content = Buffer.alloc(16);
  content.writeUInt16LE(tag, 0);
  content.writeUInt16LE(channels, 2);
  content.writeUInt32LE(rate, 4);
  content.writeUInt16LE(align < 0 ? (channels * bits) / 8 : align, 12);
  content.writeUInt16LE(bits, 14);
  return chunk('fmt ', content);
}

const chunkName = fc.stringMatching(/^[a-zA-Z0-9 ]{4}$/).filter((id) => !['fmt ', 'data', 'ds64'].includes(id));

describe('walkRiff()', () => {
  test('answers any bytes behind a RIFF head with a layout inside the file or one sentence, after few reads', () => {
    const words = fc.constantFrom('RIFF', 'RF64', 'BW64', 'RIFX', 'WAVE', 'fmt ', 'data', 'ds64', 'LIST');
    const piece = fc.oneof(
      words.map((word) => Buffer.from(word)),
      fc.uint8Array({ maxLength: 20 }).map((bytes) => Buffer.from(bytes)),
      fc.constant(format()),
      fc.nat(0xffffffff).map((size) => chunk('data', Buffer.alloc(6), size)),
      fc.nat(0xffffffff).map((size) => chunk('LIST', Buffer.alloc(3), size)),
    );
    fc.assert(
      fc.property(fc.array(piece, { maxLength: 12 }), (pieces) => {
        const bytes = Buffer.concat([Buffer.from('RIFF\0\0\0\0WAVE'), ...pieces]);
        const found = walk(bytes);
        if (found instanceof BadInputError) return;
        expect(found.frames).toBeGreaterThanOrEqual(0);
        const end = found.dataOffset + found.frames * found.channels * found.sampleBytes;
        expect(end).toBeLessThanOrEqual(bytes.length);
      }),
      seed,
    );
  });

  test('finds the samples behind any chunks, padded as they should be', () => {
    const other = fc.tuple(chunkName, fc.uint8Array({ maxLength: 40 })).map(([id, content]) => chunk(id, content));
    fc.assert(
      fc.property(fc.array(other, { maxLength: 8 }), fc.nat(8), fc.nat(50), (others, place, frames) => {
        const before = others.slice(0, place);
        const data = chunk('data', new Uint8Array(4 * frames).fill(7));
        const bytes = riff(...before, format({ channels: 2 }), ...others.slice(place), data);
        expect(walk(bytes)).toEqual({
          coding: 'integer',
          sampleBytes: 2,
          channels: 2,
          sampleRate: 16000,
          dataOffset: bytes.length - 4 * frames,
          frames,
        });
      }),
      seed,
    );
  });

  test('gives up a file of endless empty chunks', () => {
    const bytes = Buffer.concat([Buffer.from('RIFF\0\0\0\0WAVE'), Buffer.alloc(1 << 20)]);
    expect(walk(bytes)).toMatchObject({ message: expect.stringMatching(/^x\.wav: no samples behind 4096 chunks/) });
  });

  test('takes a declared size for no more than what the file holds', () => {
    for (const size of [0xffffffff, 0x7ffff000, 1000]) {
      expect(walk(riff(format(), chunk('data', new Uint8Array(20), size)))).toMatchObject({ frames: 10 });
    }
  });

  test('tells how many frames of a file that was cut short are missing, but not of one whose writer did not know', () => {
    const missing = (size: number) => walk(riff(format(), chunk('data', new Uint8Array(20), size)));
    expect(missing(1000)).toMatchObject({ missingFrames: 490 });
    for (const size of [20, 0x7ffff000, 0xffffffff]) expect(missing(size)).not.toHaveProperty('missingFrames');
  });

  test.each<[string, Buffer, RegExp]>([
    ['0 channels', riff(format({ channels: 0, align: 0 }), chunk('data', new Uint8Array(4))), /0 channels; expected/],
    ['a sample rate of 0', riff(format({ rate: 0 }), chunk('data', new Uint8Array(4))), /a sample rate of 0/],
    [
      'a wrong block align',
      riff(format({ align: 3 }), chunk('data', new Uint8Array(4))),
      /block align of 3 bytes; expected 2/,
    ],
    [
      '16-bit floats',
      riff(format({ tag: 3 }), chunk('data', new Uint8Array(4))),
      /16-bit float samples; expected 32 or 64/,
    ],
    [
      'A-law',
      riff(format({ tag: 6, bits: 8 }), chunk('data', new Uint8Array(4))),
      /A-law \(format 0x0006\); expected PCM/,
    ],
    ['no fmt chunk', riff(chunk('data', new Uint8Array(4))), /no fmt chunk/],
    ['no data chunk', riff(format()), /no data chunk/],
    ['another RIFF file', chunk('RIFF', Buffer.from('AVI LIST')), /a RIFF file, but not WAVE audio/],
  ])('refuses %s, saying so', (_, bytes, message) => {
    expect(walk(bytes)).toBeInstanceOf(BadInputError);
    expect((walk(bytes) as Error).message).toMatch(message);
  });
});

test('isRiff() knows the four names of the family, and nothing shorter', () => {
  const known = ['RIFF', 'RIFX', 'RF64', 'BW64'].map((name) => isRiff(Buffer.from(`${name}1234`)));
  expect(known).toEqual([true, true, true, true]);
  expect([isRiff(Buffer.from('RIF')), isRiff(Buffer.from('fLaC')), isRiff(new Uint8Array())]).toEqual([
    false,
    false,
    false,
  ]);
});
