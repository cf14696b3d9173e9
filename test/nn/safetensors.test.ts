import fc from 'fast-check';
import { BadInputError } from '../../src/errors.ts';
import { readSafetensors, type StoredTensor, writeSafetensors } from '../../src/safetensors.ts';

/** A file written from the format's page alone: header length, JSON header, data. */
function fileOf(header: string, data: number[] = [], headerLength = header.length): Uint8Array {
  const bytes = new Uint8Array(8 + header.length + data.length);
  new DataView(bytes.buffer).setBigUint64(0, BigInt(headerLength), true);
  bytes.set(new TextEncoder().encode(header), 8);
  bytes.set(data, 8 + header.length);
  return bytes;
}

const one = [0, 0, 128, 63];

describe('readSafetensors()', () => {
  test('reads a file written by hand from the page of the format', () => {
    const header =
      '{"b":{"dtype":"I32","shape":[],"data_offsets":[8,12]},"a":{"dtype":"F32","shape":[2,1],"data_offsets":[0,8]},"__metadata__":{"step":"7"}}';
    const { tensors, metadata } = readSafetensors(fileOf(header, [...one, 0, 0, 0, 192, 255, 255, 255, 255]));
    expect(tensors.get('a')).toEqual({ dtype: 'float32', shape: [2, 1], data: new Float32Array([1, -2]) });
    expect(tensors.get('b')).toEqual({ dtype: 'int32', shape: [], data: new Int32Array([-1]) });
    expect(metadata).toEqual({ step: '7' });
  });

  test('gives back what writeSafetensors() wrote, bit by bit', () => {
    const tensor = fc.oneof(
      fc.float32Array({ maxLength: 7 }).map((data): StoredTensor => ({ dtype: 'float32', shape: [data.length], data })),
      fc.int32Array({ maxLength: 7 }).map((data): StoredTensor => ({ dtype: 'int32', shape: [1, data.length], data })),
    );
    const names = fc.uniqueArray(fc.string().filter((name) => name !== '__metadata__' && name !== '__proto__'));
    fc.assert(
      fc.property(names, fc.infiniteStream(tensor), fc.string(), (keys, values, note) => {
        const tensors = new Map(keys.map((key) => [key, values.next().value as StoredTensor]));
        const read = readSafetensors(writeSafetensors(tensors, { note }));
        expect(read.metadata).toEqual({ note });
        expect(new Map([...read.tensors].sort())).toEqual(new Map([...tensors].sort()));
      }),
    );
  });

  test('copies out of a Node Buffer that lies at any offset of a pool', () => {
    const file = writeSafetensors(new Map([['a', { dtype: 'float32', shape: [2], data: new Float32Array([1, 2]) }]]));
    const pool = Buffer.concat([Buffer.alloc(3), file]);
    const bytes = pool.subarray(3);
    const { tensors } = readSafetensors(bytes);
    pool.fill(0);
    expect(tensors.get('a')?.data).toEqual(new Float32Array([1, 2]));
  });

  test('aligns the data to eight bytes', () => {
    const file = writeSafetensors(new Map([['a', { dtype: 'float32', shape: [1], data: new Float32Array(1) }]]));
    expect(Number(new DataView(file.buffer).getBigUint64(0, true)) % 8).toBe(0);
  });

  const entry = (text: string) => `{"a":${text}}`;
  test.each<[string, Uint8Array, RegExp]>([
    ['an empty file', new Uint8Array(0), /at least 8 bytes, found 0/],
    ['a header longer than the file', fileOf('{}', [], 1e9), /found a length of 1000000000/],
    ['a header that is not JSON', fileOf('{"a"'), /in JSON/],
    ['a header that is a list', fileOf('[]'), /JSON object/],
    ['bytes that are not UTF-8', fileOf('{}', [255, 255], 4), /in JSON/],
    [
      'an unknown dtype',
      fileOf(entry('{"dtype":"F16","shape":[1],"data_offsets":[0,2]}'), [0, 0]),
      /F32 or I32, found "F16"/,
    ],
    ['a negative size', fileOf(entry('{"dtype":"F32","shape":[-1],"data_offsets":[0,4]}'), one), /shape of tensor "a"/],
    [
      'offsets that do not fit the shape',
      fileOf(entry('{"dtype":"F32","shape":[2],"data_offsets":[0,4]}'), one),
      /8 bytes/,
    ],
    ['offsets beyond the file', fileOf(entry('{"dtype":"F32","shape":[1],"data_offsets":[0,4]}'), [0]), /found 1/],
    ['a gap', fileOf(entry('{"dtype":"F32","shape":[1],"data_offsets":[4,8]}'), [...one, ...one]), /begins at byte 4/],
    ['data that no tensor covers', fileOf('{}', one), /0 bytes of data, found 4/],
    ['metadata that is not text', fileOf('{"__metadata__":{"a":1}}'), /text values/],
  ])('refuses %s by the name of the file', (_, bytes, message) => {
    const read = () => readSafetensors(bytes, 'last.safetensors');
    expect(read).toThrow(BadInputError);
    expect(read).toThrow(message);
    expect(read).toThrow(/^last\.safetensors: /);
  });
});
