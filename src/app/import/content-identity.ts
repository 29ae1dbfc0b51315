import type { GreyImages } from '../../data/images.ts';
import { yieldToEventLoop } from '../../data/slices.ts';

/** Bytes that are digested together: the browser copies them first. */
const PIECE_BYTES = 2 ** 22;

/**
 * Identity of images with their labels: SHA-256, in hexadecimal digits, of the SHA-256 of each piece of 4 MiB of the size ("28x28"), the pixels, [count, n], and
 * the labels, [count]. Equal contents have it in common, whatever they are called and wherever they come from. Null where the page may not
 * use cryptography, as without https.
 */
export async function contentIdentity(images: GreyImages, signal: AbortSignal): Promise<string | null> {
  // Missing outside of secure contexts.
  const subtle = (globalThis.crypto as Partial<Crypto> | undefined)?.subtle;
  if (!subtle) return null;
  const { width, height } = images.grid;
  const parts = [
    new TextEncoder().encode(`${width}x${height}`),
    images.pixels,
    images.labels ?? new Uint8Array(0),
  ];
  const digests: number[] = [];
  for (const part of parts) {
    for (let at = 0; at === 0 || at < part.length; at += PIECE_BYTES) {
      const digest = await subtle.digest('SHA-256', part.subarray(at, at + PIECE_BYTES));
      digests.push(...new Uint8Array(digest));
      await yieldToEventLoop();
      signal.throwIfAborted();
    }
  }
  return hex(new Uint8Array(await subtle.digest('SHA-256', Uint8Array.from(digests))));
}

function hex(bytes: Uint8Array): string {
  return Array.from(bytes, (byte) => byte.toString(16).padStart(2, '0')).join('');
}
