import { cleanText } from '../../data/clean-text.ts';
import { fail, ok, type Result } from '../../data/result.ts';
import { type Picture, SIDE } from './pictures.ts';

const MAX_BYTES = 64e6;
/** Half of them are held out. */
export const FEWEST_PIXELS = 256;

/** Width and height, at least 1 and at most SIDE each, of a picture whose proportions are kept. */
export function scaledSize(
  width: number,
  height: number,
): { readonly width: number; readonly height: number } {
  const scale = Math.min(1, SIDE / Math.max(width, height));
  return { width: Math.max(1, Math.round(width * scale)), height: Math.max(1, Math.round(height * scale)) };
}

/** Red, green and blue of opaque pixels, [n, 3], from [n, 4]. */
export function withoutAlpha(rgba: ArrayLike<number>): Uint8Array<ArrayBuffer> {
  return Uint8Array.from({ length: (rgba.length / 4) * 3 }, (_, i) => rgba[4 * Math.floor(i / 3) + (i % 3)]);
}

/** A visitor's picture, decoded by the browser and scaled down; it stays on the page. What is transparent becomes white. */
export async function readPicture(file: File): Promise<Result<Picture>> {
  const name = cleanText(file.name || 'The picture', 40);
  if (file.type !== '' && !file.type.startsWith('image/'))
    return fail(`${name} is no picture: choose a JPEG, PNG or WebP file`);
  if (file.size > MAX_BYTES)
    return fail(`${name} is larger than ${MAX_BYTES / 1e6} MB: save it smaller and try again`);
  let bitmap: ImageBitmap;
  try {
    bitmap = await createImageBitmap(file);
  } catch {
    return fail(`This browser cannot read ${name} as a picture: save it as JPEG or PNG and try again`);
  }
  try {
    return pixelsOf(bitmap, name);
  } finally {
    bitmap.close();
  }
}

function pixelsOf(bitmap: ImageBitmap, name: string): Result<Picture> {
  const { width, height } = scaledSize(bitmap.width, bitmap.height);
  if (width * height < FEWEST_PIXELS)
    return fail(`${name} has too few pixels: choose a picture of at least ${FEWEST_PIXELS} of them`);
  const canvas = Object.assign(document.createElement('canvas'), { width, height });
  const context = canvas.getContext('2d', { willReadFrequently: true });
  if (!context) return fail('This browser gives the page no canvas to scale the picture on');
  context.fillStyle = '#ffffff';
  context.fillRect(0, 0, width, height);
  context.imageSmoothingQuality = 'high';
  context.drawImage(bitmap, 0, 0, width, height);
  return ok({ name, width, height, rgb: withoutAlpha(context.getImageData(0, 0, width, height).data) });
}
