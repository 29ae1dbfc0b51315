import { writeIdxImages } from '../data/idx.ts';
import { type GreyImages, pixelCount, unpackImage } from '../data/images.ts';
import { indexRange } from '../data/rng.ts';
import { fail, type Result } from '../data/result.ts';
import type { Backend } from '../engine/backends/backend.ts';
import type { Model } from '../models/types.ts';
import { createBackend } from './backend.ts';
import { done, unwritten, type Verdict } from './check.ts';
import { contactSheet, MAX_ON_SHEET } from './contact-sheet.ts';
import { writeBytes } from './files.ts';
import { type OptionKind, readOptions, SEED } from './options.ts';
import { jsonLine } from './output.ts';
import { readDensity } from './model-files.ts';
import { grouped, ProgressBar } from './terminal.ts';

const OPTIONS = {
  model: 'input',
  count: 'text',
  seed: 'text',
  temperature: 'text',
  out: 'output',
  png: 'output',
  backend: 'text',
  json: 'flag',
} as const satisfies Record<string, OptionKind>;

/** Images drawn at a time. */
const CHUNK = 256;
/** Pixels of the first call; doubled while a call takes less than QUICK_MS. */
const FIRST_PIXELS = 32;
const QUICK_MS = 100;

export const sampleHelp = `sample --model FILE --count N --seed S --out IDX [--png FILE] [--temperature T] [--backend cpu|webgpu] [--json]
  Draws images from the model, pixel by pixel. On one backend the same model and seed give the same images.
  --out IDX          images as IDX, 0 and 255
  --png FILE         the same as one contact sheet, of ${MAX_ON_SHEET} images at most
  --temperature T    divides every logit: 1 is the model itself, below 1 bolder, above 1 noisier
`;

export async function sample(args: readonly string[]): Promise<Result<Verdict>> {
  const read = readOptions(args, OPTIONS);
  if (!read.ok) return read;
  const options = read.value;
  const modelPath = options.required('model');
  const out = options.required('out');
  const png = options.text('png');
  options.required('count');
  const count = options.number('count', { default: 1, min: 1, max: 100_000, whole: true });
  const seed = options.number('seed', SEED);
  const temperature = options.number('temperature', { default: 1, min: 0.01, max: 100, whole: false });
  const kind = options.choice('backend', ['cpu', 'webgpu']);
  const problem = options.problem();
  if (problem !== null) return fail(problem);
  if (png !== null && count > MAX_ON_SHEET)
    return fail(`${png}: --png: ${count} images are more than the ${MAX_ON_SHEET} that fit a sheet`);
  const file = readDensity(modelPath);
  if (!file.ok) return file;
  const { model } = file.value;

  const backend = await createBackend(kind);
  if (!backend.ok) return backend;
  const bar = new ProgressBar(options.has('json'));
  const begun = performance.now();
  let images: GreyImages;
  try {
    images = await draw(backend.value, model, { seed, count, temperature }, bar);
  } finally {
    bar.clear();
    backend.value.destroy();
  }
  const seconds = (performance.now() - begun) / 1000;

  const written = writeBytes('--out', out, writeIdxImages(images));
  if (!written.ok) return unwritten(written.reason);
  if (png !== null) {
    const sheet = writeBytes('--png', png, contactSheet(images));
    if (!sheet.ok) return unwritten(sheet.reason);
  }
  if (options.has('json'))
    return done(
      jsonLine({
        family: model.family,
        images: count,
        seed,
        temperature,
        seconds,
        backend: backend.value.kind,
        out,
        png,
      }),
    );
  const files = png === null ? out : `${out} and ${png}`;
  return done(
    `${grouped(count)} images of ${model.family}, seed ${seed}, in ${seconds.toFixed(2)} s: ${files}`,
  );
}

interface Draw {
  readonly seed: number;
  readonly count: number;
  readonly temperature: number;
}

async function draw(backend: Backend, model: Model, request: Draw, bar: ProgressBar): Promise<GreyImages> {
  const n = pixelCount(model.grid);
  const pixels = new Uint8Array(request.count * n);
  const bits = new Uint8Array(n);
  const evaluator = await backend.open(model);
  const done = bar.counting('drawing', 'images', request.count);
  for (let first = 0; first < request.count; first += CHUNK) {
    const count = Math.min(CHUNK, request.count - first);
    const sampler = await evaluator.sampler({
      seed: request.seed,
      indices: indexRange(first, count),
      temperature: request.temperature,
    });
    for (let step = FIRST_PIXELS; sampler.position < n;) {
      const begun = performance.now();
      await sampler.advance(step);
      if (performance.now() - begun < QUICK_MS) step *= 2;
      done(first + (count * sampler.position) / n);
    }
    const images = await sampler.images();
    sampler.destroy();
    for (let i = 0; i < count; i++) {
      unpackImage(images, i, bits);
      for (let pixel = 0; pixel < n; pixel++) pixels[(first + i) * n + pixel] = bits[pixel] * 255;
    }
  }
  evaluator.destroy();
  return { grid: model.grid, count: request.count, pixels, labels: null };
}
