import type { Accuracy } from '../data/accuracy.ts';
import { binarise, formatBinarisation } from '../data/binarise.ts';
import { splitLast, takeRows } from '../data/dataset.ts';
import { type GreyImages, type PackedImages, sliceImages } from '../data/images.ts';
import { fail, ok, type Result } from '../data/result.ts';
import { type Dtype, rounded } from '../data/safetensors.ts';
import { unseenRows } from '../data/unseen.ts';
import type { Backend } from '../engine/backends/backend.ts';
import { estimateOf } from '../engine/training/summary.ts';
import { encodeModel, type ModelFile } from '../models/model-file.ts';
import type { Published, PublishedAccuracy } from '../models/published.ts';
import { needsLabels } from '../models/registry.ts';
import type { Model } from '../models/model.ts';
import { accuracyOf } from '../stats/sample-efficiency.ts';
import { command, onBackend, reportOnce } from './command.ts';
import { writeBytes } from './files.ts';
import { checkClassLogits, checkLogProbabilities } from './log-probabilities.ts';
import { aboutModel, readDensity, readPooled, refuseLabels } from './model-files.ts';
import {
  BINARISE,
  choice,
  input,
  MODEL,
  number,
  optional,
  output,
  type Values,
  withDefault,
} from './options.ts';
import { classLogitsOf, logLikelihoodOf } from './pieces.ts';
import { grouped, type ProgressBar } from './terminal.ts';

/** How far half precision may move the mean log p of the images held back, in nats. */
const MAX_SHIFT = 0.01;
/** Training images that are measured: as many as a run in the page measures. */
const TRAIN_IMAGES = 10_000;

const OPTIONS = {
  model: MODEL,
  images: input('IDX', 'the images that it was trained with, those held back included'),
  'valid-last': withDefault(
    number('N', 'the last N of them were held back', { min: 1, max: 1_000_000, whole: true }),
    5000,
  ),
  labels: optional(
    input('IDX', 'their classes, 0 to 9: needed of a model that knows classes, whose accuracy is measured'),
  ),
  'test-images': input('IDX', 'images that neither trained nor chose anything'),
  'test-labels': optional(input('IDX', 'their classes, where --labels is needed')),
  binarise: withDefault(BINARISE, { kind: 'stochastic', seed: 0 }, 'stochastic:0'),
  precision: withDefault(choice('HOW', 'of the weights in the file: ', ['half', 'single']), 'half'),
  out: output('FILE', 'the model as safetensors'),
};

export const publish = command({
  name: 'publish',
  summary: 'Makes the file of a model that comes with the app, with what was measured of it.',
  notes: `Measures the weights as the file holds them: on ${grouped(TRAIN_IMAGES)} training images, on the images held back, and on the test images. The file
also holds log p of every tenth test image, binarised by threshold as a drawing is, whatever --binarise says: the app compares
drawings with them. Half precision is refused where it moves the mean log p of the images held back by ${MAX_SHIFT} nats or more.`,
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
        scoresOf(model, sets.value[what].images, what, options.model, backend, bar);
      const scores = await inTurn(['train', 'validation', 'test', 'unseen'] as const, (what) =>
        score(stored.model, what),
      );
      if (!scores.ok) return scores;
      const [train, validation, test] = scores.value.slice(0, 3).map(estimateOf);
      const single = dtype === 'F32' ? ok(scores.value[1]) : await score(file.value.model, 'validation');
      if (!single.ok) return single;
      const shift = Math.abs(validation.nats - estimateOf(single.value).nats);
      if (!(shift < MAX_SHIFT))
        return fail(
          `--precision: half moves the mean log p of the images held back by ${shift.toFixed(3)} nats: use single`,
        );
      const accuracy = await accuracyIn(stored.model, sets.value, options.model, backend, bar);
      if (!accuracy.ok) return accuracy;
      const published: Published = {
        binarisation: options.binarise,
        train,
        validation,
        test,
        ...(accuracy.value && { accuracy: accuracy.value }),
        unseen: Float32Array.from(scores.value[3]),
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
          ...(accuracy.value && { accuracy: accuracy.value }),
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
          ...(accuracy.value ? Object.entries<Accuracy>({ ...accuracy.value }) : []).map(
            ([name, { share, standardError, images }]) =>
              `${name} accuracy ${(100 * share).toFixed(2)} %, standard error ${(100 * standardError).toFixed(2)} %, over ${grouped(images)} images`,
          ),
          `${options.precision} precision moves that of the images held back by ${shift.toFixed(5)} nats`,
          `${grouped(bytes.length)} bytes written to ${options.out}`,
        ],
      });
    });
  },
});

interface MeasuredSet {
  readonly images: PackedImages;
  /** Null where the model knows no classes. */
  readonly labels: Uint8Array | null;
}

interface Sets {
  readonly train: MeasuredSet;
  readonly validation: MeasuredSet;
  readonly test: MeasuredSet;
  /** The test images with which drawings are compared, binarised as a drawing is. */
  readonly unseen: MeasuredSet;
}

function readSets(options: Values<typeof OPTIONS>, model: Model): Result<Sets> {
  const { binarise: how } = options;
  const labelled = needsLabels(model);
  for (const option of ['labels', 'test-labels'] as const)
    if (labelled !== (options[option] !== null))
      return fail(
        labelled
          ? `--${option}: missing: ${options.model} knows classes, and its accuracy is published`
          : `--${option}: ${options.model} knows no classes`,
      );
  const files = { option: '--images', path: options.images, labels: options.labels };
  const images = readPooled(files, how, model.grid, options.model);
  if (!images.ok) return images;
  const held = options['valid-last'];
  const split = splitLast(images.value, held);
  if (!split) return fail(`--valid-last: ${held}, but ${options.images} holds ${images.value.count} images`);
  const testFiles = { option: '--test-images', path: options['test-images'], labels: options['test-labels'] };
  const test = readPooled(testFiles, how, model.grid, options.model);
  if (!test.ok) return test;
  const rows = unseenRows(test.value.count);
  if (rows.length === 0)
    return fail(
      `--test-images: ${options['test-images']} holds ${test.value.count} images: drawings are compared with every tenth of them, from the sixth on`,
    );
  const unfit = labelled
    ? (refuseLabels(options.labels, images.value.labels) ??
      refuseLabels(options['test-labels'], test.value.labels))
    : null;
  if (unfit !== null) return fail(unfit);
  const drawn = (grey: GreyImages): MeasuredSet => ({ images: binarise(grey, how), labels: grey.labels });
  const train = drawn(split.train);
  return ok({
    train: { ...train, images: sliceImages(train.images, 0, Math.min(train.images.count, TRAIN_IMAGES)) },
    validation: drawn(split.validation),
    test: drawn(test.value),
    // Images of bits may hold 0 and 1: these are not binarised again.
    unseen: {
      images: binarise(takeRows(test.value, rows), how.kind === 'none' ? how : { kind: 'threshold' }),
      labels: null,
    },
  });
}

/** Null where the model knows no classes. */
async function accuracyIn(
  model: Model,
  sets: Sets,
  path: string,
  backend: Backend,
  bar: ProgressBar,
): Promise<Result<PublishedAccuracy | null>> {
  const found = await inTurn(['validation', 'test'] as const, async (what) => {
    const { images, labels } = sets[what];
    if (!labels) return ok(null);
    const done = bar.counting(`${what}, classes`, 'images', images.count);
    const logits = await classLogitsOf(backend, model, images, done);
    const checked = checkClassLogits({ option: '--model', path }, logits);
    return checked.ok ? ok(accuracyOf(logits, labels)) : checked;
  });
  if (!found.ok) return found;
  const [validation, test] = found.value;
  return ok(validation && test && { validation, test });
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
