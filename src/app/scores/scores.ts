import { describeBinarisation, greyBinarisation } from '../../data/binarise.ts';
import type { NamedFile } from '../../data/idx-pair.ts';
import { readIdxLabels } from '../../data/idx.ts';
import { type PackedImages, pixelCount, takeImages } from '../../data/images.ts';
import { indexRange } from '../../data/rng.ts';
import { ok, type Result } from '../../data/result.ts';
import { forEachSlice } from '../../data/slices.ts';
import { csvOf, type CsvCell } from '../../data/write-csv.ts';
import type { Engine, ImageSource } from '../../engine/api.ts';
import type { ModelRecord } from '../../store/records.ts';
import { fileName } from '../library/files.ts';
import type { TrainingData } from '../training/training-data.ts';
import { whileLoaded } from '../while-loaded.ts';

/** Images that are scored at a time: between two slices the engine reads the drawing, and an abort takes effect. */
const SLICE = 100;
/** How long a slice of rows may keep the page from answering, in milliseconds. */
const ROWS_MS = 12;

const COLUMNS = [
  'id',
  'label',
  'log p (nats)',
  'log2 p (bits)',
  'bits per pixel',
  'model',
  'binarisation',
  'data set',
] as const;

interface ScoresRequest {
  readonly engine: Engine;
  readonly model: ModelRecord;
  readonly data: TrainingData;
  readonly signal: AbortSignal;
  /** Takes the share that is done, 0 to 1. */
  readonly onProgress: (done: number) => void;
}

let serial = 0;

/**
 * A CSV file with log p of every image of a data set under a model: one row for each, in the order of the set, counted from 1. Images are binarised as
 * the model's training images were. log p is at most 0, and likelier is higher; bits per pixel are a cost. Rejects with the reason of the signal where
 * that is aborted.
 */
export async function scoresFile(request: ScoresRequest): Promise<Result<NamedFile>> {
  const { engine, model, data, signal, onProgress } = request;
  const { images: source, dataset } = data;
  const binarisation = greyBinarisation(model.binarisation);
  const labels = labelsOf(source);
  if (!labels.ok) return labels;
  const packed = await engine.pack({ images: source, rows: null, grid: model.grid, binarisation });
  signal.throwIfAborted();
  if (!packed.ok) return packed;
  const name = `scores ${++serial}`;
  const scored = await whileLoaded(engine, name, model, () =>
    scoresOf(engine, name, packed.value, signal, onProgress),
  );
  if (!scored.ok) return scored;
  const rows = { scores: scored.value, labels: labels.value, pixels: pixelCount(model.grid) };
  const tail = [model.name, describeBinarisation(binarisation), dataset.name];
  const text = await csvText(rows, tail, signal);
  return ok({ name: `${fileName(`inkling scores ${dataset.name} ${model.name}`)}.csv`, bytes: text });
}

/** log p in nats of every image, [count]. */
async function scoresOf(
  engine: Engine,
  name: string,
  images: PackedImages,
  signal: AbortSignal,
  onProgress: (done: number) => void,
): Promise<Result<Float64Array<ArrayBuffer>>> {
  const scores = new Float64Array(images.count);
  const done = await forEachSlice(images.count, {
    size: SLICE,
    signal,
    work: async (first, count) => {
      // A copy of these images alone: a view would send all of them to the worker.
      const scored = await engine.score(name, takeImages(images, indexRange(first, count)), signal);
      if (scored.ok) scores.set(scored.value, first);
      onProgress((first + count) / images.count);
      return scored;
    },
  });
  return done.ok ? ok(scores) : done;
}

/** Null where the images carry no class. */
function labelsOf(source: ImageSource): Result<Uint8Array | null> {
  if (source.kind === 'grey') return ok(source.images.labels);
  return source.labels ? readIdxLabels(source.labels, 'labels') : ok(null);
}

interface ScoredRows {
  readonly scores: Float64Array;
  readonly labels: Uint8Array | null;
  readonly pixels: number;
}

/** The rows in UTF-8, made in slices. */
async function csvText(
  { scores, labels, pixels }: ScoredRows,
  tail: readonly string[],
  signal: AbortSignal,
): Promise<Uint8Array<ArrayBuffer>> {
  const parts = [csvOf([COLUMNS])];
  await forEachSlice(scores.length, {
    targetMs: ROWS_MS,
    signal,
    work: (first, count) => {
      const rows = Array.from({ length: count }, (_, i): CsvCell[] => {
        const nats = scores[first + i];
        const bits = nats / Math.LN2;
        return [first + i + 1, labels ? labels[first + i] : null, nats, bits, -bits / pixels, ...tail];
      });
      parts.push(csvOf(rows));
    },
  });
  return new Uint8Array(await new Blob(parts).arrayBuffer());
}
