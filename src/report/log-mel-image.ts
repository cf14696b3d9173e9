import type { LogMel } from '../features/index.ts';
import { encodePng } from '../png.ts';
import { colorOf } from './color-map.ts';

/** Pixels a frame and a mel bin. */
const frameWidth = 4;
const binHeight = 4;

/** A log-mel spectrogram as a PNG: time to the right, mel bins upwards, from the least value (dark) to the greatest (bright). */
export function logMelImage({ frames, bins, values }: LogMel): Buffer {
  const width = Math.max(1, frames) * frameWidth;
  const height = bins * binHeight;
  const low = values.reduce((a, b) => Math.min(a, b), Number.POSITIVE_INFINITY);
  const high = values.reduce((a, b) => Math.max(a, b), Number.NEGATIVE_INFINITY);
  const pixels = new Uint8Array(width * height * 3);
  for (let y = 0; y < height; y++) {
    const bin = bins - 1 - Math.floor(y / binHeight);
    for (let x = 0; x < width; x++) {
      const value = values[Math.floor(x / frameWidth) * bins + bin] ?? low;
      pixels.set(colorOf('sequential', (value - low) / Math.max(high - low, Number.MIN_VALUE)), 3 * (y * width + x));
    }
  }
  return encodePng({ width, height, channels: 3, pixels });
}
