import { binarise, describeBinarisation, formatBinarisation, parseBinarisation } from '../data/binarise.ts';
import { CLASSES, sliceImages } from '../data/images.ts';
import { fail, ok, type Result } from '../data/result.ts';
import { classLogLikelihood } from '../engine/class-likelihood.ts';
import { findFamily, needsLabels } from '../models/registry.ts';
import { createBackend } from './backend.ts';
import { type OptionKind, readOptions } from './options.ts';
import { inPieces } from './pieces.ts';
import { readModel, readPooled, refuseLabels } from './reading.ts';
import { grouped, ProgressBar } from './terminal.ts';

const OPTIONS = {
  model: 'text',
  images: 'text',
  labels: 'text',
  binarise: 'text',
  backend: 'text',
  json: 'flag',
} as const satisfies Record<string, OptionKind>;

export const classifyHelp = `classify --model FILE --images IDX --labels IDX [--binarise HOW] [--backend cpu|webgpu] [--json]
  Share of the images whose most probable class is their own, with its standard error. For classifiers and class-conditional
  models; images larger than the model's grid are pooled to it.
  --binarise HOW     threshold | stochastic:SEED | dynamic:SEED | none; by default as the model's training images were
`;

export async function classify(args: readonly string[]): Promise<Result<string>> {
  const read = readOptions(args, OPTIONS);
  if (!read.ok) return read;
  const options = read.value;
  const modelPath = options.required('model');
  const path = options.required('images');
  const labels = options.required('labels');
  const how = options.text('binarise');
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
  const stray = refuseLabels(labels, images.value.labels);
  if (stray !== null) return fail(stray);

  const backend = await createBackend(kind);
  if (!backend.ok) return backend;
  const bar = new ProgressBar(options.has('json'));
  const packed = binarise(images.value, binarisation);
  const classLogits = new Float64Array(packed.count * CLASSES);
  try {
    const evaluator = await backend.value.open(model);
    const read = evaluator.classLogits;
    if (!read) throw new Error(`${model.family}: the backend gives no class logits`);
    await inPieces(packed.count, bar.counting('classifying', 'images', packed.count), async (first, count) =>
      classLogits.set(await read(sliceImages(packed, first, count)), first * CLASSES),
    );
    evaluator.destroy();
  } finally {
    bar.clear();
    backend.value.destroy();
  }

  const own = images.value.labels!;
  const accuracy = shareRight(classLogits, own);
  const standardError = Math.sqrt((accuracy * (1 - accuracy)) / own.length);
  const meanLogPosterior =
    classLogLikelihood(classLogits, own).reduce((sum, value) => sum + value, 0) / own.length;
  const parameters = findFamily(model.family)!.parameterCount(model.grid, model.hyper);
  if (options.has('json'))
    return ok(
      JSON.stringify({
        accuracy,
        standardError,
        images: own.length,
        family: model.family,
        parameters,
        backend: backend.value.kind,
        binarisation: formatBinarisation(binarisation),
        meanLogPosterior,
      }),
    );
  return ok(
    [
      `${model.family}, ${grouped(parameters)} parameters, on ${backend.value.description}`,
      `${grouped(own.length)} images, binarisation ${describeBinarisation(binarisation)}`,
      `accuracy ${(100 * accuracy).toFixed(2)} %, standard error ${(100 * standardError).toFixed(2)} %`,
      `log p(y|x) ${meanLogPosterior.toFixed(4)} nats an image`,
    ].join('\n'),
  );
}

/** Share of the images whose own class has the largest logit; of equals the first counts. */
function shareRight(classLogits: Float64Array, labels: Uint8Array): number {
  let right = 0;
  labels.forEach((label, image) => {
    const logits = classLogits.subarray(image * CLASSES, (image + 1) * CLASSES);
    if (logits.indexOf(Math.max(...logits)) === label) right++;
  });
  return right / labels.length;
}
