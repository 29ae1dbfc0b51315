import { formatBinarisation } from '../data/binarise.ts';
import { unknownPixels } from '../data/known-pixels.ts';
import { CLASSES, pixelCount, sliceImages } from '../data/images.ts';
import { type MaskPreset, presetMask } from '../data/mask-presets.ts';
import { fail, ok, type Result } from '../data/result.ts';
import { accuracyOf } from '../stats/sample-efficiency.ts';
import { ClassifyQueries } from '../engine/queries/classify/queries.ts';
import type { Backend } from '../engine/backends/backend.ts';
import { classLogLikelihood } from '../models/shared/class-likelihood.ts';
import { findFamily, needsLabels } from '../models/registry.ts';
import type { Model } from '../models/model.ts';
import { command, onBackend } from './command.ts';
import { MODEL_NAME, loadForQueries } from './loaded-model.ts';
import { checkClassLogits } from './log-probabilities.ts';
import { aboutImages, aboutModel, type Inputs, readInputs, readModel, refuseLabels } from './model-files.ts';
import { BINARISE, IMAGES, input, KEEP, MODEL, optional, withDefault, WORKERS } from './options.ts';
import { classLogitsOf, inPieces } from './pieces.ts';

export const classify = command({
  name: 'classify',
  summary: 'Share of images whose most probable class is their own, with its standard error.',
  notes: `For classifiers and class-conditional models. Of hidden pixels a class-conditional model sums over all values, exactly where it
can; a classifier has no p(x) to sum over and treats them as blank.`,
  options: {
    model: MODEL,
    images: IMAGES,
    labels: input('IDX', 'their classes, 0 to 9'),
    binarise: optional(BINARISE, "as the model's training images were"),
    keep: withDefault(KEEP, 'all'),
    workers: WORKERS,
  },
  run: async (options) => {
    const { keep } = options;
    const inputs = readInputs(options, readClassModel);
    if (!inputs.ok) return inputs;
    const { model, file, images, labels, binarisation } = inputs.value;
    const badLabels = refuseLabels(options.labels, labels);
    if (!labels || badLabels !== null) return fail(badLabels ?? '--labels: missing');
    return onBackend(options, async (backend, bar) => {
      const done = bar.counting('classifying', 'images', images.count);
      const classes =
        keep === 'all'
          ? ok({ logits: await classLogitsOf(backend, model, images, done), exact: true })
          : await readMasked(backend, inputs.value, keep, done);
      if (!classes.ok) return fail(`--keep: ${keep}: ${classes.reason}`);
      const { logits, exact } = classes.value;
      const checked = checkClassLogits(file, logits);
      if (!checked.ok) return checked;

      const { share: accuracy, standardError } = accuracyOf(logits, labels);
      const meanLogPosterior =
        classLogLikelihood(logits, labels).reduce((sum, value) => sum + value, 0) / labels.length;
      const about = aboutModel(model, backend);
      return ok({
        json: {
          accuracy,
          standardError,
          images: labels.length,
          ...about.json,
          backend: backend.kind,
          binarisation: formatBinarisation(binarisation),
          keep,
          exact,
          meanLogPosterior,
        },
        text: [
          about.text,
          aboutImages(inputs.value),
          keep === 'all' ? null : describeHidden(model, keep, exact),
          `accuracy ${(100 * accuracy).toFixed(2)} %, standard error ${(100 * standardError).toFixed(2)} %`,
          `log p(y|x) ${meanLogPosterior.toFixed(4)} nats an image`,
        ],
      });
    });
  },
});

/** Reads a model that knows classes. */
function readClassModel(path: string): ReturnType<typeof readModel> {
  const file = readModel(path);
  if (!file.ok || needsLabels(file.value.model)) return file;
  return fail(
    `${path}: --model: ${file.value.model.family} knows no classes: train it with --class-conditional`,
  );
}

/** log p(y | known pixels), [count, CLASSES], and whether hidden pixels were summed over exactly. */
async function readMasked(
  backend: Backend,
  { model, images }: Inputs,
  keep: MaskPreset,
  done: (images: number) => void,
): Promise<Result<{ readonly logits: Float64Array; readonly exact: boolean }>> {
  const models = loadForQueries(backend, model);
  if (!models.ok) return models;
  const known = presetMask(model.grid, keep);
  const queries = new ClassifyQueries(models.value);
  const logits = new Float64Array(images.count * CLASSES);
  let exact = true;
  const problems: string[] = [];
  await inPieces(images.count, done, async (first, count) => {
    if (problems.length > 0) return;
    const read = await queries.posteriors(MODEL_NAME, sliceImages(images, first, count), known);
    if (!read.ok) problems.push(read.reason);
    else logits.set(read.value.logPosteriors, first * CLASSES);
    exact &&= read.ok && read.value.exact;
  });
  models.value.unload(MODEL_NAME);
  return problems.length === 0 ? ok({ logits, exact }) : fail(problems[0]);
}

function describeHidden({ family, grid }: Model, keep: MaskPreset, exact: boolean): string {
  const known = presetMask(grid, keep);
  const hidden = unknownPixels({ known }).length;
  const how =
    findFamily(family)?.task === 'classifier'
      ? 'treated as blank: it has no p(x) to sum over them'
      : exact
        ? 'summed over exactly'
        : 'summed over by samples';
  return `${keep} kept, ${hidden} of ${pixelCount(grid)} pixels hidden, ${how}`;
}
