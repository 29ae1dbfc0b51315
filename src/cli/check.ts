import { allImages, imageCount, MAX_ENUMERATED_PIXELS } from '../data/enumerate.ts';
import { pixelCount } from '../data/images.ts';
import { fail, ok } from '../data/result.ts';
import { ordersOf } from '../models/registry.ts';
import { command, onBackend } from './command.ts';
import { aboutModel, readDensity, sizeOf } from './model-files.ts';
import { MODEL } from './options.ts';
import { inPieces } from './pieces.ts';
import { grouped } from './terminal.ts';

/** Allowed distance of the sum from 1: f32 rounding. */
const TOLERANCE = 1e-5;

export const check = command({
  name: 'check',
  summary: 'Adds up p of all 2^n images of a small grid, and says how far the sum is from 1.',
  notes: `The grid has ${MAX_ENUMERATED_PIXELS} pixels at most (train with --grid).
Ends with code 0 where the distance is at most ${TOLERANCE}, with code 1 where the model is no distribution.`,
  options: { model: MODEL },
  run: async (options) => {
    const file = readDensity(options.model);
    if (!file.ok) return file;
    const { model } = file.value;
    const { grid } = model;
    const n = pixelCount(grid);
    if (n > MAX_ENUMERATED_PIXELS)
      return fail(
        `${options.model}: grid: ${sizeOf(grid)} pixels have 2^${n} images, and at most 2^${MAX_ENUMERATED_PIXELS} can be added up`,
      );
    return onBackend(options, async (backend, bar) => {
      const images = imageCount(grid);
      const evaluator = await backend.open(model);
      let sum = 0;
      await inPieces(images, bar.counting('adding up', 'images', images), async (first, count) => {
        const logLikelihood = await evaluator.logLikelihood(allImages(grid, first, count));
        for (const nats of logLikelihood) sum += Math.exp(nats);
      });
      evaluator.destroy();
      const distance = Math.abs(sum - 1);
      const passed = distance <= TOLERANCE;
      const orders = ordersOf(model).length;
      const about = aboutModel(model, backend);
      return ok({
        json: {
          ...about.json,
          grid: sizeOf(grid),
          images,
          orders,
          sum,
          distance,
          passed,
          backend: backend.kind,
        },
        text: [
          about.text,
          `all ${grouped(images)} images of ${sizeOf(grid)} pixels, ${orders === 1 ? 'one order' : `${orders} orders`} of the pixels`,
          `sum of p ${sum.toFixed(8)}, ${distance.toExponential(1)} from 1: ${passed ? 'a distribution' : 'no distribution'}`,
        ],
        passed,
      });
    });
  },
});
