import type { WriteWords } from './image-frames.ts';
import { FONT } from './draw/paper.ts';

/** Writes words with the fonts of the browser; as small as they must be to fit. */
export function wordWriter(): WriteWords {
  const canvas = document.createElement('canvas');
  let before = { words: '', shades: new Uint8Array(0) };
  return (words, width, height) => {
    if (words === before.words && before.shades.length === width * height) return before.shades;
    canvas.width = width;
    canvas.height = height;
    const context = canvas.getContext('2d', { willReadFrequently: true });
    if (!context) return new Uint8Array(width * height);
    context.font = `${Math.round(0.6 * height)}px ${FONT}`;
    context.textBaseline = 'middle';
    context.fillText(words, 8, height / 2, width - 16);
    const { data } = context.getImageData(0, 0, width, height);
    const shades = Uint8Array.from({ length: width * height }, (_, i) => data[4 * i + 3]);
    before = { words, shades };
    return shades;
  };
}
