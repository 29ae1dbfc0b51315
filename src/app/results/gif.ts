import { GIFEncoder } from 'gifenc';
import { yieldToEventLoop } from '../../data/slices.ts';
import type { Film } from './film.ts';

/** A block of a comment, or of data, holds at most so many bytes. */
const BLOCK = 255;
const TRAILER = 0x3b;

/**
 * A film as an animated GIF that repeats without end, each frame encoded in a task of its own. `onProgress` takes the share that is done, 0 to 1. Rejects with the reason
 * of the signal where that is aborted, and with what its frames throw.
 */
export async function encodeGif(
  film: Film,
  comment: string,
  signal: AbortSignal,
  onProgress: (done: number) => void,
): Promise<Uint8Array<ArrayBuffer>> {
  const { width, height, palette, count } = film;
  const gif = GIFEncoder();
  let frames = 0;
  for await (const { indices, ms } of film.frames(signal)) {
    // The frame was made in the task before.
    await yieldToEventLoop();
    signal.throwIfAborted();
    gif.writeFrame(indices, width, height, {
      ...(frames === 0 ? { palette: palette.map((colour) => [...colour]), repeat: 0 } : {}),
      delay: ms,
    });
    onProgress(Math.min(1, ++frames / count));
    await yieldToEventLoop();
  }
  signal.throwIfAborted();
  if (frames === 0) throw new Error('The film has no frames.');
  gif.finish();
  return withComment(gif.bytesView(), comment);
}

/** A GIF file with a comment before its end. */
function withComment(gif: Uint8Array, comment: string): Uint8Array<ArrayBuffer> {
  const text = new TextEncoder().encode(comment);
  const blocks: number[] = [0x21, 0xfe];
  for (let at = 0; at < text.length; at += BLOCK) {
    const block = text.subarray(at, at + BLOCK);
    blocks.push(block.length, ...block);
  }
  blocks.push(0, TRAILER);
  const all = new Uint8Array(gif.length - 1 + blocks.length);
  all.set(gif.subarray(0, gif.length - 1));
  all.set(blocks, gif.length - 1);
  return all;
}
