/**
 * Calibration of the anomaly detectors: log p of digits under a model and under its background model. Neither was trained on these
 * digits where that is possible.
 */
import type { Binarisation } from '../../data/binarisation.ts';
import { splitIndices, takeRows } from '../../data/dataset.ts';
import { type Calibration, calibrate, findings } from '../../stats/detection.ts';
import type { GreyImages, PackedImages } from '../../data/images.ts';
import { indexRange, permutation, Stream, streamKey } from '../../data/rng.ts';
import { fail, ok, type Result } from '../../data/result.ts';
import type { Engine, ImageSource } from '../../engine/api.ts';
import { jobOf } from '../../engine/job.ts';
import { completeHyper, families, findFamily } from '../../models/registry.ts';
import type { FamilySpec, Hyper, Model } from '../../models/types.ts';
import type { ModelRecord } from '../../store/records.ts';
import { STARTER } from '../compare/counted-models.ts';
import { count } from '../format.ts';
import type { TrainingData } from '../training/training-data.ts';
import { heldBackShare } from '../training/training-sets.ts';
import type { Turn } from '../turn.ts';
import { unloadQuietly, whileLoaded } from '../while-loaded.ts';

/** Name of the background model in the engine. */
export const BACKGROUND = 'anomaly background';
/** Prefix of the names of models loaded for one fold. Each gets its own number, because measurements may overlap. */
const FOLD = 'anomaly fold';
/** Folds of the cross-validation of a counted model: each counts it without another tenth of its digits. */
const FOLDS = 10;
/** Digits of a calibration, at most. */
const MAX_DIGITS = 1000;

/** The family of the background model: local texture without shape. Null where the registry has none. */
const backgroundFamily: FamilySpec | null = families.find((spec) => spec.background) ?? null;

/** How the digits are binarised for the calibration of drawings and of data sets. */
interface Binarisations {
  /** As the pad binarises a drawing. */
  readonly drawn: Binarisation;
  /** As the model's training images were binarised. */
  readonly trained: Binarisation;
}

export interface AnomalyCalibration {
  readonly drawn: Calibration;
  readonly trained: Calibration;
  /** Number of digits. */
  readonly count: number;
  /** Share of the digits that the verdict flags. */
  readonly falseAlarms: number;
  /** A sentence: which digits, and whether the models were trained on them. */
  readonly words: string;
  readonly background: Model;
}

interface CalibrationPorts {
  readonly engine: Engine;
  readonly turn: Turn;
  readonly starter: () => GreyImages | null;
  /** The images that a model was trained on; null where they are not stored here, or have changed since. */
  readonly trainingData: (model: ModelRecord) => Promise<Result<TrainingData> | null>;
  /** 0 to 1. */
  readonly onProgress: (done: number) => void;
  /** Whether the calibration is no longer needed. */
  readonly cancelled: () => boolean;
}

export const CANCELLED = 'cancelled';

/** The digits to score, in both binarisations. */
interface CalibrationImages {
  readonly drawn: PackedImages;
  readonly trained: PackedImages;
}

/** Scores of the same digits in both binarisations, [count]. */
interface CalibrationScores {
  readonly drawn: { logLikelihood: number[]; background: number[] };
  readonly trained: { logLikelihood: number[]; background: number[] };
}

/**
 * The calibration of a model that is loaded as `name`; its background stays loaded as BACKGROUND, and nothing else does. Where it fails
 * or rejects nothing stays loaded; once cancelled it loads nothing more, and the caller that cancelled unloads BACKGROUND.
 */
export async function measureCalibration(
  ports: CalibrationPorts,
  name: string,
  model: ModelRecord,
  binarisations: Binarisations,
): Promise<Result<AnomalyCalibration>> {
  let measured = false;
  try {
    const calibration = await measure(ports, name, model, binarisations);
    measured = calibration.ok;
    return calibration;
  } finally {
    if (!measured && !ports.cancelled()) await unloadQuietly(ports.engine, BACKGROUND);
  }
}

/**
 * Scores digits that neither model was fitted on: those that the model's run held back, or, where that run counted the starter
 * digits, all of them by cross-validation. Where neither is possible, scores digits that the model may have been trained on, and the
 * words say so.
 */
async function measure(
  ports: CalibrationPorts,
  name: string,
  model: ModelRecord,
  binarisations: Binarisations,
): Promise<Result<AnomalyCalibration>> {
  const starter = ports.starter();
  // Images given as bits are not binarised again.
  if (model.binarisation.kind === 'none')
    binarisations = { drawn: model.binarisation, trained: model.binarisation };
  if (model.dataset.id === STARTER.id && findFamily(model.family)?.training === 'counted')
    return starter ? await byFolds(ports, name, model, binarisations, starter) : fail(NO_STARTER);
  const trainingData = model.dataset.id === STARTER.id ? null : await ports.trainingData(model);
  if (trainingData && !trainingData.ok) return trainingData;
  if (trainingData)
    return await byImages(
      ports,
      name,
      model,
      binarisations,
      trainingData.value.images,
      trainingData.value.dataset,
    );
  if (!starter) return fail(NO_STARTER);
  // The starter digits are grey, whatever the model was trained on.
  const grey = model.binarisation.kind === 'none' ? ({ kind: 'threshold' } as const) : model.binarisation;
  const greyBinarisations =
    model.binarisation.kind === 'none' ? { drawn: grey, trained: grey } : binarisations;
  const source = { kind: 'grey', images: starter } as const;
  return await byImages(ports, name, { ...model, binarisation: grey }, greyBinarisations, source, null);
}

const NO_STARTER = 'The starter digits are not here: reload to try again.';

async function byFolds(
  ports: CalibrationPorts,
  name: string,
  model: ModelRecord,
  binarisations: Binarisations,
  starter: GreyImages,
): Promise<Result<AnomalyCalibration>> {
  // The model itself was counted without the first tenth of this permutation: see splitIndices.
  const order = permutation(starter.count, model.seed, streamKey(Stream.split));
  const scores = emptyScores();
  let background: Model | null = null;
  for (let fold = 0; fold < FOLDS; fold++) {
    const from = Math.floor((fold * starter.count) / FOLDS);
    const to = Math.floor(((fold + 1) * starter.count) / FOLDS);
    const others = order.filter((_, at) => at < from || at >= to).sort();
    const digits = takeRows(starter, others);
    const texture = await countBackground(ports, model, { kind: 'grey', images: digits }, 0);
    if (!texture.ok) return texture;
    background ??= texture.value;
    const source: ImageSource = { kind: 'grey', images: takeRows(starter, order.slice(from, to).sort()) };
    const packed = await pack(ports, source, null, model, binarisations);
    if (!packed.ok) return packed;
    const added =
      fold === 0
        ? await scoreLoaded(ports, name, texture.value, packed.value, scores)
        : await scoreFold(
            ports,
            model,
            { kind: 'grey', images: digits },
            texture.value,
            packed.value,
            scores,
          );
    if (!added.ok) return added;
    ports.onProgress((fold + 1) / FOLDS);
    if (ports.cancelled()) return fail(CANCELLED);
  }
  const words =
    `${count(starter.count)} starter digits, each scored by models that were counted without it: ` +
    `${FOLDS} times on the other ${100 - 100 / FOLDS} %.`;
  return finish(scores, words, background);
}

/** `dataset` is null for the starter digits, where it is not known which of them the model was trained on. */
async function byImages(
  ports: CalibrationPorts,
  name: string,
  model: ModelRecord,
  binarisations: Binarisations,
  images: ImageSource,
  dataset: TrainingData['dataset'] | null,
): Promise<Result<AnomalyCalibration>> {
  const total = dataset?.images ?? MAX_DIGITS;
  const heldBack = dataset ? (model.validation?.images ?? 0) : 0;
  const split = splitIndices(total, 1, heldBack, model.seed);
  const rows = (heldBack > 0 ? split.validation : indexRange(0, total)).slice(0, MAX_DIGITS);
  const texture = await countBackground(ports, model, images, heldBackShare(total));
  if (!texture.ok) return texture;
  if (ports.cancelled()) return fail(CANCELLED);
  ports.onProgress(0.5);
  const packed = await pack(ports, images, dataset ? rows : null, model, binarisations);
  if (!packed.ok) return packed;
  const scores = emptyScores();
  const added = await scoreLoaded(ports, name, texture.value, packed.value, scores);
  if (!added.ok) return added;
  ports.onProgress(1);
  const amount = count(packed.value.drawn.count);
  const words = !dataset
    ? `${amount} starter digits, of which it may have learnt some: the images that it was trained on are not here.`
    : heldBack > 0
      ? `${amount} images of ${dataset.name} that its training held back.`
      : `${amount} images of ${dataset.name} that it was trained on: it finds them likelier than new ones.`;
  return finish(scores, words, texture.value);
}

function finish(
  scores: CalibrationScores,
  words: string,
  background: Model | null,
): Result<AnomalyCalibration> {
  if (!background) return fail('background: it was not counted');
  const drawn = calibrate(scores.drawn);
  const own = findings(drawn, scores.drawn);
  return ok({
    drawn,
    trained: calibrate(scores.trained),
    count: own.length,
    falseAlarms: own.filter(({ flagged }) => flagged).length / own.length,
    words,
    background,
  });
}

function emptyScores(): CalibrationScores {
  const none = () => ({ logLikelihood: [], background: [] });
  return { drawn: none(), trained: none() };
}

/** Scores under the model that is loaded as `name`, and under its background model, which stays loaded as BACKGROUND. */
async function scoreLoaded(
  ports: CalibrationPorts,
  name: string,
  background: Model,
  images: CalibrationImages,
  scores: CalibrationScores,
): Promise<Result<null>> {
  // Checked right before the call: once cancelled, another measurement may have loaded its model under this name.
  if (ports.cancelled()) return fail(CANCELLED);
  const loaded = await ports.engine.load(BACKGROUND, background);
  return loaded.ok ? await addScores(ports, name, BACKGROUND, images, scores) : loaded;
}

/** Scores under the model counted again from these digits, and under a background model counted from them. */
async function scoreFold(
  ports: CalibrationPorts,
  model: ModelRecord,
  digits: ImageSource,
  background: Model,
  images: CalibrationImages,
  scores: CalibrationScores,
): Promise<Result<null>> {
  const { engine } = ports;
  if (ports.cancelled()) return fail(CANCELLED);
  const again = await train(ports, model, digits, 0);
  if (!again.ok) return again;
  const own = `${FOLD} ${++folds}`;
  const under = `${own} background`;
  return await whileLoaded(engine, own, again.value, () =>
    whileLoaded(engine, under, background, () => addScores(ports, own, under, images, scores)),
  );
}

let folds = 0;

async function addScores(
  { engine }: CalibrationPorts,
  name: string,
  background: string,
  images: CalibrationImages,
  scores: CalibrationScores,
): Promise<Result<null>> {
  for (const kind of ['drawn', 'trained'] as const) {
    const own = await engine.score(name, images[kind]);
    if (!own.ok) return own;
    const texture = await engine.score(background, images[kind]);
    if (!texture.ok) return texture;
    scores[kind].logLikelihood.push(...own.value);
    scores[kind].background.push(...texture.value);
  }
  return ok(null);
}

async function pack(
  { engine }: CalibrationPorts,
  images: ImageSource,
  rows: Uint32Array<ArrayBuffer> | null,
  { grid }: ModelRecord,
  binarisations: Binarisations,
): Promise<Result<CalibrationImages>> {
  const drawn = await engine.pack({ images, rows, grid, binarisation: binarisations.drawn });
  if (!drawn.ok) return drawn;
  const trained = await engine.pack({ images, rows, grid, binarisation: binarisations.trained });
  return trained.ok ? ok({ drawn: drawn.value, trained: trained.value }) : trained;
}

/** Counts the background model on the images, less the share that the model's own run held back. */
async function countBackground(
  ports: CalibrationPorts,
  model: ModelRecord,
  images: ImageSource,
  heldBack: number,
): Promise<Result<Model>> {
  if (!backgroundFamily) return fail('background: no family of this kind is known');
  const { id } = backgroundFamily;
  const hyper = completeHyper(backgroundFamily);
  return await train(ports, { ...model, family: id, hyper }, images, heldBack);
}

/** Trains a counted model after waiting for its turn. */
async function train(
  { engine, turn }: CalibrationPorts,
  model: { readonly family: string; readonly hyper: Hyper } & Pick<
    ModelRecord,
    'grid' | 'binarisation' | 'seed'
  >,
  images: ImageSource,
  validationShare: number,
): Promise<Result<Model>> {
  const { family, hyper, grid, binarisation, seed } = model;
  const job = jobOf({ runId: FOLD, family, hyper, grid, images, binarisation, validationShare, seed });
  const done = await turn.take();
  try {
    const outcome = await engine.train(job, () => undefined);
    return outcome.ok ? ok(outcome.value.model) : outcome;
  } finally {
    done();
  }
}
