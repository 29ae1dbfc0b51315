import { encode } from 'fast-png';
import type { GreyImages } from '../data/images.ts';

/** Each pixel of an image is this many pixels wide on the sheet. */
const SCALE = 2;
const GAP = 4;
/** A sheet of more images is too large to look at, and to open. */
export const MAX_ON_SHEET = 4096;

const PAPER = 255;
const GAP_GREY = 225;

/** Images side by side in a near-square sheet, ink dark on paper, as a grey PNG. */
export function contactSheet(images: GreyImages): Uint8Array {
  const { width, height } = images.grid;
  const columns = Math.ceil(Math.sqrt(images.count));
  const rows = Math.ceil(images.count / columns);
  const stepX = width * SCALE + GAP;
  const stepY = height * SCALE + GAP;
  const sheet = { width: columns * stepX + GAP, height: rows * stepY + GAP };
  const data = new Uint8Array(sheet.width * sheet.height).fill(GAP_GREY);
  for (let image = 0; image < images.count; image++) {
    const left = GAP + (image % columns) * stepX;
    const top = GAP + Math.floor(image / columns) * stepY;
    for (let y = 0; y < height * SCALE; y++) {
      const from = image * width * height + Math.floor(y / SCALE) * width;
      const to = (top + y) * sheet.width + left;
      for (let x = 0; x < width * SCALE; x++)
        data[to + x] = PAPER - images.pixels[from + Math.floor(x / SCALE)];
    }
  }
  return encode({ ...sheet, data, channels: 1, depth: 8 });
}
