import type { LogMel } from '../features/index.ts';
import { encodePng } from '../png.ts';
import { colorOf } from './color-map.ts';

/** Pixels a frame and a mel bin of a short clip. */
const frameWidth = 4;
const binHeight = 4;
/** Widest picture, which viewers still show; longer recordings get several frames a column. */
const widest = 16_384;

/**
 * A log-mel spectrogram as a PNG: time to the right, mel bins upwards, from the least value (dark) to the greatest (bright). A frame is 4
 * pixels wide; from 4,096 frames on fewer, and from 16,384 on a column is the greatest value of equally many frames.
 */
export function logMelImage({ frames, bins, values }: LogMel): Buffer {
  const pixelsPerFrame = Math.max(1, Math.min(frameWidth, Math.floor(widest / Math.max(1, frames))));
  const framesPerColumn = Math.max(1, Math.ceil(frames / widest));
  const columns = Math.max(1, Math.ceil(frames / framesPerColumn));
  const width = columns * pixelsPerFrame;
  const stride = width * 3;
  const low = values.reduce((a, b) => Math.min(a, b), Number.POSITIVE_INFINITY);
  const high = values.reduce((a, b) => Math.max(a, b), Number.NEGATIVE_INFINITY);
  const pixels = new Uint8Array(stride * bins * binHeight);
  for (let bin = 0; bin < bins; bin++) {
    const top = (bins - 1 - bin) * binHeight;
    for (let column = 0; column < columns; column++) {
      let value = low;
      const end = Math.min(frames, (column + 1) * framesPerColumn);
      for (let frame = column * framesPerColumn; frame < end; frame++) {
        value = Math.max(value, values[frame * bins + bin] as number);
      }
      const color = colorOf('sequential', high > low ? (value - low) / (high - low) : 0);
      for (let x = 0; x < pixelsPerFrame; x++) pixels.set(color, top * stride + 3 * (column * pixelsPerFrame + x));
    }
    for (let y = 1; y < binHeight; y++) {
      pixels.copyWithin((top + y) * stride, top * stride, (top + 1) * stride);
    }
  }
  return encodePng({ width, height: bins * binHeight, channels: 3, pixels });
}
