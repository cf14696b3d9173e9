import fc from 'fast-check';
import { Allocator } from '../../src/backend/simd/runtime/allocator.ts';

const start = 1024;

function allocator(limit = Number.POSITIVE_INFINITY) {
  return new Allocator({
    start,
    end: start,
    grow: (end) => {
      if (end > limit) {
        throw new Error('full');
      }
      return end;
    },
  });
}

type Action = { allocate: number } | { release: number };

/** Requests of bytes, and releases of the n-th block that is in use then. */
const programs: fc.Arbitrary<Action[]> = fc.array(
  fc.oneof(
    fc.record({ allocate: fc.integer({ min: 0, max: 5000 }) }),
    fc.record({ release: fc.integer({ min: 0, max: 1000 }) }),
  ),
  { maxLength: 200 },
);

function run(subject: Allocator, program: Action[]): Map<number, number> {
  const inUse = new Map<number, number>();
  for (const action of program) {
    if ('allocate' in action) {
      inUse.set(subject.allocate(action.allocate), action.allocate);
    } else if (inUse.size > 0) {
      const address = [...inUse.keys()][action.release % inUse.size] ?? 0;
      subject.release(address);
      inUse.delete(address);
    }
  }
  return inUse;
}

test('blocks in use start at multiples of 64 and never overlap', () => {
  fc.assert(
    fc.property(programs, (program) => {
      const blocks = [...run(allocator(), program)].toSorted(([a], [b]) => a - b);
      blocks.forEach(([address, bytes], index) => {
        expect(address % 64).toBe(0);
        expect(address).toBeGreaterThanOrEqual(start);
        const next = blocks[index + 1];
        if (next !== undefined) {
          expect(address + Math.max(1, bytes)).toBeLessThanOrEqual(next[0]);
        }
      });
    }),
  );
});

/** Runs the program and gives everything back, so many times. */
function repeat(subject: Allocator, program: Action[], times: number): void {
  for (let time = 0; time < times; time++) {
    for (const address of run(subject, program).keys()) {
      subject.release(address);
    }
  }
}

test('a program that is repeated takes no more memory after a few times', () => {
  // Not after the first: the second time starts from one free block, and its holes lie elsewhere.
  fc.assert(
    fc.property(programs, (program) => {
      const subject = allocator();
      repeat(subject, program, 20);
      const { extent } = subject;
      repeat(subject, program, 20);
      expect(subject.extent).toBe(extent);
      expect(subject.used).toBe(0);
    }),
  );
});

test('a request whose block was given back gets that block again, and larger free blocks stay whole', () => {
  const subject = allocator();
  const program = [{ allocate: 2817 }, { allocate: 0 }, { release: 0 }, { allocate: 2817 }, { allocate: 3009 }];
  repeat(subject, program, 1);
  const { extent } = subject;
  repeat(subject, program, 1);
  expect(subject.extent).toBe(extent);
});

test('everything that was given back is one block again', () => {
  const subject = allocator(start + 6400);
  const addresses = Array.from({ length: 100 }, () => subject.allocate(64));
  for (const address of addresses.toSorted((a, b) => ((a * 7919) % 101) - ((b * 7919) % 101))) {
    subject.release(address);
  }
  expect(subject.allocate(6400)).toBe(start);
});

test('used and peak count whole cache lines', () => {
  const subject = allocator();
  const first = subject.allocate(1);
  subject.allocate(65);
  subject.release(first);
  expect(subject.used).toBe(128);
  expect(subject.peak).toBe(192);
});

test('a full arena throws what grow throws and stays usable', () => {
  const subject = allocator(start + 128);
  const address = subject.allocate(64);
  expect(() => subject.allocate(128)).toThrow('full');
  subject.release(address);
  expect(subject.allocate(128)).toBe(start);
});

test('releasing what is not in use is refused', () => {
  const subject = allocator();
  const address = subject.allocate(10);
  expect(() => subject.release(address + 64)).toThrow('no block in use starts at');
  subject.release(address);
  expect(() => subject.release(address)).toThrow('no block in use starts at');
});
