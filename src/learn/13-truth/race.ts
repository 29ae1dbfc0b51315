import type { ChapterTools } from '../../app/learn/chapter-tools.ts';
import { trainInTurn } from '../../app/turn.ts';
import { allImages } from '../../data/enumerate.ts';
import type { GreyImages } from '../../data/images.ts';
import type { Result } from '../../data/result.ts';
import { type Contender, jobFor } from './contenders.ts';

/** Under which a trained model is loaded while all images are scored. */
const NAME = 'learn-truth';

/**
 * Trains a family on images and gives log q of every image of the grid in nats, [2^n]. `onProgress` is given 0 to 1. An abort stops the
 * run, and the call rejects with the signal's reason.
 */
export async function trainAndScore(
  { engine, turn }: Pick<ChapterTools, 'engine' | 'turn'>,
  contender: Contender,
  images: GreyImages,
  seed: number,
  signal: AbortSignal,
  onProgress: (done: number) => void,
): Promise<Result<Float64Array<ArrayBuffer>>> {
  const trained = await trainInTurn({ engine, turn }, jobFor(contender, images, seed), signal, (progress) =>
    onProgress(progress.steps > 0 ? progress.step / progress.steps : 0),
  );
  if (!trained.ok) return trained;
  const loaded = await engine.load(NAME, trained.value.model);
  if (!loaded.ok) return loaded;
  try {
    return await engine.score(NAME, allImages(images.grid), signal);
  } finally {
    // An engine that has ended holds no model.
    void engine.unload(NAME).catch(() => undefined);
  }
}
