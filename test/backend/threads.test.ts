import { availableParallelism } from 'node:os';
import { parseProcessorList, physicalCores } from '../../src/backend/simd/runtime/cores.ts';
import { threadCount } from '../../src/backend/simd/thread-count.ts';

test('physicalCores() is at least 1 and at most the processors that the process may use', () => {
  expect(physicalCores()).toBeGreaterThanOrEqual(1);
  expect(physicalCores()).toBeLessThanOrEqual(availableParallelism());
});

test('parseProcessorList() reads single processors and ranges', () => {
  expect(parseProcessorList('0-3,8,10-11')).toEqual([0, 1, 2, 3, 8, 10, 11]);
  expect(parseProcessorList('5')).toEqual([5]);
});

test('SPECTRIDE_THREADS sets the number of threads, by default the physical cores', () => {
  expect(threadCount('3')).toBe(3);
  expect(threadCount(undefined)).toBe(Math.min(64, physicalCores()));
  expect(threadCount('')).toBe(Math.min(64, physicalCores()));
});

test.each(['0', '-1', '1.5', 'many', '65'])('SPECTRIDE_THREADS=%s is refused by name', (value) => {
  expect(() => threadCount(value)).toThrow(`SPECTRIDE_THREADS: expected a whole number from 1 to 64, found "${value}"`);
});
