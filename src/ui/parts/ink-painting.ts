import { type Rect, SIDE } from '../../app/pad/ink.ts';

/** Draws the part `dirty` of the ink, [SIDE, SIDE], as black of that opacity; the class `inked` turns it into the theme's. */
export function paintInk(canvas: HTMLCanvasElement, ink: Uint8Array, dirty: Rect): void {
  const context = canvas.getContext('2d');
  if (!context) return;
  const width = dirty.right - dirty.left;
  const height = dirty.bottom - dirty.top;
  const image = new ImageData(width, height);
  for (let y = 0; y < height; y++) {
    const row = (dirty.top + y) * SIDE + dirty.left;
    for (let x = 0; x < width; x++) image.data[4 * (y * width + x) + 3] = ink[row + x];
  }
  context.putImageData(image, dirty.left, dirty.top);
}
