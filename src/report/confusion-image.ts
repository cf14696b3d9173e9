import { encodePng } from '../png.ts';
import type { EventImage } from './tensorboard-event.ts';

/** Side of the picture of a small matrix, in pixels. */
const side = 320;
/** Colour of a full cell; an empty one is white. */
const full = [11, 98, 164] as const;

/** A confusion matrix as a picture: rows are true classes, the bluer a cell, the larger its share of the row. */
export function confusionImage(confusion: readonly (readonly number[])[]): EventImage {
  const count = Math.max(1, confusion.length);
  const cell = Math.max(2, Math.floor(side / count));
  const size = cell * count;
  const pixels = new Uint8Array(size * size * 3).fill(255);
  confusion.forEach((row, truth) => {
    const total = row.reduce((sum, clips) => sum + clips, 0);
    row.forEach((clips, predicted) => {
      const share = total === 0 ? 0 : clips / total;
      const color = full.map((channel) => Math.round(255 + share * (channel - 255)));
      for (let y = truth * cell; y < (truth + 1) * cell; y++) {
        for (let x = predicted * cell; x < (predicted + 1) * cell; x++) pixels.set(color, (y * size + x) * 3);
      }
    });
  });
  return { width: size, height: size, png: encodePng({ width: size, height: size, channels: 3, pixels }) };
}
