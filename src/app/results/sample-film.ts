import { type Grid, pixelCount, unpackImage } from '../../data/images.ts';
import type { Engine, SampleFrame } from '../../engine/api.ts';
import type { SampleRequest } from '../../models/sampling.ts';
import type { Film, FilmFrame } from './film.ts';
import {
  IMAGE_PALETTE,
  ImageFrames,
  INK,
  NEXT,
  PAPER_PIXEL,
  UNDECIDED,
  type WriteWords,
} from './image-frames.ts';
import { wordWriter } from './write-words.ts';

/** Frames from the first pixel to the last, and how long they are shown, in milliseconds. */
const FRAMES = 56;
const FRAME_MS = 90;
const LAST_MS = 2500;

export interface Filmed {
  readonly title: string;
  readonly note: string;
  readonly grid: Grid;
  /** Place of every pixel in the order in which they are decided; null where every image has its own. */
  readonly places: Uint32Array | null;
  readonly request: SampleRequest;
  /** Images in a row. */
  readonly columns: number;
}

type Sampling = Pick<Engine, 'openSampler' | 'advanceSampler' | 'closeSampler'>;

/** The images of a request being drawn, pixel by pixel, by the model that is loaded as `model`: the same images as those of the page. */
export function samplesFilm(
  engine: Sampling,
  model: string,
  { title, note, grid, places, request, columns }: Filmed,
  write: WriteWords = wordWriter(),
): Film {
  const n = pixelCount(grid);
  const frames = new ImageFrames(grid, request.indices.length, columns, write);
  const steps = Math.min(n, FRAMES);
  const { width, height } = frames;
  async function* drawn(signal: AbortSignal): AsyncGenerator<FilmFrame> {
    for await (const frame of drawing(engine, model, request, Math.ceil(n / steps), signal)) {
      const shown = pixelsOf(frame, places);
      const ended = frame.position === n;
      const below = ended ? note : `${frame.position} of ${n} pixels`;
      yield { indices: frames.frame(shown, title, below), ms: ended ? LAST_MS : FRAME_MS };
    }
  }
  const count = Math.ceil(n / Math.ceil(n / steps)) + 1;
  return { width, height, palette: IMAGE_PALETTE, count, description: `${title}. ${note}`, frames: drawn };
}

let serial = 0;

/** The states of a sampler that advances by `step` pixels, the first and the last included. It is closed in any case. */
export async function* drawing(
  engine: Sampling,
  model: string,
  request: SampleRequest,
  step: number,
  signal: AbortSignal,
): AsyncGenerator<SampleFrame> {
  const name = `film ${++serial}`;
  try {
    const opened = await engine.openSampler(name, model, request);
    if (!opened.ok) throw new Error(opened.reason);
    let frame = opened.value;
    const n = pixelCount(frame.images.grid);
    yield frame;
    while (frame.position < n) {
      signal.throwIfAborted();
      const advanced = await engine.advanceSampler(name, step);
      if (!advanced.ok) throw new Error(advanced.reason);
      frame = advanced.value;
      yield frame;
    }
  } finally {
    await closeQuietly(engine, name);
  }
}

async function closeQuietly(engine: Sampling, name: string): Promise<void> {
  try {
    await engine.closeSampler(name);
  } catch {
    // An engine that has ended has no open samplers.
  }
}

/** Numbers of the colours of every image's pixels: decided ones as ink or paper, the next one marked. */
function pixelsOf({ images, position }: SampleFrame, places: Uint32Array | null): Uint8Array[] {
  const n = pixelCount(images.grid);
  return Array.from({ length: images.count }, (_, at) =>
    unpackImage(images, at).map((bit, pixel) => {
      // Where every image has its own order, only pixels with ink are known to be decided before the end.
      const place = places?.[pixel] ?? (bit || position === n ? 0 : n);
      if (position > 0 && place < position) return bit ? INK : PAPER_PIXEL;
      return place === position ? NEXT : UNDECIDED;
    }),
  );
}
