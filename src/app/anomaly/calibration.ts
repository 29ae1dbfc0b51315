/**
 * Calibration of the anomaly detectors: log p of digits under a model and under its background model. Neither was trained on these
 * digits where that is possible.
 */
import { greyBinarisation } from '../../data/binarise.ts';
import { splitIndices, takeRows } from '../../data/dataset.ts';
import { type Calibration, calibrate, findings } from '../../stats/detection.ts';
import type { GreyImages } from '../../data/images.ts';
import { indexRange, permutation, Stream, streamKey } from '../../data/rng.ts';
import { fail, ok, type Result } from '../../data/result.ts';
import type { Engine, ImageSource } from '../../engine/api.ts';
import { findFamily } from '../../models/registry.ts';
import type { Model } from '../../models/model.ts';
import type { ModelRecord } from '../../store/records.ts';
import {
  addScores,
  type Binarisations,
  type CalibrationImages,
  type CalibrationScores,
  countBackground,
  emptyScores,
  FOLD,
  pack,
  train,
} from './calibration-parts.ts';
import { STARTER } from '../compare/counted-models.ts';
import { count } from '../format.ts';
import type { TrainingData } from '../training/training-data.ts';
import { heldBackShare } from '../training/training-sets.ts';
import type { Turn } from '../turn.ts';
import { unloadQuietly, whileLoaded } from '../while-loaded.ts';

/** Name of the background model in the engine. */
export const BACKGROUND = 'anomaly background';
/** Folds of the cross-validation of a counted model: each counts it without another tenth of its digits. */
const FOLDS = 10;
/** Digits of a calibration, at most. */
const MAX_DIGITS = 1000;

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
  readonly signal: AbortSignal;
}

/**
 * The calibration of a model that is loaded as `name`; its background stays loaded as BACKGROUND, and nothing else does. Where it fails
 * or rejects nothing stays loaded; once aborted it loads nothing more, and the caller that aborted it unloads BACKGROUND.
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
    if (!measured && !ports.signal.aborted) await unloadQuietly(ports.engine, BACKGROUND);
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
  const drawn = greyBinarisation(binarisations.drawn);
  const trained = greyBinarisation(binarisations.trained);
  const source = { kind: 'grey', images: starter } as const;
  return await byImages(ports, name, { ...model, binarisation: trained }, { drawn, trained }, source, null);
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
    ports.signal.throwIfAborted();
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

/** Scores under the model that is loaded as `name`, and under its background model, which stays loaded as BACKGROUND. */
async function scoreLoaded(
  ports: CalibrationPorts,
  name: string,
  background: Model,
  images: CalibrationImages,
  scores: CalibrationScores,
): Promise<Result<null>> {
  // Checked right before the call: once aborted, another measurement may have loaded its model under this name.
  ports.signal.throwIfAborted();
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
  const again = await train(ports, model, digits, 0);
  if (!again.ok) return again;
  const own = `${FOLD} ${++folds}`;
  const under = `${own} background`;
  return await whileLoaded(engine, own, again.value, () =>
    whileLoaded(engine, under, background, () => addScores(ports, own, under, images, scores)),
  );
}

/** Each fold gets its own number, because measurements may overlap. */
let folds = 0;
