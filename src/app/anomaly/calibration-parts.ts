/** Work of a calibration on one part of its digits: binarising and scoring them, and counting the models that score them. */
import type { PackedImages } from '../../data/images.ts';
import { fail, ok, type Result } from '../../data/result.ts';
import type { Binarisation } from '../../data/binarisation.ts';
import type { Engine, ImageSource } from '../../engine/api.ts';
import { jobOf } from '../../engine/job.ts';
import { completeHyper, families } from '../../models/registry.ts';
import type { Hyper, Model } from '../../models/model.ts';
import type { ModelRecord } from '../../store/records.ts';
import { trainInTurn, type Turn } from '../turn.ts';

/** Run of every training, and prefix of the names of models loaded for one fold. */
export const FOLD = 'anomaly fold';

/** The family of the background model: local texture without shape. Undefined where the registry has none. */
const backgroundFamily = families.find((spec) => spec.background);

/** How the digits are binarised for the calibration of drawings and of data sets. */
export interface Binarisations {
  /** As the pad binarises a drawing. */
  readonly drawn: Binarisation;
  /** As the model's training images were binarised. */
  readonly trained: Binarisation;
}

interface Ports {
  readonly engine: Engine;
  readonly turn: Turn;
  readonly signal: AbortSignal;
}

/** The digits to score, in both binarisations. */
export interface CalibrationImages {
  readonly drawn: PackedImages;
  readonly trained: PackedImages;
}

/** Scores of the same digits in both binarisations, [count]. */
export interface CalibrationScores {
  readonly drawn: { logLikelihood: number[]; background: number[] };
  readonly trained: { logLikelihood: number[]; background: number[] };
}

export function emptyScores(): CalibrationScores {
  const none = () => ({ logLikelihood: [], background: [] });
  return { drawn: none(), trained: none() };
}

export async function addScores(
  { engine, signal }: Ports,
  name: string,
  background: string,
  images: CalibrationImages,
  scores: CalibrationScores,
): Promise<Result<null>> {
  for (const kind of ['drawn', 'trained'] as const) {
    const own = await engine.score(name, images[kind], signal);
    if (!own.ok) return own;
    const texture = await engine.score(background, images[kind], signal);
    if (!texture.ok) return texture;
    scores[kind].logLikelihood.push(...own.value);
    scores[kind].background.push(...texture.value);
  }
  return ok(null);
}

export async function pack(
  { engine }: Ports,
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
export async function countBackground(
  ports: Ports,
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
export async function train(
  ports: Ports,
  model: { readonly family: string; readonly hyper: Hyper } & Pick<
    ModelRecord,
    'grid' | 'binarisation' | 'seed'
  >,
  images: ImageSource,
  validationShare: number,
): Promise<Result<Model>> {
  const { family, hyper, grid, binarisation, seed } = model;
  const job = jobOf({ runId: FOLD, family, hyper, grid, images, binarisation, validationShare, seed });
  const outcome = await trainInTurn(ports, job, ports.signal);
  return outcome.ok ? ok(outcome.value.model) : outcome;
}
