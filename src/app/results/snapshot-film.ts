import { type Grid, pixelCount, unpackImage } from '../../data/images.ts';
import { indexRange } from '../../data/rng.ts';
import type { Result } from '../../data/result.ts';
import type { Engine, SampleFrame } from '../../engine/api.ts';
import type { ModelRecord } from '../../store/records.ts';
import { capital, fixed, MINUS_LOG_P } from '../format.ts';
import { unloadQuietly } from '../while-loaded.ts';
import type { Film, FilmFrame } from './film.ts';
import { IMAGE_PALETTE, ImageFrames, type WriteWords } from './image-frames.ts';
import { drawing } from './sample-film.ts';
import { wordWriter } from './write-words.ts';

/** Images of every frame: the same random numbers draw them all along the run. */
const IMAGES = 12;
const SEED = 1;
const FRAME_MS = 900;
const LAST_MS = 3000;

interface Stop {
  readonly step: number;
  /** Mean −log p of held-back images; null where it is not known. */
  readonly nats: number | null;
  /** "after 120 of 3,200 steps". */
  readonly place: string;
}

interface FilmedRun {
  readonly runId: string;
  readonly grid: Grid;
  readonly title: string;
  readonly stops: readonly Stop[];
  /** What the run ended with; null while it goes on. */
  readonly trained: ModelRecord | null;
}

/** What a model draws along its run: one frame for each of its snapshots, and one for the model that it ended with. */
export function snapshotsFilm(
  engine: Engine,
  { runId, grid, title, stops, trained }: FilmedRun,
  write: WriteWords = wordWriter(),
): Film {
  const name = `film of ${runId}`;
  const frames = new ImageFrames(grid, IMAGES, 4, write);
  const loads = [
    ...stops.map(({ step, nats, place }) => ({
      load: () => engine.loadSnapshot(name, runId, step),
      words: wordsOf(place, nats),
    })),
    ...(trained
      ? [
          {
            load: () => engine.load(name, modelOf(trained)),
            words: wordsOf('trained', trained.validation?.nats ?? null),
          },
        ]
      : []),
  ];
  async function* shown(signal: AbortSignal): AsyncGenerator<FilmFrame> {
    try {
      for (const [at, { load, words }] of loads.entries()) {
        signal.throwIfAborted();
        const last = await lastFrame(engine, name, load, signal);
        const images = Array.from({ length: IMAGES }, (_, i) => unpackImage(last.images, i));
        yield {
          indices: frames.frame(images, title, words),
          ms: at === loads.length - 1 ? LAST_MS : FRAME_MS,
        };
      }
    } finally {
      await unloadQuietly(engine, name);
    }
  }
  const { width, height } = frames;
  return {
    width,
    height,
    palette: IMAGE_PALETTE,
    count: loads.length,
    description: `${title} along its run, images 1 to ${IMAGES} of seed ${SEED}.`,
    frames: shown,
  };
}

async function lastFrame(
  engine: Engine,
  name: string,
  load: () => Promise<Result<null>>,
  signal: AbortSignal,
): Promise<SampleFrame> {
  const loaded = await load();
  if (!loaded.ok) throw new Error(loaded.reason);
  const request = { seed: SEED, indices: indexRange(0, IMAGES), temperature: 1 };
  let last: SampleFrame | null = null;
  for await (const frame of drawing(engine, name, request, 28, signal)) last = frame;
  if (!last || last.position < pixelCount(last.images.grid))
    throw new Error('The samples were not finished.');
  return last;
}

function wordsOf(place: string, nats: number | null): string {
  return nats === null ? capital(place) : `${capital(place)}: ${MINUS_LOG_P} ${fixed(nats, 1)} nats`;
}

function modelOf({ family, grid, hyper, tensors }: ModelRecord) {
  return { family, grid, hyper, tensors };
}
