/** Calibration of the anomaly detectors: log p of the unseen digits under a model and under its background model. */
import { greyBinarisation } from '../../data/binarise.ts';
import { type Calibration, calibrate, findings } from '../../stats/detection.ts';
import type { GreyImages, PackedImages } from '../../data/images.ts';
import { fail, ok, type Result } from '../../data/result.ts';
import type { Engine } from '../../engine/api.ts';
import { jobOf } from '../../engine/job.ts';
import { completeHyper, families } from '../../models/registry.ts';
import type { Model } from '../../models/model.ts';
import type { ModelRecord } from '../../store/records.ts';
import { scoreInParts } from '../calibration/reference.ts';
import type { ScoredDigits } from '../calibration/unseen-scores.svelte.ts';
import { STARTER } from '../compare/counted-models.ts';
import type { TrainingData } from '../training/training-data.ts';
import { heldBackShare } from '../compare/learnt-from.ts';
import { trainInTurn, type Turn } from '../turn.ts';
import { unloadQuietly } from '../while-loaded.ts';

/** The family of the background model: local texture without shape. Undefined where the registry has none. */
const backgroundFamily = families.find((spec) => spec.background);

export interface AnomalyCalibration {
  readonly scores: Calibration;
  /** Number of digits. */
  readonly count: number;
  /** Share of the digits that the verdict flags. */
  readonly falseAlarms: number;
  readonly background: Model;
  /** Name of the data set that the background model was counted from. */
  readonly countedFrom: string;
}

interface CalibrationPorts {
  readonly engine: Engine;
  /** Of the background model in the engine. */
  readonly name: string;
  readonly turn: Turn;
  readonly starter: () => Promise<GreyImages | null>;
  /** The images that a model was trained on; null where they are not stored here, or have changed since. */
  readonly trainingData: (model: ModelRecord) => Promise<Result<TrainingData> | null>;
  /** The unseen digits, binarised as for the scores of the model. */
  readonly images: () => Promise<Result<PackedImages>>;
  /** 0 to 1. */
  readonly onProgress: (done: number) => void;
  readonly signal: AbortSignal;
}

/**
 * The calibration of a model with these scores of the unseen digits; its background stays loaded under `ports.name`, and nothing else does.
 * Where it fails or rejects nothing stays loaded; once aborted it loads nothing more, and the caller that aborted it unloads that.
 */
export async function measureCalibration(
  ports: CalibrationPorts,
  model: ModelRecord,
  own: ScoredDigits,
): Promise<Result<AnomalyCalibration>> {
  let measured = false;
  try {
    const calibration = await measure(ports, model, own);
    measured = calibration.ok;
    return calibration;
  } finally {
    if (!measured && !ports.signal.aborted) await unloadQuietly(ports.engine, ports.name);
  }
}

async function measure(
  ports: CalibrationPorts,
  model: ModelRecord,
  own: ScoredDigits,
): Promise<Result<AnomalyCalibration>> {
  const { engine, name, signal, onProgress } = ports;
  const counted = await countBackground(ports, model);
  if (!counted.ok) return counted;
  const { background, countedFrom } = counted.value;
  const images = await ports.images();
  if (!images.ok) return images;
  // Checked right before the call: once aborted, another measurement may have loaded its model under this name.
  signal.throwIfAborted();
  const loaded = await engine.load(name, background);
  if (!loaded.ok) return loaded;
  const scored = await scoreInParts(engine, name, images.value, signal, onProgress);
  if (!scored.ok) return scored;
  const all = { logLikelihood: own.scores, background: scored.value };
  const scores = calibrate(all);
  const flagged = findings(scores, all).filter((each) => each.flagged);
  const { count } = images.value;
  return ok({ scores, count, falseAlarms: flagged.length / count, background, countedFrom });
}

/** Counts the background model on the model's own training images, or on the starter digits where those are not here. */
async function countBackground(
  ports: CalibrationPorts,
  model: ModelRecord,
): Promise<Result<{ readonly background: Model; readonly countedFrom: string }>> {
  if (!backgroundFamily) return fail('background: no family of this kind is known');
  const own = await ports.trainingData(model);
  const data = own ?? starterData(await ports.starter());
  if (!data.ok) return data;
  const { images, dataset } = data.value;
  const job = jobOf({
    runId: ports.name,
    family: backgroundFamily.id,
    hyper: completeHyper(backgroundFamily),
    grid: model.grid,
    images,
    // The starter digits are grey, whatever the model was trained on.
    binarisation: own ? model.binarisation : greyBinarisation(model.binarisation),
    validationShare: heldBackShare(dataset.images),
    seed: model.seed,
  });
  const outcome = await trainInTurn(ports, job, ports.signal);
  return outcome.ok ? ok({ background: outcome.value.model, countedFrom: dataset.name }) : outcome;
}

function starterData(starter: GreyImages | null): Result<TrainingData> {
  if (!starter) return fail('The starter digits are not here: reload to try again.');
  return ok({ images: { kind: 'grey', images: starter }, dataset: { ...STARTER, images: starter.count } });
}
