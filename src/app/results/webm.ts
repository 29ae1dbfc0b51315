import type { Film } from './film.ts';

const TYPES = ['video/webm;codecs=vp9', 'video/webm;codecs=vp8', 'video/webm'] as const;
/** A video has sharp edges of pixels only at a high rate, in bits a second. */
const BITS_A_SECOND = 12_000_000;

/** The kind of WebM that this browser records; null where it records none. */
export function webmType(): string | null {
  if (typeof MediaRecorder === 'undefined' || !('captureStream' in HTMLCanvasElement.prototype)) return null;
  return TYPES.find((type) => MediaRecorder.isTypeSupported(type)) ?? null;
}

/**
 * A film as WebM, recorded while it plays: it takes as long as it lasts. `onProgress` takes the share that is done, 0 to 1. Rejects with the reason of
 * the signal where that is aborted, with what its frames throw, and where the browser cannot record.
 */
export async function encodeWebm(
  film: Film,
  signal: AbortSignal,
  onProgress: (done: number) => void,
): Promise<Uint8Array<ArrayBuffer>> {
  const type = webmType();
  const canvas = document.createElement('canvas');
  canvas.width = film.width;
  canvas.height = film.height;
  const context = canvas.getContext('2d');
  if (type === null || !context) throw new Error('This browser records no WebM: choose GIF.');
  const stream = canvas.captureStream();
  const recorder = new MediaRecorder(stream, { mimeType: type, videoBitsPerSecond: BITS_A_SECOND });
  const parts: Blob[] = [];
  recorder.ondataavailable = ({ data }) => parts.push(data);
  const ended = new Promise<void>((resolve, reject) => {
    recorder.onstop = () => resolve();
    recorder.onerror = () => reject(new Error('The browser could not record the film.'));
  });
  // A failure while frames are made is thrown below.
  ended.catch(() => undefined);
  const image = context.createImageData(film.width, film.height);
  const colours = Uint32Array.from(
    film.palette,
    ([red, green, blue]) => red | (green << 8) | (blue << 16) | (255 << 24),
  );
  const dots = new Uint32Array(image.data.buffer);
  let frames = 0;
  try {
    for await (const { indices, ms } of film.frames(signal)) {
      for (let i = 0; i < indices.length; i++) dots[i] = colours[indices[i]];
      context.putImageData(image, 0, 0);
      if (frames === 0) recorder.start();
      onProgress(Math.min(1, ++frames / film.count));
      await shownFor(ms, signal);
    }
    if (frames === 0) throw new Error('The film has no frames.');
  } finally {
    if (recorder.state !== 'inactive') recorder.stop();
    for (const track of stream.getTracks()) track.stop();
  }
  await ended;
  signal.throwIfAborted();
  return new Uint8Array(await new Blob(parts).arrayBuffer());
}

function shownFor(ms: number, signal: AbortSignal): Promise<void> {
  return new Promise((resolve, reject) => {
    const end = () => {
      clearTimeout(timer);
      signal.removeEventListener('abort', stop);
    };
    const stop = () => {
      end();
      reject(signal.reason as Error);
    };
    const timer = setTimeout(() => {
      end();
      resolve();
    }, ms);
    signal.addEventListener('abort', stop);
  });
}
