import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { inflateSync } from 'node:zlib';
import { encodePng } from '../../src/png.ts';
import { crc32c } from '../../src/report/crc32c.ts';
import { createTensorBoardWriter } from '../../src/report/tensorboard.ts';
import { readEvents } from '../oracles/event-file.ts';
import { syntheticRun } from './synthetic-run.ts';

const run = syntheticRun({
  name: 'words',
  pooling: 'diffstride',
  seed: 0,
  tasks: [
    { name: 'words', dataset: 'words', classes: ['yes', 'no', 'up'], accuracy: 0.9 },
    { name: 'pitch', dataset: 'notes', classes: ['60', '61'], accuracy: 0.7 },
  ],
});

/** Width, height and pixels of an unfiltered RGB PNG. */
function decodePng(png: Buffer): { width: number; height: number; pixel(x: number, y: number): number[] } {
  const width = png.readUInt32BE(16);
  const height = png.readUInt32BE(20);
  const length = png.readUInt32BE(33);
  const rows = inflateSync(png.subarray(41, 41 + length));
  return {
    width,
    height,
    pixel: (x, y) => [...rows.subarray(y * (3 * width + 1) + 1 + 3 * x, y * (3 * width + 1) + 4 + 3 * x)],
  };
}

describe('crc32c()', () => {
  test.each([
    ['123456789', 0xe3069283],
    ['', 0],
  ])('of %p is the published check value', (text, expected) => {
    expect(crc32c(Buffer.from(text))).toBe(expected);
  });
  test('of 32 zero bytes is that of RFC 3720', () => {
    expect(crc32c(new Uint8Array(32))).toBe(0x8a9136aa);
  });
});

describe('event files', () => {
  const directory = mkdtempSync(path.join(tmpdir(), 'spectride-events-'));
  afterAll(() => rmSync(directory, { recursive: true }));
  const writer = createTensorBoardWriter(directory, 30);
  for (const line of run.metrics) writer.metrics(line);
  for (const result of run.result.evaluation) writer.evaluation(result, run.result.steps);
  const events = readEvents(readFileSync(writer.file));

  test('begin with their version and with the step from which they hold', () => {
    expect(events[0]?.version).toBe('brain.Event:2');
    expect(events[1]).toMatchObject({ started: true, step: 30 });
  });

  test('that only add scores of a run that has ended take nothing over', () => {
    const later = createTensorBoardWriter(path.join(directory, 'later'));
    for (const result of run.result.evaluation) later.evaluation(result, run.result.steps);
    const added = readEvents(readFileSync(later.file));
    expect(added.some(({ started }) => started)).toBe(false);
    expect(added.at(-1)?.step).toBe(run.result.steps);
  });

  test('have a name that TensorBoard looks for', () => {
    expect(path.basename(writer.file)).toMatch(/^events\.out\.tfevents\.\d{10}\./);
  });

  test('hold every scalar of every line at its step', () => {
    const lines = events.slice(2, -1);
    expect(lines.map((event) => event.step)).toEqual(run.metrics.map((line) => line.step));
    lines.forEach((event, index) => {
      const line = run.metrics[index];
      expect(event.scalars['loss/train']).toBeCloseTo(line?.loss ?? Number.NaN, 5);
      expect(event.scalars['loss/train pitch']).toBeCloseTo(line?.losses.pitch ?? Number.NaN, 5);
      expect(event.scalars['strides/blocks.1.time']).toBeCloseTo(line?.strides['blocks.1.time'] ?? Number.NaN, 5);
      expect('accuracy/validation words' in event.scalars).toBe(line?.validation !== undefined);
    });
  });

  test('hold a picture of every confusion matrix, bluest where most clips are', () => {
    const image = events.at(-1)?.images['confusion test/words'];
    const png = decodePng(image?.png ?? Buffer.alloc(0));
    expect([png.width, png.height]).toEqual([image?.width, image?.height]);
    const cell = png.width / 3;
    const at = (truth: number, predicted: number) =>
      png.pixel(Math.floor((predicted + 0.5) * cell), Math.floor((truth + 0.5) * cell));
    expect(at(0, 2)).toEqual([255, 255, 255]);
    expect(at(1, 1)[0]).toBeLessThan(at(1, 2)[0] ?? 0);
  });
});

test('encodePng() refuses pixels that do not fill the picture', () => {
  expect(() => encodePng({ width: 2, height: 2, channels: 1, pixels: new Uint8Array(3) })).toThrow('expected 4 bytes');
});
