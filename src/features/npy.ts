/**
 * A NumPy array file (format version 1.0, numpy/lib/format.py): little-endian float32 in C order; `numpy.load` reads it.
 * @param values row-major, the product of `shape` long.
 */
export function encodeNpy(values: Float32Array, shape: readonly number[]): Uint8Array {
  const size = shape.reduce((product, length) => product * length, 1);
  if (size !== values.length) throw new RangeError(`encodeNpy: expected ${size} values, found ${values.length}`);
  const tuple = `(${shape.join(', ')}${shape.length === 1 ? ',' : ''})`;
  const dictionary = `{'descr': '<f4', 'fortran_order': False, 'shape': ${tuple}, }`;
  const preamble = 10; // magic, version, length of the header
  const alignment = 64;
  const length = Math.ceil((preamble + dictionary.length + 1) / alignment) * alignment - preamble;
  const file = Buffer.alloc(preamble + length + 4 * values.length);
  file.write('\x93NUMPY\x01\x00', 0, 'latin1');
  file.writeUInt16LE(length, 8);
  file.write(`${dictionary.padEnd(length - 1)}\n`, preamble, 'latin1');
  const data = new DataView(file.buffer, file.byteOffset + preamble + length);
  values.forEach((value, i) => {
    data.setFloat32(4 * i, value, true);
  });
  return file;
}
