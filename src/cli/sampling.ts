import type { PackedImages } from '../data/images.ts';
import { indexRange } from '../data/rng.ts';
import { ok } from '../data/result.ts';
import type { Agreement } from '../engine/queries/api.ts';
import type { Backend, SampleMethod } from '../engine/backends/backend.ts';
import { openCpuModels } from '../engine/queries/loaded-models.ts';
import { agreementOf } from '../engine/queries/sampling/agreement.ts';
import { METHODS, methodsOf } from '../engine/backends/sampling/methods.ts';
import type { Model } from '../models/model.ts';
import { command, onBackend } from './command.ts';
import { drawImages } from './draw.ts';
import { readDensity } from './model-files.ts';
import { COUNT, MODEL, SEED, TEMPERATURE } from './options.ts';
import { grouped, type ProgressBar, rateOf } from './terminal.ts';

/** Images drawn before timing starts, so that kernels are compiled and measured and loops are optimised. */
const WARM_UP = 8;

export const sampling = command({
  name: 'sampling',
  alias: 'race',
  summary: 'Draws the same images by every sampler that the model has, and compares speed and bits.',
  notes: `The samplers go pixel by pixel (ancestral), as a fixed point of passes over the whole image, and by jumping to the next
pixel that turns on (first firing). The report says how many passes an image took and how many images a second were drawn.
Ends with code 1 where images differ at more than a near-tie, |u - p| < 1e-5.`,
  options: { model: MODEL, count: COUNT, seed: SEED, temperature: TEMPERATURE },
  run: async (options) => {
    const { count, seed, temperature, backend: kind } = options;
    const file = readDensity(options.model);
    if (!file.ok) return file;
    const { model } = file.value;
    return onBackend(options, async (backend, bar) => {
      const methods = await drawByAll(backend, model, { seed, count, temperature }, bar);
      const rows = methods.map(({ method, finished, seconds, agreement }) => ({
        method,
        passes: mean(finished),
        most: Math.max(...finished),
        imagesPerSecond: count / seconds,
        different: agreement.different,
        ties: agreement.ties,
      }));
      return ok({
        json: { family: model.family, images: count, seed, temperature, backend: kind, lanes: rows },
        text: [
          `${grouped(count)} images of ${model.family}, seed ${seed}, on ${kind}`,
          ...rows.map(
            ({ method, passes, most, imagesPerSecond, different, ties }) =>
              `${method.padEnd(12)}  ${passes.toFixed(1)} passes an image (at most ${most}), ${rateOf(imagesPerSecond, 'images')}, ` +
              (different === 0 ? 'identical' : `${different} differ, ${ties} of them at a near-tie`),
          ),
          ...Object.entries(methodsOf(model)).map(([method, why]) => why && `${method.padEnd(12)}  ${why}`),
        ],
        passed: rows.every(({ different, ties }) => different === ties),
      });
    });
  },
});

interface MethodRow {
  readonly method: SampleMethod;
  readonly images: PackedImages;
  /** Iterations that each image took, [count]. */
  readonly finished: Uint32Array;
  /** Computing time. */
  readonly seconds: number;
  /** With the images of the first method. */
  readonly agreement: Agreement;
}

async function drawByAll(
  backend: Backend,
  model: Model,
  request: { readonly seed: number; readonly count: number; readonly temperature: number },
  bar: ProgressBar,
): Promise<readonly MethodRow[]> {
  const evaluator = await backend.open(model);
  const cpuModels = openCpuModels(model);
  const reasons = methodsOf(model);
  const rows: MethodRow[] = [];
  const whole = { ...request, indices: indexRange(0, request.count) };
  for (const method of METHODS) {
    if (reasons[method] !== null) continue;
    const draw = async (count: number, done: (images: number) => void) => {
      const finished = new Uint32Array(count);
      let seconds = 0;
      const images = await drawImages(
        model.grid,
        count,
        (indices) => evaluator.iterativeSampler(method, { ...request, indices }),
        (sampler) => sampler.finished.filter((each) => each > 0).length / sampler.finished.length,
        done,
        (sampler, first) => {
          finished.set(sampler.finished, first);
          seconds += sampler.seconds;
        },
      );
      return { images, finished, seconds };
    };
    await draw(Math.min(WARM_UP, request.count), () => undefined);
    const drawn = await draw(request.count, bar.counting(method, 'images', request.count));
    const first = rows.length > 0 ? rows[0].images : drawn.images;
    rows.push({ method, ...drawn, agreement: agreementOf(model, cpuModels, whole, first, drawn.images) });
  }
  evaluator.destroy();
  return rows;
}

function mean(values: Uint32Array): number {
  return values.reduce((sum, value) => sum + value, 0) / values.length;
}
