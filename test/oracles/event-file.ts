/**
 * A reader of TensorBoard event files that shares nothing with the writer: CRC-32C bit by bit, and a protobuf reader that
 * knows wire types only.
 */

function crcBitByBit(bytes: Uint8Array): number {
  let register = 0xffffffffn;
  for (const byte of bytes) {
    for (let bit = 0; bit < 8; bit++) {
      const mix = (register ^ (BigInt(byte) >> BigInt(bit))) & 1n;
      register >>= 1n;
      if (mix === 1n) register ^= 0x82f63b78n;
    }
  }
  return Number(register ^ 0xffffffffn);
}

/** TensorFlow's unmasking: the inverse of ((crc >> 15 | crc << 17) + 0xa282ead8). */
function unmask(masked: number): number {
  const rotated = BigInt.asUintN(32, BigInt(masked) - 0xa282ead8n);
  return Number(BigInt.asUintN(32, (rotated >> 17n) | (rotated << 15n)));
}

export function readRecords(file: Buffer): Buffer[] {
  const records = [];
  let offset = 0;
  while (offset < file.length) {
    const length = Number(file.readBigUInt64LE(offset));
    if (unmask(file.readUInt32LE(offset + 8)) !== crcBitByBit(file.subarray(offset, offset + 8))) {
      throw new Error(`length checksum at ${offset}`);
    }
    const data = file.subarray(offset + 12, offset + 12 + length);
    if (unmask(file.readUInt32LE(offset + 12 + length)) !== crcBitByBit(data))
      throw new Error(`data checksum at ${offset}`);
    records.push(data);
    offset += length + 16;
  }
  return records;
}

type Field = { number: number; value: number | Buffer };

export function readMessage(bytes: Buffer): Field[] {
  const fields: Field[] = [];
  let offset = 0;
  const varint = () => {
    let value = 0n;
    for (let shift = 0n; ; shift += 7n) {
      const byte = bytes.readUInt8(offset++);
      value |= BigInt(byte & 0x7f) << shift;
      if (byte < 0x80) return Number(value);
    }
  };
  while (offset < bytes.length) {
    const tag = varint();
    const number = tag >> 3;
    const wire = tag & 7;
    if (wire === 0) fields.push({ number, value: varint() });
    else if (wire === 1) {
      fields.push({ number, value: bytes.readDoubleLE(offset) });
      offset += 8;
    } else if (wire === 2) {
      const length = varint();
      fields.push({ number, value: bytes.subarray(offset, offset + length) });
      offset += length;
    } else if (wire === 5) {
      fields.push({ number, value: bytes.readFloatLE(offset) });
      offset += 4;
    } else throw new Error(`wire type ${wire}`);
  }
  return fields;
}

function field(fields: readonly Field[], number: number): number | Buffer | undefined {
  return fields.find((entry) => entry.number === number)?.value;
}

const asBuffer = (value: number | Buffer | undefined) => (Buffer.isBuffer(value) ? value : Buffer.alloc(0));

export interface ReadEvent {
  step: number;
  version: string | undefined;
  started: boolean;
  scalars: Record<string, number>;
  images: Record<string, { width: number; height: number; png: Buffer }>;
}

export function readEvents(file: Buffer): ReadEvent[] {
  return readRecords(file).map((data) => {
    const event = readMessage(data);
    const scalars: ReadEvent['scalars'] = {};
    const images: ReadEvent['images'] = {};
    for (const entry of readMessage(asBuffer(field(event, 5)))) {
      const value = readMessage(asBuffer(entry.value));
      const tag = asBuffer(field(value, 1)).toString();
      const scalar = field(value, 2);
      const image = field(value, 4);
      if (typeof scalar === 'number') scalars[tag] = scalar;
      if (Buffer.isBuffer(image)) {
        const parts = readMessage(image);
        images[tag] = {
          height: Number(field(parts, 1)),
          width: Number(field(parts, 2)),
          png: asBuffer(field(parts, 4)),
        };
      }
    }
    const version = field(event, 3);
    return {
      step: Number(field(event, 2) ?? 0),
      version: Buffer.isBuffer(version) ? version.toString() : undefined,
      started: field(event, 7) !== undefined,
      scalars,
      images,
    };
  });
}
