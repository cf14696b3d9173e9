import { BadInputError, messageOf } from './errors.ts';

/**
 * Named tensors in one file: the safetensors format (https://huggingface.co/docs/safetensors, section "Format"), of which
 * float32 and int32 are supported. A file is
 *
 *   8 bytes    length of the header, unsigned 64-bit little-endian
 *   header     JSON, starting with "{": name → { "dtype": "F32" | "I32", "shape": […], "data_offsets": [begin, end] },
 *              and optionally "__metadata__": text → text; may be padded with spaces at its end
 *   data       little-endian, row-major; the offsets count from here and cover it without gap or overlap
 */
export type StoredTensor =
  | { dtype: 'float32'; shape: number[]; data: Float32Array }
  | { dtype: 'int32'; shape: number[]; data: Int32Array };

export interface Safetensors {
  tensors: Map<string, StoredTensor>;
  metadata: Record<string, string>;
}

/** The format's own bound on a header. */
const longestHeader = 100_000_000;
const metadataKey = '__metadata__';

interface HeaderEntry {
  dtype: 'F32' | 'I32';
  shape: number[];
  begin: number;
  end: number;
}

function isRecord(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

function isSize(value: unknown): value is number {
  return Number.isSafeInteger(value) && (value as number) >= 0;
}

function parseEntry(name: string, entry: unknown, where: string): HeaderEntry {
  const refuse = (field: string, found: unknown, expected: string): never => {
    throw new BadInputError(
      `${where}: ${field} of tensor "${name}": expected ${expected}, found ${JSON.stringify(found)}`,
    );
  };
  if (!isRecord(entry)) return refuse('description', entry, 'an object');
  const { dtype, shape, data_offsets: offsets } = entry;
  if (dtype !== 'F32' && dtype !== 'I32') return refuse('dtype', dtype, 'F32 or I32');
  if (!Array.isArray(shape) || !shape.every(isSize)) return refuse('shape', shape, 'a list of sizes');
  if (!Array.isArray(offsets) || offsets.length !== 2 || !offsets.every(isSize)) {
    return refuse('data_offsets', offsets, 'two offsets');
  }
  const [begin, end] = offsets as [number, number];
  const length = shape.reduce((product, size) => product * size, 4);
  if (end - begin !== length) return refuse('data_offsets', offsets, `${length} bytes for shape [${shape}]`);
  return { dtype, shape, begin, end };
}

function parseMetadata(metadata: unknown, where: string): Record<string, string> {
  if (metadata === undefined) return {};
  if (!isRecord(metadata) || !Object.values(metadata).every((value) => typeof value === 'string')) {
    throw new BadInputError(`${where}: ${metadataKey}: expected text values, found ${JSON.stringify(metadata)}`);
  }
  return metadata as Record<string, string>;
}

/**
 * Tensors of a safetensors file, copied out of `bytes`. Throws BadInputError, its sentence starting with `where` (the file's
 * name), on anything that the format does not allow.
 */
export function readSafetensors(bytes: Uint8Array, where = 'safetensors'): Safetensors {
  const fail = (problem: string): never => {
    throw new BadInputError(`${where}: not a readable safetensors file: ${problem}`);
  };
  if (bytes.byteLength < 8) fail(`expected at least 8 bytes, found ${bytes.byteLength}`);
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  const headerLength = Number(view.getBigUint64(0, true));
  if (headerLength > longestHeader || headerLength > bytes.byteLength - 8) {
    fail(`expected a header within the file's ${bytes.byteLength} bytes, found a length of ${headerLength}`);
  }
  let header: unknown;
  try {
    header = JSON.parse(new TextDecoder('utf-8', { fatal: true }).decode(bytes.subarray(8, 8 + headerLength)));
  } catch (error) {
    fail(`expected a header in JSON, found ${messageOf(error)}`);
  }
  if (!isRecord(header) || view.getUint8(8) !== 0x7b) return fail('expected a JSON object as header');

  const entries = Object.entries(header)
    .filter(([name]) => name !== metadataKey)
    .map(([name, entry]) => ({ name, ...parseEntry(name, entry, where) }))
    .sort((a, b) => a.begin - b.begin || a.end - b.end);
  const data = bytes.subarray(8 + headerLength);
  let covered = 0;
  for (const entry of entries) {
    if (entry.begin !== covered) fail(`tensor "${entry.name}" begins at byte ${entry.begin}, expected ${covered}`);
    covered = entry.end;
  }
  if (covered !== data.byteLength) fail(`expected ${covered} bytes of data, found ${data.byteLength}`);

  const tensors = new Map<string, StoredTensor>();
  for (const { name, dtype, shape, begin, end } of entries) {
    // A copy, aligned; `slice` would not copy a Node Buffer.
    const copy = new Uint8Array(data.subarray(begin, end));
    // Typed arrays are little-endian on every platform that Node runs on.
    if (dtype === 'F32') tensors.set(name, { dtype: 'float32', shape, data: new Float32Array(copy.buffer) });
    else tensors.set(name, { dtype: 'int32', shape, data: new Int32Array(copy.buffer) });
  }
  return { tensors, metadata: parseMetadata(header[metadataKey], where) };
}

/** A safetensors file of `tensors`, in the map's order. Throws RangeError where a shape does not fit its data. */
export function writeSafetensors(
  tensors: ReadonlyMap<string, StoredTensor>,
  metadata: Record<string, string> = {},
): Uint8Array {
  const header: [string, unknown][] = [];
  if (Object.keys(metadata).length > 0) header.push([metadataKey, metadata]);
  let offset = 0;
  for (const [name, { dtype, shape, data }] of tensors) {
    if (name === metadataKey || shape.reduce((product, size) => product * size, 1) !== data.length) {
      throw new RangeError(`tensor "${name}": shape [${shape}] does not fit ${data.length} values`);
    }
    const end = offset + data.byteLength;
    header.push([name, { dtype: dtype === 'float32' ? 'F32' : 'I32', shape, data_offsets: [offset, end] }]);
    offset = end;
  }
  const text = new TextEncoder().encode(JSON.stringify(Object.fromEntries(header)));
  const headerLength = Math.ceil(text.length / 8) * 8;
  const file = new Uint8Array(8 + headerLength + offset).fill(0x20, 8, 8 + headerLength);
  new DataView(file.buffer).setBigUint64(0, BigInt(headerLength), true);
  file.set(text, 8);
  let position = 8 + headerLength;
  for (const { data } of tensors.values()) {
    file.set(new Uint8Array(data.buffer, data.byteOffset, data.byteLength), position);
    position += data.byteLength;
  }
  return file;
}
