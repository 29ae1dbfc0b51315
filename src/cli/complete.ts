import { formatBinarisation } from '../data/binarise.ts';
import { type KnownPixels, knownPixelsOf, unknownPixels } from '../data/known-pixels.ts';
import { pixelCount, sliceImages } from '../data/images.ts';
import { presetMask } from '../data/mask-presets.ts';
import { fail, ok, type Result } from '../data/result.ts';
import type { Completion, CompletionMethodInfo, CompletionRequest } from '../engine/queries/api.ts';
import { CompleteQueries } from '../engine/queries/complete/queries.ts';
import type { Backend } from '../engine/backends/backend.ts';
import type { Model } from '../models/model.ts';
import { command, onBackend, reportOnce } from './command.ts';
import { checkSheet, OUT, PNG, writeImages } from './images-out.ts';
import { MODEL_NAME, loadForQueries } from './loaded-model.ts';
import { checkLogProbabilities } from './log-probabilities.ts';
import { readInputs } from './model-files.ts';
import {
  BINARISE,
  choice,
  COUNT,
  flag,
  IMAGES,
  KEEP,
  MODEL,
  number,
  optional,
  SEED,
  withDefault,
  WORKERS,
} from './options.ts';
import { grouped, type ProgressBar } from './terminal.ts';

const TIMES = { min: 1, max: 10_000, whole: true };

export const complete = command({
  name: 'complete',
  summary:
    'Keeps some pixels of one image, lets the model go on from them, and says whether that is exact: drawn from p(unknown | known).',
  options: {
    model: MODEL,
    images: IMAGES,
    index: withDefault(number('I', 'which of the images', { min: 0, max: 1e9, whole: true }), 0),
    binarise: optional(BINARISE, "as the model's training images were"),
    keep: KEEP,
    method: withDefault(choice('HOW', '', ['exact', 'forward', 'importance', 'gibbs']), 'exact'),
    count: withDefault(COUNT, 64),
    seed: SEED,
    sweeps: withDefault(number('K', 'gibbs: how often every unknown pixel is redrawn', TIMES), 20),
    proposals: withDefault(number('K', 'importance: forward samples for every image wanted', TIMES), 20),
    workers: WORKERS,
    distance: flag(
      'also draws N once more and prints their total variation distance to p(unknown | known), listed; at most 16 pixels may be unknown then',
    ),
    out: optional(OUT),
    png: PNG,
  },
  run: async (options) => {
    const { keep, method, count, seed, sweeps, proposals, index, out, png } = options;
    const fits = checkSheet(png, count);
    if (!fits.ok) return fits;
    const inputs = readInputs(options);
    if (!inputs.ok) return inputs;
    const { model, file, images, binarisation } = inputs.value;
    if (index >= images.count)
      return fail(`${options.images}: --index: ${index}, but there are ${images.count} images`);
    const knownPixels = knownPixelsOf(sliceImages(images, index, 1), presetMask(model.grid, keep));
    const request = { method, count, seed, sweeps, proposals, knownPixels };
    return onBackend(options, async (backend, bar) => {
      const begun = performance.now();
      const answer = await runQuery(backend, model, request, options.distance, bar);
      if (!answer.ok) return fail(`--method: ${method}: ${answer.reason}`);
      const seconds = (performance.now() - begun) / 1000;
      const { completion, info, distance } = answer.value;
      const { exact, logMarginal, effectiveSamples } = completion;
      const checked = checkLogProbabilities(
        file,
        'log p of the known pixels',
        logMarginal === null ? [] : [logMarginal],
      );
      if (!checked.ok) return checked;

      const { family } = model;
      const unknown = unknownPixels(knownPixels).length;
      const known = pixelCount(model.grid) - unknown;
      const files = [out, png].filter((name) => name !== null);
      return reportOnce(writeImages(completion.images, out, png), {
        json: {
          family,
          index,
          keep,
          known,
          unknown,
          method,
          exact,
          why: info.why,
          logMarginal,
          effectiveSamples,
          distance,
          images: count,
          seed,
          seconds,
          backend: backend.kind,
          binarisation: formatBinarisation(binarisation),
          out,
          png,
        },
        text: [
          `${family}, image ${index} of ${options.images}, ${keep} known: ${known} pixels, ${unknown} to be drawn`,
          `${method}, ${exact ? 'exact' : 'not exact'}. ${info.why}`,
          logMarginal === null ? null : `log p(known) ${exact ? '' : 'about '}${logMarginal.toFixed(3)} nats`,
          effectiveSamples === null
            ? null
            : `worth ${effectiveSamples.toFixed(1)} equally weighed samples of ${grouped(count * proposals)}`,
          distance === null ? null : `total variation distance to p(unknown | known) ${distance.toFixed(4)}`,
          `${grouped(count)} images, seed ${seed}, in ${seconds.toFixed(2)} s${files.length === 0 ? '' : `: ${files.join(' and ')}`}`,
        ],
      });
    });
  },
});

interface Answer {
  readonly completion: Completion;
  readonly info: CompletionMethodInfo;
  readonly distance: number | null;
}

async function runQuery(
  backend: Backend,
  model: Model,
  request: CompletionRequest & { readonly knownPixels: KnownPixels },
  withDistance: boolean,
  bar: ProgressBar,
): Promise<Result<Answer>> {
  const loaded = loadForQueries(backend, model);
  if (!loaded.ok) return loaded;
  const models = loaded.value;
  const queries = new CompleteQueries(models);
  const methods = await queries.methods(MODEL_NAME, request.knownPixels);
  if (!methods.ok) return methods;
  const done = bar.counting('completing', 'images', request.count);
  const completion = await queries.complete(MODEL_NAME, request, (frame) => done(frame.done * request.count));
  if (!completion.ok) return completion;
  const distance = withDistance ? await queries.distance(MODEL_NAME, request) : ok(null);
  if (!distance.ok) return distance;
  models.unload(MODEL_NAME);
  return ok({
    completion: completion.value,
    info: methods.value.find(({ method }) => method === request.method)!,
    distance: distance.value,
  });
}
