import { isPng, textOf } from '../../data/png-text.ts';

/** Under which the pictures of this app carry the link to their experiment. */
export const LINK_KEYWORD = 'Inkling-Link';
/** Of the element of an SVG picture that has it. */
export const LINK_ELEMENT = 'inkling-link';
/** Longer than any link that the page writes. */
const LONGEST = 16_384;
/** Of an SVG file: the link stands near its beginning. */
const SVG_HEAD = 65_536;
/** The rooms, with the characters of a URL. */
const HASH = /^#\/(?:play|lab|learn)(?:[/?][\w\-.~:/?@!$&'()*+,;=%]*)?$/;

/**
 * The link that a picture of this app carries, as the part of an address that begins with "#/"; null where it carries none. Whatever site the
 * link names, only its hash is taken: a picture opens no other page. What the hash says is clamped by those who read it, as any address is.
 */
export function linkInPicture(bytes: Uint8Array): string | null {
  const link = isPng(bytes) ? linkOfPng(bytes) : linkOfSvg(bytes);
  return link === null ? null : hashOf(link);
}

/** The hash of an address that opens a room of the app; null where it has none. */
export function hashOf(address: string): string | null {
  if (address.length > LONGEST) return null;
  const at = address.indexOf('#');
  const hash = at < 0 ? '' : address.slice(at);
  return HASH.test(hash) ? hash : null;
}

function linkOfPng(bytes: Uint8Array): string | null {
  const texts = textOf(bytes);
  return (texts.ok && texts.value.find(({ keyword }) => keyword === LINK_KEYWORD)?.text) || null;
}

function linkOfSvg(bytes: Uint8Array): string | null {
  if (bytes[0] !== 0x3c) return null;
  const head = new TextDecoder().decode(bytes.subarray(0, SVG_HEAD));
  const found = new RegExp(`<metadata id="${LINK_ELEMENT}">([^<]*)</metadata>`).exec(head)?.[1];
  return found === undefined ? null : found.replaceAll('&amp;', '&');
}
