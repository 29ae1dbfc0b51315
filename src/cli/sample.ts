import { type PackedImages, pixelCount, wordsPerImage } from '../data/images.ts';
import { indexRange } from '../data/rng.ts';
import type { Evaluator } from '../engine/backends/backend.ts';
import type { Model } from '../models/types.ts';
import { command, onBackend, reportOnce } from './command.ts';
import { checkSheet, OUT, PNG, writeImages } from './images-out.ts';
import { readDensity } from './model-files.ts';
import { COUNT, MODEL, SEED, TEMPERATURE } from './options.ts';
import { grouped } from './terminal.ts';

/** Images drawn at a time. */
const CHUNK = 256;
/** Pixels of the first call; doubled while a call takes less than QUICK_MS. */
const FIRST_PIXELS = 32;
const QUICK_MS = 100;

export const sample = command({
  name: 'sample',
  summary: 'Draws images from a model, pixel by pixel.',
  notes: 'On one backend the same model and seed give the same images.',
  options: { model: MODEL, count: COUNT, seed: SEED, temperature: TEMPERATURE, out: OUT, png: PNG },
  run: async (options) => {
    const { count, seed, temperature, out, png } = options;
    const fits = checkSheet(png, count);
    if (!fits.ok) return fits;
    const file = readDensity(options.model);
    if (!file.ok) return file;
    const { model } = file.value;
    return onBackend(options, async (backend, bar) => {
      const begun = performance.now();
      const evaluator = await backend.open(model);
      const done = bar.counting('drawing', 'images', count);
      const images = await draw(evaluator, model, { seed, count, temperature }, done);
      evaluator.destroy();
      const seconds = (performance.now() - begun) / 1000;
      const { family } = model;
      return reportOnce(writeImages(images, out, png), {
        json: { family, images: count, seed, temperature, seconds, backend: backend.kind, out, png },
        text: [
          `${grouped(count)} images of ${family}, seed ${seed}, in ${seconds.toFixed(2)} s: ${png === null ? out : `${out} and ${png}`}`,
        ],
      });
    });
  },
});

async function draw(
  evaluator: Evaluator,
  { grid }: Model,
  request: { readonly seed: number; readonly count: number; readonly temperature: number },
  done: (images: number) => void,
): Promise<PackedImages> {
  const n = pixelCount(grid);
  const words = new Uint32Array(request.count * wordsPerImage(grid));
  for (let first = 0; first < request.count; first += CHUNK) {
    const indices = indexRange(first, Math.min(CHUNK, request.count - first));
    const sampler = await evaluator.sampler({ ...request, indices });
    for (let step = FIRST_PIXELS; sampler.position < n;) {
      const begun = performance.now();
      await sampler.advance(step);
      if (performance.now() - begun < QUICK_MS) step *= 2;
      done(first + (indices.length * sampler.position) / n);
    }
    words.set((await sampler.images()).words, first * wordsPerImage(grid));
    sampler.destroy();
  }
  return { grid, count: request.count, words };
}
