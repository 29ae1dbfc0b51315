import { cleanText } from '../../data/clean-text.ts';
import { type Picture, SIDE } from './pictures.ts';

export const MAX_BYTES = 64e6;
/** Half of them are held out. */
export const FEWEST_PIXELS = 256;

/** A visitor's picture with the name of its file, which may be empty. */
export interface OwnPicture extends Picture {
  readonly name: string;
}

/** Why a file is not taken: a name that the chapter's labels have. */
export interface Refusal {
  readonly refused: 'other-kind' | 'too-large' | 'unreadable' | 'too-small' | 'no-canvas';
  readonly name: string;
}

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
export async function readPicture(file: File): Promise<OwnPicture | Refusal> {
  const name = cleanText(file.name, 40);
  if (file.type !== '' && !file.type.startsWith('image/')) return { refused: 'other-kind', name };
  if (file.size > MAX_BYTES) return { refused: 'too-large', name };
  let bitmap: ImageBitmap;
  try {
    bitmap = await createImageBitmap(file);
  } catch {
    return { refused: 'unreadable', name };
  }
  try {
    return pixelsOf(bitmap, name);
  } finally {
    bitmap.close();
  }
}

function pixelsOf(bitmap: ImageBitmap, name: string): OwnPicture | Refusal {
  const { width, height } = scaledSize(bitmap.width, bitmap.height);
  if (width * height < FEWEST_PIXELS) return { refused: 'too-small', name };
  const canvas = Object.assign(document.createElement('canvas'), { width, height });
  const context = canvas.getContext('2d', { willReadFrequently: true });
  if (!context) return { refused: 'no-canvas', name };
  context.fillStyle = '#ffffff';
  context.fillRect(0, 0, width, height);
  context.imageSmoothingQuality = 'high';
  context.drawImage(bitmap, 0, 0, width, height);
  return { name, width, height, rgb: withoutAlpha(context.getImageData(0, 0, width, height).data) };
}
