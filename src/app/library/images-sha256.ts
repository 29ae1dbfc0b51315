import { hex } from '../../data/hex.ts';
import { isGzip } from '../../data/is-gzip.ts';
import type { ImageSource } from '../../engine/api.ts';

/**
 * SHA-256 of a data set's images as an IDX file that is not packed, in hexadecimal digits; null where the browser offers no hashing (an origin
 * that is not secure), or the file cannot be unpacked.
 */
export async function sha256OfImages(source: ImageSource): Promise<string | null> {
  const subtle = (globalThis.crypto as Partial<Crypto>).subtle;
  if (!subtle) return null;
  try {
    return hex(new Uint8Array(await subtle.digest('SHA-256', await idxOf(source))));
  } catch {
    // A damaged file: reading its images says what is wrong.
    return null;
  }
}

async function idxOf(source: ImageSource): Promise<Uint8Array<ArrayBuffer>> {
  if (source.kind === 'grey') {
    const { writeIdxImages } = await import('../../data/idx.ts');
    return writeIdxImages(source.images);
  }
  if (!isGzip(source.images)) return source.images;
  const content = new Blob([source.images]).stream().pipeThrough(new DecompressionStream('gzip'));
  return new Uint8Array(await new Response(content).arrayBuffer());
}
