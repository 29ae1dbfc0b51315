import { pixelCount } from '../data/images.ts';
import { command, onBackend, reportOnce } from './command.ts';
import { drawImages } from './draw.ts';
import { checkSheet, OUT, PNG, writeImages } from './images-out.ts';
import { readDensity } from './model-files.ts';
import { COUNT, MODEL, SEED, TEMPERATURE, WORKERS } from './options.ts';
import { grouped } from './terminal.ts';

export const sample = command({
  name: 'sample',
  summary: 'Draws images from a model, pixel by pixel.',
  notes: 'On one backend the same model and seed give the same images.',
  options: {
    model: MODEL,
    count: COUNT,
    seed: SEED,
    temperature: TEMPERATURE,
    workers: WORKERS,
    out: OUT,
    png: PNG,
  },
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
      const n = pixelCount(model.grid);
      const open = (indices: Uint32Array<ArrayBuffer>) => evaluator.sampler({ seed, temperature, indices });
      const images = await drawImages(
        model.grid,
        count,
        open,
        ({ position }) => position / n,
        done,
        undefined,
        evaluator.concurrency,
      );
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
