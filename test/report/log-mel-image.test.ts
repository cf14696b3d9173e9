import { inflateSync } from 'node:zlib';
import { logMelImage } from '../../src/report/log-mel-image.ts';

/** Width, height and red-green-blue pixels of a PNG with one IDAT chunk and unfiltered rows. */
function readPng(file: Buffer) {
  const width = file.readUInt32BE(16);
  const height = file.readUInt32BE(20);
  const rows = inflateSync(file.subarray(41, 41 + file.readUInt32BE(33)));
  const pixel = (x: number, y: number) => [...rows.subarray(y * (3 * width + 1) + 1 + 3 * x).subarray(0, 3)];
  return { width, height, pixel };
}

const dark = [68, 1, 84];
const bright = [253, 231, 37];

describe('logMelImage()', () => {
  test('shows time to the right and mel bins upwards, four pixels each, the greatest value bright', () => {
    const { width, height, pixel } = readPng(
      logMelImage({ frames: 3, bins: 2, values: Float32Array.of(0, 0, 0, 0, 0, 1) }),
    );
    expect([width, height]).toEqual([12, 8]);
    expect(pixel(8, 0)).toEqual(bright);
    expect(pixel(11, 3)).toEqual(bright);
    expect(pixel(7, 0)).toEqual(dark);
    expect(pixel(11, 4)).toEqual(dark);
  });

  test('keeps an hour to a width that viewers show, with no short event lost', () => {
    const frames = 360_000;
    const values = new Float32Array(frames);
    values[123_456] = 1;
    const { width, pixel } = readPng(logMelImage({ frames, bins: 1, values }));
    expect(width).toBeLessThanOrEqual(16_384);
    expect(width).toBeGreaterThan(8_000);
    expect(pixel(Math.floor(123_456 / Math.ceil(frames / 16_384)), 0)).toEqual(bright);
  });

  test('draws silence and a clip without frames', () => {
    expect(readPng(logMelImage({ frames: 2, bins: 1, values: Float32Array.of(5, 5) })).pixel(0, 0)).toEqual(dark);
    expect(readPng(logMelImage({ frames: 0, bins: 64, values: new Float32Array() })).width).toBe(4);
  });
});
