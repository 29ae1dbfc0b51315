import { crc32 } from './crc32.ts';
import { fail, ok, type Result } from './result.ts';

/** A text in a PNG file. */
export interface PngText {
  /** 1 to 79 printable characters of Latin-1 without a space at either end. */
  readonly keyword: string;
  readonly text: string;
}

const SIGNATURE = [0x89, 0x50, 0x4e, 0x47, 0x0d, 0x0a, 0x1a, 0x0a] as const;
/** Length, type and checksum of a chunk. */
const FRAME = 12;
/** The signature and IHDR, which is the first chunk and has 13 bytes. */
const HEAD = SIGNATURE.length + FRAME + 13;
/** More chunks than an encoder has a reason to write. */
const MAX_CHUNKS = 100_000;
const MAX_TEXTS = 64;
/** Of one text chunk, in bytes. */
const MAX_TEXT_BYTES = 2 ** 16;
const KEYWORD = /^[!-~\u00a1-\u00ff](?:[ -~\u00a1-\u00ff]{0,77}[!-~\u00a1-\u00ff])?$/;

interface Chunk {
  readonly type: string;
  /** Of its length field. */
  readonly start: number;
  readonly data: Uint8Array;
  /** Behind its checksum. */
  readonly end: number;
}

/** Whether the bytes begin as a PNG file does. */
export function isPng(bytes: Uint8Array): boolean {
  return SIGNATURE.every((byte, i) => bytes[i] === byte);
}

/**
 * The PNG file with these texts behind its header, as iTXt chunks in UTF-8; texts that it has under the same keywords are left out. The picture
 * itself stays byte for byte. Fails for what is no PNG file, a keyword that none can have, and a text of more than 64 KiB.
 */
export function withText(png: Uint8Array, entries: readonly PngText[]): Result<Uint8Array<ArrayBuffer>> {
  const chunks = chunksOf(png);
  if (!chunks.ok) return chunks;
  const texts: Uint8Array[] = [];
  for (const { keyword, text } of entries) {
    if (!KEYWORD.test(keyword)) return fail('keyword: not 1 to 79 printable characters of Latin-1');
    const content = new TextEncoder().encode(text);
    // Behind the keyword: its end, no compression, and neither a language nor a translated keyword.
    const head = Uint8Array.of(...latin1Bytes(keyword), 0, 0, 0, 0, 0);
    if (head.length + content.length > MAX_TEXT_BYTES) return fail(`${keyword}: longer than 64 KiB`);
    texts.push(framed('iTXt', joined([head, content])));
  }
  const replaced = new Set(entries.map(({ keyword }) => keyword));
  const kept = chunks.value
    .slice(1)
    .filter(({ type, data }) => !isText(type) || !replaced.has(keywordOf(data) ?? ''))
    .map(({ start, end }) => png.subarray(start, end));
  return ok(joined([png.subarray(0, HEAD), ...texts, ...kept]));
}

/**
 * The texts of a PNG file in their order: iTXt and tEXt. Compressed ones are passed over, so that no small file asks for much memory; so are
 * those of more than 64 KiB, and damaged ones, whose checksum is wrong. Fails for what is no PNG file, and for one with more than 64 texts.
 */
export function textOf(png: Uint8Array): Result<readonly PngText[]> {
  const chunks = chunksOf(png);
  if (!chunks.ok) return chunks;
  const texts: PngText[] = [];
  for (const { type, start, data, end } of chunks.value) {
    if ((type !== 'iTXt' && type !== 'tEXt') || data.length > MAX_TEXT_BYTES) continue;
    if (texts.length === MAX_TEXTS) return fail(`${type}: more than ${MAX_TEXTS} texts`);
    if (crc32(png.subarray(start + 4, end - 4)) !== numberAt(png, end - 4)) continue;
    const keyword = keywordOf(data);
    if (keyword === null) continue;
    const rest = data.subarray(keyword.length + 1);
    const text = type === 'tEXt' ? latin1(rest) : internationalText(rest);
    if (text !== null) texts.push({ keyword, text });
  }
  return ok(texts);
}

/** From the compression flag of an iTXt chunk on; null where it is compressed or damaged. */
function internationalText(rest: Uint8Array): string | null {
  if (rest[0] !== 0) return null;
  const language = rest.indexOf(0, 2);
  const translated = language < 0 ? -1 : rest.indexOf(0, language + 1);
  if (translated < 0) return null;
  try {
    return new TextDecoder('utf-8', { fatal: true, ignoreBOM: true }).decode(rest.subarray(translated + 1));
  } catch {
    // Not UTF-8.
    return null;
  }
}

/** All chunks up to IEND, which must be there; the first is IHDR. What follows IEND is no part of the picture. */
function chunksOf(png: Uint8Array): Result<readonly Chunk[]> {
  if (!isPng(png)) return fail('signature: not a PNG file');
  const chunks: Chunk[] = [];
  for (let start: number = SIGNATURE.length; start + FRAME <= png.length && chunks.length < MAX_CHUNKS;) {
    const length = numberAt(png, start);
    const type = latin1(png.subarray(start + 4, start + 8));
    const end = start + FRAME + length;
    if (!/^[A-Za-z]{4}$/.test(type)) return fail(`chunk ${chunks.length + 1}: its type is no four letters`);
    if (end > png.length) return fail(`${type}: announces ${length} bytes, more than the file holds`);
    if (chunks.length === 0 && (type !== 'IHDR' || length !== 13))
      return fail('IHDR: missing, or not of 13 bytes');
    chunks.push({ type, start, data: png.subarray(start + 8, end - 4), end });
    if (type === 'IEND') return ok(chunks);
    start = end;
  }
  return fail(chunks.length < MAX_CHUNKS ? 'IEND: missing' : `chunks: more than ${MAX_CHUNKS}`);
}

function isText(type: string): boolean {
  return type === 'iTXt' || type === 'tEXt' || type === 'zTXt';
}

/** Null where a chunk of text has none. */
function keywordOf(data: Uint8Array): string | null {
  const end = data.subarray(0, 80).indexOf(0);
  const keyword = end < 1 ? '' : latin1(data.subarray(0, end));
  return KEYWORD.test(keyword) ? keyword : null;
}

function framed(type: string, data: Uint8Array): Uint8Array {
  const chunk = new Uint8Array(FRAME + data.length);
  const view = new DataView(chunk.buffer);
  view.setUint32(0, data.length);
  chunk.set(latin1Bytes(type), 4);
  chunk.set(data, 8);
  view.setUint32(8 + data.length, crc32(chunk.subarray(4, 8 + data.length)));
  return chunk;
}

/** The u32 in network order. */
function numberAt(bytes: Uint8Array, at: number): number {
  return ((bytes[at] << 24) | (bytes[at + 1] << 16) | (bytes[at + 2] << 8) | bytes[at + 3]) >>> 0;
}

function latin1(bytes: Uint8Array): string {
  let text = '';
  for (let at = 0; at < bytes.length; at += 4096)
    text += String.fromCharCode(...bytes.subarray(at, at + 4096));
  return text;
}

function latin1Bytes(text: string): number[] {
  return Array.from(text, (character) => character.charCodeAt(0));
}

function joined(parts: readonly Uint8Array[]): Uint8Array<ArrayBuffer> {
  const all = new Uint8Array(parts.reduce((sum, { length }) => sum + length, 0));
  let at = 0;
  for (const part of parts) {
    all.set(part, at);
    at += part.length;
  }
  return all;
}
