import type { WriteWords } from './image-frames.ts';
import { FONT } from './draw/paper.ts';

/** Words that are kept: a film has one line that stays, and one that changes with every frame. */
const KEPT = 4;

/** Writes words with the fonts of the browser; as small as they must be to fit. */
export function wordWriter(): WriteWords {
  const canvas = document.createElement('canvas');
  const kept = new Map<string, Uint8Array>();
  return (words, width, height) => {
    const key = `${width} ${height} ${words}`;
    const shades = kept.get(key) ?? written(canvas, words, width, height);
    // The one that was used longest ago makes room.
    kept.delete(key);
    kept.set(key, shades);
    const oldest = kept.keys().next();
    if (kept.size > KEPT && !oldest.done) kept.delete(oldest.value);
    return shades;
  };
}

function written(canvas: HTMLCanvasElement, words: string, width: number, height: number): Uint8Array {
  canvas.width = width;
  canvas.height = height;
  const context = canvas.getContext('2d', { willReadFrequently: true });
  if (!context) return new Uint8Array(width * height);
  context.font = `${Math.round(0.6 * height)}px ${FONT}`;
  context.textBaseline = 'middle';
  context.fillText(words, 8, height / 2, width - 16);
  const { data } = context.getImageData(0, 0, width, height);
  return Uint8Array.from({ length: width * height }, (_, i) => data[4 * i + 3]);
}
