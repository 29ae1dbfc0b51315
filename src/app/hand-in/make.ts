import { greyBinarisation } from '../../data/binarise.ts';
import type { NamedFile } from '../../data/idx-pair.ts';
import { type Grid, type PackedImages, pixelCount, unpackImage } from '../../data/images.ts';
import { fail, ok, type Result } from '../../data/result.ts';
import { indexRange } from '../../data/rng.ts';
import { yieldToEventLoop } from '../../data/slices.ts';
import { writeZip, type ZipEntry } from '../../data/zip.ts';
import type { GreyImages } from '../../data/images.ts';
import type { Engine } from '../../engine/api.ts';
import { findFamily } from '../../models/registry.ts';
import type { ModelRecord } from '../../store/records.ts';
import { STARTER } from '../compare/counted-models.ts';
import { fixed } from '../format.ts';
import { measure } from '../leaderboard/run.ts';
import { fileName } from '../library/files.ts';
import { MNIST_ID } from '../library/mnist.svelte.ts';
import type { Figure } from '../results/figure.ts';
import { modelNote } from '../results/notes.ts';
import { drawing } from '../results/sample-film.ts';
import { whileLoaded } from '../while-loaded.ts';
import {
  curveCsv,
  type HandInTest,
  readme,
  recipeOf,
  resultsOf,
  SAMPLES,
  SAMPLES_IN_A_ROW,
} from './words.ts';

/** Pixels that all samples are advanced by at a time: a cancel takes effect between two steps. */
const STEP_PIXELS = 28;
/** Shares of the progress: measuring, then drawing. */
const MEASURED = 0.4;

export interface HandInRequest {
  readonly engine: Engine;
  readonly model: ModelRecord;
  readonly link: string;
  /** The test digits that come with the app. */
  readonly unseen: () => Promise<Result<GreyImages>>;
  /** Makes a PNG file of a figure. */
  readonly png: (figure: Figure, link: string) => Promise<Uint8Array<ArrayBuffer>>;
  readonly signal: AbortSignal;
  /** Takes the share that is done, 0 to 1. */
  readonly onProgress: (done: number) => void;
}

let serial = 0;

/**
 * What a course asks for of a trained model, as one zip archive: how it was made, its curve, what it reaches on test images, and a hundred samples.
 * Test images that are not to be had are said to be missing, and fail nothing. Rejects with the reason of the signal where that is aborted.
 */
export async function handInFile(request: HandInRequest): Promise<Result<NamedFile>> {
  const { engine, model, link, signal, png, onProgress } = request;
  const test = await testOf(request);
  signal.throwIfAborted();
  onProgress(MEASURED);
  const sheet = await sampleSheet(engine, model, signal, (done) =>
    onProgress(MEASURED + (0.95 - MEASURED) * done),
  );
  if (!sheet.ok) return sheet;
  const samples = sheet.value ? await png(sheetFigure(model, sheet.value), link) : null;
  signal.throwIfAborted();
  const text = (name: string, content: string): ZipEntry => ({
    name,
    bytes: new TextEncoder().encode(content),
    packed: true,
  });
  const json = (name: string, content: object) => text(name, `${JSON.stringify(content, null, 2)}\n`);
  const about = samples
    ? `${SAMPLES} samples, numbers 1 to ${SAMPLES} of seed ${model.seed}, temperature 1`
    : 'is missing: a classifier draws no images';
  const files: ZipEntry[] = [
    text('README.txt', readme(model, test, link, about)),
    json('recipe.json', recipeOf(model)),
    json('results.json', resultsOf(model, test)),
    text('curve.csv', curveCsv(model)),
    text('link.txt', `${link}\r\n`),
    ...(samples ? [{ name: 'samples.png', bytes: samples, packed: false }] : []),
  ];
  const parts = await writeZip(files, yieldToEventLoop);
  signal.throwIfAborted();
  onProgress(1);
  return ok({
    name: `${fileName(`inkling hand-in ${model.name}`)}.zip`,
    bytes: new Uint8Array(await new Blob(parts).arrayBuffer()),
  });
}

/** The model on the unseen digits, as the leaderboard measures; or why not. */
async function testOf({ engine, model, unseen, signal }: HandInRequest): Promise<HandInTest> {
  const without = (missing: string): HandInTest => ({ nats: null, accuracy: null, missing });
  const instead = model.validation
    ? 'What stands below was measured on images held back from training instead.'
    : 'What stands in results.json was measured on training images.';
  if (model.dataset.id !== MNIST_ID && model.dataset.id !== STARTER.id)
    return without(`There are no test images of ${model.dataset.name} on this machine. ${instead}`);
  const digits = await unseen();
  if (!digits.ok) return without(`The test digits could not be had: ${digits.reason} ${instead}`);
  const packed = await engine.pack({
    images: { kind: 'grey', images: digits.value },
    rows: null,
    grid: model.grid,
    binarisation: greyBinarisation(model.binarisation),
  });
  signal.throwIfAborted();
  if (!packed.ok) return without(`The test digits could not be read: ${packed.reason}. ${instead}`);
  const measured = await measure(
    engine,
    model,
    { images: packed.value, labels: digits.value.labels },
    signal,
  );
  if (!measured.ok) return without(`The test digits could not be scored: ${measured.reason}. ${instead}`);
  const { nats, accuracy } = measured.value;
  return {
    nats,
    accuracy,
    missing: nats ? '' : `A classifier has no p(x): its test is its accuracy. ${instead}`,
  };
}

/** A hundred samples of the run's seed; null of a classifier. */
async function sampleSheet(
  engine: Engine,
  model: ModelRecord,
  signal: AbortSignal,
  onProgress: (done: number) => void,
): Promise<Result<PackedImages | null>> {
  if (findFamily(model.family)?.task !== 'density') return ok(null);
  const name = `hand-in ${++serial}`;
  const request = { seed: model.seed, indices: indexRange(0, SAMPLES), temperature: 1 };
  const n = pixelCount(model.grid);
  return await whileLoaded(engine, name, model, async () => {
    let images: PackedImages | null = null;
    for await (const frame of drawing(engine, name, request, STEP_PIXELS, signal)) {
      onProgress(frame.position / n);
      if (frame.position === n) images = frame.images;
    }
    signal.throwIfAborted();
    return images ? ok(images) : fail('samples: the sampler did not finish them');
  });
}

function sheetFigure(model: ModelRecord, images: PackedImages): Figure {
  const note = modelNote({ side: 'right', title: model.name, model, density: null }).replace(
    /^Model B: /,
    '',
  );
  return {
    title: `${SAMPLES} samples of ${model.name}`,
    description: `Images 1 to ${SAMPLES} of seed ${model.seed}, temperature ${fixed(1, 0)}.`,
    columns: 1,
    panels: [
      {
        kind: 'images',
        title: '',
        columns: SAMPLES_IN_A_ROW,
        pictures: Array.from({ length: images.count }, (_, at) => inked(unpackImage(images, at), model.grid)),
      },
    ],
    notes: [note, `Images 1 to ${SAMPLES} of seed ${model.seed}, temperature 1.`],
  };
}

/** Ink and paper of the light theme. */
function inked(bits: Uint8Array, { width }: Grid) {
  const colours = new Uint8Array(3 * bits.length).fill(255);
  bits.forEach((bit, pixel) => {
    if (bit) colours.set([30, 32, 36], 3 * pixel);
  });
  return { width, colours };
}
