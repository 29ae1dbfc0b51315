import { crc32 } from '../../data/crc32.ts';
import { forEachSlice } from '../../data/slices.ts';
import type { ImageSource } from '../../engine/api.ts';
import { hex } from '../recipes/fingerprint.ts';

const PIECE = 1 << 18;
const TARGET_MS = 8;

/** CRC-32 of a data set's images and labels as they are stored, eight hexadecimal digits, in slices. */
export async function contentOf(source: ImageSource): Promise<string> {
  let crc = 0;
  for (const bytes of filesOf(source)) {
    if (!bytes) continue;
    const work = (first: number, count: number) => {
      crc = crc32(bytes.subarray(first * PIECE, (first + count) * PIECE), crc);
    };
    await forEachSlice(Math.ceil(bytes.length / PIECE), { targetMs: TARGET_MS, size: 1, work });
  }
  return hex(crc);
}

function filesOf(source: ImageSource): readonly (Uint8Array | null)[] {
  if (source.kind === 'idx') return [source.images, source.labels];
  return [source.images.pixels, source.images.labels];
}
