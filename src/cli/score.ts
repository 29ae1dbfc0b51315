import { binarise, describeBinarisation, formatBinarisation, parseBinarisation } from '../data/binarise.ts';
import { type PackedImages, pixelCount, sliceImages } from '../data/images.ts';
import { fail, type Result } from '../data/result.ts';
import type { Evaluator } from '../engine/backends/backend.ts';
import { estimateOf } from '../engine/training/summary.ts';
import { findFamily } from '../models/registry.ts';
import { createBackend } from './backend.ts';
import { done, unwritten, type Verdict } from './check.ts';
import { writeBytes } from './files.ts';
import { type OptionKind, readOptions } from './options.ts';
import { jsonLine } from './output.ts';
import { checkLogProbabilities } from './log-probabilities.ts';
import { inPieces } from './pieces.ts';
import { readDensity, readPooled } from './model-files.ts';
import { grouped, ProgressBar } from './terminal.ts';

const OPTIONS = {
  model: 'input',
  images: 'input',
  labels: 'input',
  binarise: 'text',
  'per-image': 'output',
  backend: 'text',
  json: 'flag',
} as const satisfies Record<string, OptionKind>;

export const scoreHelp = `score --model FILE --images IDX [--labels IDX] --binarise HOW [--per-image FILE] [--backend cpu|webgpu] [--json]
  Mean log p of the images under the model, in nats an image, with its standard error. Images larger than the model's grid
  are pooled to it.
  --binarise HOW     threshold | stochastic:SEED | dynamic:SEED | none (the images are 0 and 255 already)
  --per-image FILE   log p of each image in nats, little-endian float32
`;

export async function score(args: readonly string[]): Promise<Result<Verdict>> {
  const read = readOptions(args, OPTIONS);
  if (!read.ok) return read;
  const options = read.value;
  const modelPath = options.required('model');
  const path = options.required('images');
  const how = options.required('binarise');
  const perImage = options.text('per-image');
  const kind = options.choice('backend', ['cpu', 'webgpu']);
  const problem = options.problem();
  if (problem !== null) return fail(problem);
  const binarisation = parseBinarisation(how);
  if (!binarisation.ok) return fail(`--binarise: ${binarisation.reason}`);
  const file = readDensity(modelPath);
  if (!file.ok) return file;
  const { model } = file.value;
  const source = { option: '--images', path, labels: options.text('labels') };
  const images = readPooled(source, binarisation.value, model.grid, modelPath);
  if (!images.ok) return images;

  const backend = await createBackend(kind);
  if (!backend.ok) return backend;
  const bar = new ProgressBar(options.has('json'));
  let logLikelihood: Float64Array;
  try {
    const evaluator = await backend.value.open(model);
    logLikelihood = await scoreAll(evaluator, binarise(images.value, binarisation.value), bar);
    evaluator.destroy();
  } finally {
    bar.clear();
    backend.value.destroy();
  }
  const named = { option: '--model', path: modelPath };
  const checked = checkLogProbabilities(named, 'log p', logLikelihood);
  if (!checked.ok) return checked;
  if (perImage !== null) {
    const written = writeBytes('--per-image', perImage, littleEndian(logLikelihood));
    if (!written.ok) return unwritten(written.reason);
  }

  const estimate = estimateOf(logLikelihood);
  const parameters = findFamily(model.family)!.parameterCount(model.grid, model.hyper);
  const bitsPerPixel = estimate.nats / (pixelCount(model.grid) * Math.LN2);
  if (options.has('json'))
    return done(
      jsonLine({
        family: model.family,
        parameters,
        images: estimate.images,
        meanLogLikelihood: -estimate.nats,
        standardError: estimate.standardError,
        bitsPerPixel,
        backend: backend.value.kind,
        binarisation: formatBinarisation(binarisation.value),
      }),
    );
  return done(
    [
      `${model.family}, ${grouped(parameters)} parameters, on ${backend.value.description}`,
      `${grouped(estimate.images)} images, binarisation ${describeBinarisation(binarisation.value)}`,
      `log p ${(-estimate.nats).toFixed(3)} nats an image, standard error ${estimate.standardError.toFixed(3)}`,
      `${bitsPerPixel.toFixed(5)} bits per pixel`,
    ].join('\n'),
  );
}

/** log p of every image in nats, [count]. */
async function scoreAll(
  evaluator: Evaluator,
  images: PackedImages,
  bar: ProgressBar,
): Promise<Float64Array<ArrayBuffer>> {
  const all = new Float64Array(images.count);
  await inPieces(images.count, bar.counting('scoring', 'images', images.count), async (first, count) => {
    all.set(await evaluator.logLikelihood(sliceImages(images, first, count)), first);
  });
  return all;
}

function littleEndian(values: Float64Array): Uint8Array {
  const view = new DataView(new ArrayBuffer(values.length * 4));
  values.forEach((value, i) => view.setFloat32(i * 4, value, true));
  return new Uint8Array(view.buffer);
}
