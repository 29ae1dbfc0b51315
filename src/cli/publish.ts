import { binarise, formatBinarisation } from '../data/binarise.ts';
import { splitLast } from '../data/dataset.ts';
import { type PackedImages, sliceImages } from '../data/images.ts';
import { fail, ok, type Result } from '../data/result.ts';
import { type Dtype, rounded } from '../data/safetensors.ts';
import type { Backend } from '../engine/backends/backend.ts';
import { estimateOf, quantilesOf } from '../engine/training/summary.ts';
import { encodeModel, type ModelFile } from '../models/model-file.ts';
import type { Published } from '../models/published.ts';
import type { Model } from '../models/model.ts';
import { command, onBackend, reportOnce } from './command.ts';
import { writeBytes } from './files.ts';
import { checkLogProbabilities } from './log-probabilities.ts';
import { aboutModel, readDensity, readPooled } from './model-files.ts';
import { BINARISE, choice, input, MODEL, number, output, type Values, withDefault } from './options.ts';
import { logLikelihoodOf } from './pieces.ts';
import { grouped, type ProgressBar } from './terminal.ts';

/** How far half precision may move the mean log p of the images held back, in nats. */
const MAX_SHIFT = 0.01;
/** Training images that are measured: as many as the percentiles of a model trained in the page are taken over. */
const TRAIN_IMAGES = 10_000;

const OPTIONS = {
  model: MODEL,
  images: input('IDX', 'the images that it was trained with, those held back included'),
  'valid-last': withDefault(
    number('N', 'the last N of them were held back', { min: 1, max: 1_000_000, whole: true }),
    5000,
  ),
  'test-images': input('IDX', 'images that neither trained nor chose anything'),
  binarise: withDefault(BINARISE, { kind: 'stochastic', seed: 0 }, 'stochastic:0'),
  precision: withDefault(choice('HOW', 'of the weights in the file: ', ['half', 'single']), 'half'),
  out: output('FILE', 'the model as safetensors'),
};

export const publish = command({
  name: 'publish',
  summary: 'Makes the file of a model that comes with the app, with what was measured of it.',
  notes: `Measures the weights as the file holds them: on ${grouped(TRAIN_IMAGES)} training images, whose quantiles give the percentiles that the app
shows, on the images held back, and on the test images. Half precision is refused where it moves the mean log p of the images
held back by ${MAX_SHIFT} nats or more.`,
  options: OPTIONS,
  run: async (options) => {
    const file = readDensity(options.model);
    if (!file.ok) return file;
    const sets = readSets(options, file.value.model);
    if (!sets.ok) return sets;
    const dtype = options.precision === 'half' ? 'F16' : 'F32';
    const stored = asStored(file.value, dtype);
    return await onBackend(options, async (backend, bar) => {
      const score = (model: Model, what: keyof Sets) =>
        scoresOf(model, sets.value[what], what, options.model, backend, bar);
      const scores = await inTurn(['train', 'validation', 'test'] as const, (what) =>
        score(stored.model, what),
      );
      if (!scores.ok) return scores;
      const [train, validation, test] = scores.value.map(estimateOf);
      const single = dtype === 'F32' ? ok(scores.value[1]) : await score(file.value.model, 'validation');
      if (!single.ok) return single;
      const shift = Math.abs(validation.nats - estimateOf(single.value).nats);
      if (!(shift < MAX_SHIFT))
        return fail(
          `--precision: half moves the mean log p of the images held back by ${shift.toFixed(3)} nats: use single`,
        );
      const published: Published = {
        binarisation: options.binarise,
        train,
        validation,
        test,
        quantiles: quantilesOf(scores.value[0]),
      };
      const bytes = encodeModel({ ...stored, published }, dtype);
      const about = aboutModel(file.value.model, backend);
      return reportOnce(writeBytes('--out', options.out, bytes), {
        json: {
          ...about.json,
          binarisation: formatBinarisation(options.binarise),
          train,
          validation,
          test,
          shift,
          bytes: bytes.length,
          out: options.out,
        },
        text: [
          about.text,
          ...Object.entries({ train, validation, test }).map(
            ([name, { nats, standardError, images }]) =>
              `${name} log p ${(-nats).toFixed(3)} nats an image, standard error ${standardError.toFixed(3)}, over ${grouped(images)} images`,
          ),
          `${options.precision} precision moves that of the images held back by ${shift.toFixed(5)} nats`,
          `${grouped(bytes.length)} bytes written to ${options.out}`,
        ],
      });
    });
  },
});

interface Sets {
  readonly train: PackedImages;
  readonly validation: PackedImages;
  readonly test: PackedImages;
}

function readSets(options: Values<typeof OPTIONS>, { grid }: Model): Result<Sets> {
  const { binarise: how, model } = options;
  const images = readPooled({ option: '--images', path: options.images, labels: null }, how, grid, model);
  if (!images.ok) return images;
  const held = options['valid-last'];
  const split = splitLast(images.value, held);
  if (!split) return fail(`--valid-last: ${held}, but ${options.images} holds ${images.value.count} images`);
  const files = { option: '--test-images', path: options['test-images'], labels: null };
  const test = readPooled(files, how, grid, model);
  if (!test.ok) return test;
  const train = binarise(split.train, how);
  return ok({
    train: sliceImages(train, 0, Math.min(train.count, TRAIN_IMAGES)),
    validation: binarise(split.validation, how),
    test: binarise(test.value, how),
  });
}

/** The model with the weights that its file will hold: all within the range of half precision, or the file could not be read. */
function asStored(file: ModelFile, dtype: Dtype): ModelFile {
  const tensors = Object.fromEntries(
    Object.entries(file.model.tensors).map(([name, values]) => [name, rounded(values, dtype)]),
  );
  return { ...file, model: { ...file.model, tensors } };
}

async function scoresOf(
  model: Model,
  images: PackedImages,
  what: string,
  path: string,
  backend: Backend,
  bar: ProgressBar,
): Promise<Result<Float64Array>> {
  const evaluator = await backend.open(model);
  const scores = await logLikelihoodOf(evaluator, images, bar.counting(what, 'images', images.count));
  evaluator.destroy();
  const checked = checkLogProbabilities({ option: '--model', path }, 'log p', scores);
  return checked.ok ? ok(scores) : checked;
}

/** The results of all in turn; the first failure ends it. */
async function inTurn<T, U>(all: readonly T[], work: (each: T) => Promise<Result<U>>): Promise<Result<U[]>> {
  const values: U[] = [];
  for (const each of all) {
    const result = await work(each);
    if (!result.ok) return result;
    values.push(result.value);
  }
  return ok(values);
}
