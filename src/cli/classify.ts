import { binarise, describeBinarisation, formatBinarisation, parseBinarisation } from '../data/binarise.ts';
import { unknownPixels } from '../data/known-pixels.ts';
import { CLASSES, type PackedImages, pixelCount, sliceImages } from '../data/images.ts';
import { type MaskPreset, MASK_PRESETS, presetMask } from '../data/mask-presets.ts';
import { fail, ok, type Result } from '../data/result.ts';
import { accuracyOf } from '../stats/sample-efficiency.ts';
import { ClassifyQueries } from '../engine/queries/classify/queries.ts';
import type { Backend } from '../engine/backends/backend.ts';
import { classLogLikelihood } from '../models/shared/class-likelihood.ts';
import { findFamily, needsLabels } from '../models/registry.ts';
import type { Model } from '../models/types.ts';
import { MODEL_NAME, loadForQueries } from './loaded-model.ts';
import { createBackend } from './backend.ts';
import { checkClassLogits } from './log-probabilities.ts';
import { type OptionKind, readOptions } from './options.ts';
import { jsonLine } from './output.ts';
import { inPieces } from './pieces.ts';
import { readModel, readPooled, refuseLabels } from './model-files.ts';
import { grouped, ProgressBar } from './terminal.ts';

const OPTIONS = {
  model: 'input',
  images: 'input',
  labels: 'input',
  binarise: 'text',
  keep: 'text',
  backend: 'text',
  json: 'flag',
} as const satisfies Record<string, OptionKind>;

export const classifyHelp = `classify --model FILE --images IDX --labels IDX [--binarise HOW] [--keep WHICH] [--backend cpu|webgpu] [--json]
  Share of the images whose most probable class is their own, with its standard error. For classifiers and class-conditional
  models; images larger than the model's grid are pooled to it.
  --binarise HOW     threshold | stochastic:SEED | dynamic:SEED | none; by default as the model's training images were
  --keep WHICH       ${MASK_PRESETS.join(' | ')}: the other pixels are hidden. A class-conditional model sums over
                     them, exactly where it can; a classifier has no p(x) to sum over and treats them as blank
`;

export async function classify(args: readonly string[]): Promise<Result<string>> {
  const read = readOptions(args, OPTIONS);
  if (!read.ok) return read;
  const options = read.value;
  const modelPath = options.required('model');
  const path = options.required('images');
  const labels = options.required('labels');
  const how = options.text('binarise');
  const keep = options.has('keep') ? options.choice('keep', MASK_PRESETS) : 'all';
  const kind = options.choice('backend', ['cpu', 'webgpu']);
  const problem = options.problem();
  if (problem !== null) return fail(problem);
  const given = how === null ? ok(null) : parseBinarisation(how);
  if (!given.ok) return fail(`--binarise: ${given.reason}`);
  const file = readModel(modelPath);
  if (!file.ok) return file;
  const { model, provenance } = file.value;
  if (!needsLabels(model))
    return fail(`${modelPath}: --model: ${model.family} knows no classes: train it with --class-conditional`);
  const binarisation = given.value ?? provenance.binarisation;
  const images = readPooled({ option: '--images', path, labels }, binarisation, model.grid, modelPath);
  if (!images.ok) return images;
  const badLabels = refuseLabels(labels, images.value.labels);
  if (badLabels !== null) return fail(badLabels);

  const backend = await createBackend(kind);
  if (!backend.ok) return backend;
  const bar = new ProgressBar(options.has('json'));
  const packed = binarise(images.value, binarisation);
  let classes: Result<Classes>;
  try {
    const done = bar.counting('classifying', 'images', packed.count);
    classes =
      keep === 'all'
        ? await readUnmasked(backend.value, model, packed, done)
        : await readMasked(backend.value, model, packed, presetMask(model.grid, keep), done);
  } finally {
    bar.clear();
    backend.value.destroy();
  }
  if (!classes.ok) return fail(`--keep: ${keep}: ${classes.reason}`);
  const checked = checkClassLogits({ option: '--model', path: modelPath }, classes.value.logits);
  if (!checked.ok) return checked;
  const { logits: classLogits, exact } = classes.value;

  const own = images.value.labels!;
  const { share: accuracy, standardError } = accuracyOf(classLogits, own);
  const meanLogPosterior =
    classLogLikelihood(classLogits, own).reduce((sum, value) => sum + value, 0) / own.length;
  const parameters = findFamily(model.family)!.parameterCount(model.grid, model.hyper);
  if (options.has('json'))
    return ok(
      jsonLine({
        accuracy,
        standardError,
        images: own.length,
        family: model.family,
        parameters,
        backend: backend.value.kind,
        binarisation: formatBinarisation(binarisation),
        keep,
        exact,
        meanLogPosterior,
      }),
    );
  return ok(
    [
      `${model.family}, ${grouped(parameters)} parameters, on ${backend.value.description}`,
      `${grouped(own.length)} images, binarisation ${describeBinarisation(binarisation)}`,
      ...(keep === 'all' ? [] : [describeHidden(model, keep, exact)]),
      `accuracy ${(100 * accuracy).toFixed(2)} %, standard error ${(100 * standardError).toFixed(2)} %`,
      `log p(y|x) ${meanLogPosterior.toFixed(4)} nats an image`,
    ].join('\n'),
  );
}

/** log p(y, x) up to a constant per image, or class logits, [count, CLASSES], and whether hidden pixels were summed over exactly. */
interface Classes {
  readonly logits: Float64Array;
  readonly exact: boolean;
}

async function readUnmasked(
  backend: Backend,
  model: Model,
  images: PackedImages,
  done: (images: number) => void,
): Promise<Result<Classes>> {
  const evaluator = await backend.open(model);
  try {
    const read = evaluator.classLogits;
    if (!read) throw new Error(`${model.family}: the backend gives no class logits`);
    const logits = new Float64Array(images.count * CLASSES);
    await inPieces(images.count, done, async (first, count) =>
      logits.set(await read(sliceImages(images, first, count)), first * CLASSES),
    );
    return ok({ logits, exact: true });
  } finally {
    evaluator.destroy();
  }
}

async function readMasked(
  backend: Backend,
  model: Model,
  images: PackedImages,
  known: PackedImages,
  done: (images: number) => void,
): Promise<Result<Classes>> {
  const models = loadForQueries(backend, model);
  if (!models.ok) return models;
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
