import { binarise, formatBinarisation, parseBinarisation } from '../data/binarise.ts';
import { type Evidence, evidenceOf, unknownPixels } from '../data/known-pixels.ts';
import { writeIdxImages } from '../data/idx.ts';
import { type GreyImages, type PackedImages, pixelCount, sliceImages, unpackImage } from '../data/images.ts';
import { type MaskPreset, MASK_PRESETS, presetMask } from '../data/mask-presets.ts';
import { fail, ok, type Result } from '../data/result.ts';
import type { Completion, CompletionMethodInfo, CompletionRequest } from '../engine/queries/api.ts';
import { CompleteQueries } from '../engine/queries/complete/queries.ts';
import type { Backend } from '../engine/backends/backend.ts';
import type { Model } from '../models/types.ts';
import { MODEL_NAME, loadForQueries } from './loaded-model.ts';
import { createBackend } from './backend.ts';
import { done, unwritten, type Verdict } from './check.ts';
import { contactSheet, MAX_ON_SHEET } from './contact-sheet.ts';
import { writeBytes } from './files.ts';
import { checkLogProbabilities } from './log-probabilities.ts';
import { type OptionKind, type Options, readOptions, SEED } from './options.ts';
import { jsonLine } from './output.ts';
import { readDensity, readPooled } from './model-files.ts';
import { grouped, ProgressBar } from './terminal.ts';

const OPTIONS = {
  model: 'input',
  images: 'input',
  index: 'text',
  binarise: 'text',
  keep: 'text',
  method: 'text',
  count: 'text',
  seed: 'text',
  sweeps: 'text',
  proposals: 'text',
  distance: 'flag',
  out: 'output',
  png: 'output',
  backend: 'text',
  json: 'flag',
} as const satisfies Record<string, OptionKind>;

export const completeHelp = `complete --model FILE --images IDX [--index I] --keep WHICH [--method HOW] [--count N] [--seed S] [--distance] [--out IDX] [--png FILE] [--backend cpu|webgpu] [--json]
  Keeps some pixels of one image and lets the model go on from them, and says whether its images follow p(unknown | known)
  exactly. Images larger than the model's grid are pooled to it.
  --index I          which of the images (0)
  --binarise HOW     threshold | stochastic:SEED | dynamic:SEED | none; by default as the model's training images were
  --keep WHICH       ${MASK_PRESETS.join(' | ')}
  --method HOW       exact | forward | importance | gibbs
  --count N          images wanted, 1 to 100,000 (64)
  --sweeps K         gibbs: how often every unknown pixel is redrawn (20)
  --proposals K      importance: forward samples for every image wanted (20)
  --distance         also draws N once more and prints their total variation distance to p(unknown | known), listed; at most 16
                     pixels may be unknown then
  --out IDX          images as IDX, 0 and 255
  --png FILE         the same as one contact sheet, of ${MAX_ON_SHEET} images at most
`;

export async function complete(args: readonly string[]): Promise<Result<Verdict>> {
  const read = readOptions(args, OPTIONS);
  if (!read.ok) return read;
  const options = read.value;
  const modelPath = options.required('model');
  const path = options.required('images');
  const out = options.text('out');
  const png = options.text('png');
  const request = requestOf(options);
  const index = options.number('index', { default: 0, min: 0, max: 1e9, whole: true });
  const how = options.text('binarise');
  const kind = options.choice('backend', ['cpu', 'webgpu']);
  const problem = options.problem();
  if (problem !== null) return fail(problem);
  if (png !== null && request.count > MAX_ON_SHEET)
    return fail(`${png}: --png: ${request.count} images are more than the ${MAX_ON_SHEET} that fit a sheet`);
  const given = how === null ? ok(null) : parseBinarisation(how);
  if (!given.ok) return fail(`--binarise: ${given.reason}`);
  const file = readDensity(modelPath);
  if (!file.ok) return file;
  const { model, provenance } = file.value;
  const binarisation = given.value ?? provenance.binarisation;
  const source = { option: '--images', path, labels: null };
  const images = readPooled(source, binarisation, model.grid, modelPath);
  if (!images.ok) return images;
  if (index >= images.value.count)
    return fail(`${path}: --index: ${index}, but there are ${images.value.count} images`);
  const image = sliceImages(binarise(images.value, binarisation), index, 1);
  const evidence = evidenceOf(image, presetMask(model.grid, request.keep));

  const backend = await createBackend(kind);
  if (!backend.ok) return backend;
  const bar = new ProgressBar(options.has('json'));
  const begun = performance.now();
  let answer: Result<Answer>;
  try {
    answer = await runQuery(backend.value, model, { ...request, evidence }, options.has('distance'), bar);
  } finally {
    bar.clear();
    backend.value.destroy();
  }
  if (!answer.ok) return fail(`--method: ${request.method}: ${answer.reason}`);
  const seconds = (performance.now() - begun) / 1000;
  const { completion, info, distance } = answer.value;
  if (completion.logMarginal !== null) {
    const modelSource = { option: '--model', path: modelPath };
    const checked = checkLogProbabilities(modelSource, 'log p of the known pixels', [completion.logMarginal]);
    if (!checked.ok) return checked;
  }
  const written = writeImages(completion.images, out, png);
  if (!written.ok) return unwritten(written.reason);

  const unknown = unknownPixels(evidence).length;
  const known = pixelCount(model.grid) - unknown;
  if (options.has('json'))
    return done(
      jsonLine({
        family: model.family,
        index,
        keep: request.keep,
        known,
        unknown,
        method: request.method,
        exact: completion.exact,
        why: info.why,
        logMarginal: completion.logMarginal,
        effectiveSamples: completion.effectiveSamples,
        distance,
        images: request.count,
        seed: request.seed,
        seconds,
        backend: backend.value.kind,
        binarisation: formatBinarisation(binarisation),
        out,
        png,
      }),
    );
  const { logMarginal, effectiveSamples } = completion;
  const lines = [
    `${model.family}, image ${index} of ${path}, ${request.keep} known: ${known} pixels, ${unknown} to be drawn`,
    `${request.method}, ${completion.exact ? 'exact' : 'not exact'}. ${info.why}`,
    logMarginal !== null && `log p(known) ${completion.exact ? '' : 'about '}${logMarginal.toFixed(3)} nats`,
    effectiveSamples !== null &&
      `worth ${effectiveSamples.toFixed(1)} equally weighed samples of ${grouped(request.count * request.proposals)}`,
    distance !== null && `total variation distance to p(unknown | known) ${distance.toFixed(4)}`,
    `${grouped(request.count)} images, seed ${request.seed}, in ${seconds.toFixed(2)} s` +
      (out === null && png === null ? '' : `: ${[out, png].filter((name) => name !== null).join(' and ')}`),
  ];
  return done(lines.filter((line) => line !== false).join('\n'));
}

type RequestOptions = Omit<CompletionRequest, 'evidence'> & { readonly keep: MaskPreset };

function requestOf(options: Options): RequestOptions {
  options.required('keep');
  const times = { default: 20, min: 1, max: 10_000, whole: true };
  return {
    keep: options.choice('keep', MASK_PRESETS),
    method: options.choice('method', ['exact', 'forward', 'importance', 'gibbs']),
    count: options.number('count', { default: 64, min: 1, max: 100_000, whole: true }),
    seed: options.number('seed', SEED),
    sweeps: options.number('sweeps', times),
    proposals: options.number('proposals', times),
  };
}

interface Answer {
  readonly completion: Completion;
  readonly info: CompletionMethodInfo;
  readonly distance: number | null;
}

async function runQuery(
  backend: Backend,
  model: Model,
  request: CompletionRequest & { readonly evidence: Evidence },
  withDistance: boolean,
  bar: ProgressBar,
): Promise<Result<Answer>> {
  const loaded = loadForQueries(backend, model);
  if (!loaded.ok) return loaded;
  const models = loaded.value;
  const queries = new CompleteQueries(models);
  const methods = await queries.methods(MODEL_NAME, request.evidence);
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

function writeImages(images: PackedImages, out: string | null, png: string | null): Result<null> {
  const n = pixelCount(images.grid);
  const pixels = new Uint8Array(images.count * n);
  for (let m = 0; m < images.count; m++)
    unpackImage(images, m).forEach((bit, pixel) => (pixels[m * n + pixel] = 255 * bit));
  const grey: GreyImages = { grid: images.grid, count: images.count, pixels, labels: null };
  const written = out === null ? ok(null) : writeBytes('--out', out, writeIdxImages(grey));
  if (!written.ok || png === null) return written;
  return writeBytes('--png', png, contactSheet(grey));
}
