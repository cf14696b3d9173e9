import { encodeNpy } from '../../src/features/npy.ts';

test('encodeNpy() writes what numpy.lib.format describes: magic, version 1.0, an aligned header, little-endian values', () => {
  const bytes = Buffer.from(encodeNpy(Float32Array.of(1, -2, 0.5, 3, 4, 5), [3, 2]));
  expect(bytes.subarray(0, 8).toString('latin1')).toBe('\x93NUMPY\x01\x00');
  const length = bytes.readUInt16LE(8);
  expect((10 + length) % 64).toBe(0);
  const header = bytes.subarray(10, 10 + length).toString('latin1');
  expect(header).toMatch(/^\{'descr': '<f4', 'fortran_order': False, 'shape': \(3, 2\), \} *\n$/);
  expect([0, 1, 2].map((i) => bytes.readFloatLE(10 + length + 4 * i))).toEqual([1, -2, 0.5]);
  expect(bytes.length).toBe(10 + length + 24);
});

test('encodeNpy() writes a one-dimensional shape as a tuple, and refuses a shape that does not fit', () => {
  expect(Buffer.from(encodeNpy(new Float32Array(4), [4])).toString('latin1')).toContain("'shape': (4,)");
  expect(() => encodeNpy(new Float32Array(4), [3])).toThrow(RangeError);
});
