import { maskedCrc32c } from './crc32c.ts';

/**
 * TensorBoard's event files, written by hand: TFRecord framing around `tensorflow.Event` messages (tensorflow/core/util/event.proto,
 * tensorflow/core/framework/summary.proto). Only the fields used here are known.
 */

function varint(value: number): Buffer {
  const bytes = [];
  let rest = BigInt(Math.trunc(value));
  while (rest > 0x7fn) {
    bytes.push(Number(rest & 0x7fn) | 0x80);
    rest >>= 7n;
  }
  bytes.push(Number(rest));
  return Buffer.from(bytes);
}

const wireVarint = 0;
const wireDouble = 1;
const wireBytes = 2;
const wireFloat = 5;

function key(field: number, wire: number): Buffer {
  return varint((field << 3) | wire);
}

function integerField(field: number, value: number): Buffer {
  return Buffer.concat([key(field, wireVarint), varint(value)]);
}

function bytesField(field: number, value: Uint8Array | string): Buffer {
  const bytes = Buffer.from(value);
  return Buffer.concat([key(field, wireBytes), varint(bytes.length), bytes]);
}

function floatField(field: number, value: number): Buffer {
  const bytes = Buffer.alloc(4);
  bytes.writeFloatLE(value);
  return Buffer.concat([key(field, wireFloat), bytes]);
}

function doubleField(field: number, value: number): Buffer {
  const bytes = Buffer.alloc(8);
  bytes.writeDoubleLE(value);
  return Buffer.concat([key(field, wireDouble), bytes]);
}

export interface EventImage {
  width: number;
  height: number;
  png: Uint8Array;
}

/** What a summary holds under one tag. */
export type SummaryValue = { tag: string; scalar: number } | { tag: string; image: EventImage };

const rgb = 3;

function summaryValue(value: SummaryValue): Buffer {
  const tag = bytesField(1, value.tag);
  if ('scalar' in value) return Buffer.concat([tag, floatField(2, value.scalar)]);
  const { width, height, png } = value.image;
  const image = [integerField(1, height), integerField(2, width), integerField(3, rgb), bytesField(4, png)];
  return Buffer.concat([tag, bytesField(4, Buffer.concat(image))]);
}

/** `Event` with a summary. `seconds` is Unix time. */
export function summaryEvent(seconds: number, step: number, values: readonly SummaryValue[]): Buffer {
  const summary = Buffer.concat(values.map((value) => bytesField(1, summaryValue(value))));
  return Buffer.concat([doubleField(1, seconds), integerField(2, step), bytesField(5, summary)]);
}

/** The first `Event` of a file. */
export function versionEvent(seconds: number): Buffer {
  return Buffer.concat([doubleField(1, seconds), bytesField(3, 'brain.Event:2')]);
}

const sessionStart = 1;

/** `Event` that says that training starts at `step`: readers drop what earlier files of the folder hold from that step on. */
export function startEvent(seconds: number, step: number): Buffer {
  return Buffer.concat([doubleField(1, seconds), integerField(2, step), bytesField(7, integerField(1, sessionStart))]);
}

/** One record of a TFRecord file: length, its checksum, data, their checksum. */
export function record(data: Uint8Array): Buffer {
  const framed = Buffer.alloc(data.length + 16);
  framed.writeBigUInt64LE(BigInt(data.length), 0);
  framed.writeUInt32LE(maskedCrc32c(framed.subarray(0, 8)), 8);
  framed.set(data, 12);
  framed.writeUInt32LE(maskedCrc32c(data), data.length + 12);
  return framed;
}
