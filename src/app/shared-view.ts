import { type Grid, pixelCount } from '../data/images.ts';
import { type LinkedMask, PRESETS } from './masking/presets.ts';
import { LinkReader } from './link-reader.ts';

/** What a copied link carries beside the experiment: [n], 1 where the drawing has ink, and which pixels are hidden. Null: nothing. */
export interface SharedView {
  readonly drawing: Uint8Array | null;
  readonly mask: LinkedMask;
  /** Names of the parameters that could not be read; what they stood for is null. */
  readonly damaged: readonly string[];
}

/** Reads `drawing` and `mask` of a link whose models read `grid`. */
export function parseSharedView(query: string, grid: Grid): SharedView {
  return readSharedView(new LinkReader(query), grid);
}

export function readSharedView(link: LinkReader, grid: Grid): SharedView {
  const damaged: string[] = [];
  const bits = (name: string): Uint8Array<ArrayBuffer> | null => {
    const text = link.text(name);
    if (text === null) return null;
    const read = bitsOfText(text, pixelCount(grid));
    if (!read) damaged.push(name);
    return read;
  };
  const drawing = bits('drawing');
  const preset = PRESETS.find(({ id }) => id === link.text('mask'));
  return { drawing, mask: preset?.id ?? bits('mask'), damaged };
}

/** The parameters that `parseSharedView` reads back, to be appended to those of the experiment. */
export function formatSharedView({ drawing, mask }: Pick<SharedView, 'drawing' | 'mask'>): string {
  const query = new URLSearchParams();
  if (drawing) query.set('drawing', textOfBits(drawing));
  if (mask !== null) query.set('mask', typeof mask === 'string' ? mask : textOfBits(mask));
  return query.toString();
}

/** Bits as base64 of a link (RFC 4648, section 5, without padding), the first one in the highest bit of the first byte: 131 characters for 28 x 28. */
export function textOfBits(bits: ArrayLike<number>): string {
  const bytes = new Uint8Array(Math.ceil(bits.length / 8));
  for (let i = 0; i < bits.length; i++) if (bits[i]) bytes[i >> 3] |= 0x80 >> (i & 7);
  return btoa(String.fromCharCode(...bytes))
    .replaceAll('+', '-')
    .replaceAll('/', '_')
    .replaceAll('=', '');
}

/** The first `count` bits of such a text, 0 or 1; null where it is not one of exactly that many bits. */
export function bitsOfText(text: string, count: number): Uint8Array<ArrayBuffer> | null {
  const bytes = Math.ceil(count / 8);
  if (!/^[\w-]*$/.test(text) || text.length !== Math.ceil((bytes * 4) / 3)) return null;
  const binary = atob(text.replaceAll('-', '+').replaceAll('_', '/'));
  const bits = Uint8Array.from(
    { length: 8 * bytes },
    (_, i) => (binary.charCodeAt(i >> 3) >> (7 - (i & 7))) & 1,
  );
  return bits.subarray(count).includes(1) ? null : bits.slice(0, count);
}
