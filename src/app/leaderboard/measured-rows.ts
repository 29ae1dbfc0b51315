import type { Binarisation } from '../../data/binarisation.ts';
import { fail, ok, type Result } from '../../data/result.ts';
import type { TrainProgress } from '../../engine/api.ts';
import { findFamily } from '../../models/registry.ts';
import type { ModelRecord } from '../../store/records.ts';
import type { BoardSet, LeaderboardPorts } from './ports.ts';
import { type Candidate, type LeaderRow, rowId, rowOf } from './rows.ts';
import { boardJobOf, measure, type TestSet, testSetOf } from './run.ts';
import type { TrainingData } from '../training/training-data.ts';
import { trainInTurn } from '../turn.ts';

/** The images that the models of one run are trained and measured on. */
interface RunImages {
  readonly trainingData: TrainingData;
  /** Null where the data set has no test images. */
  readonly test: TestSet | null;
}

interface RowWork extends RunImages {
  readonly set: BoardSet;
  readonly binarisation: Binarisation;
  readonly candidate: Candidate;
  readonly epochs: number;
  /** Called when a phase begins, and again with every progress of the training. */
  readonly onPhase: (phase: 'waiting' | 'training' | 'measuring', now: TrainProgress | null) => void;
}

/** Loads the training images of a data set, and its test images binarised. */
export async function loadImages(
  ports: Pick<LeaderboardPorts, 'trainingData' | 'testImages'>,
  datasetId: string,
  binarisation: Binarisation,
): Promise<Result<RunImages>> {
  const trainingData = await ports.trainingData(datasetId);
  if (!trainingData.ok) return trainingData;
  const test = await loadTestSet(ports, datasetId, binarisation);
  return test.ok ? ok({ trainingData: trainingData.value, test: test.value }) : test;
}

/** Trains a candidate, when it is its turn, and measures it. */
export async function trainedRow(
  ports: Pick<LeaderboardPorts, 'engine' | 'turn'>,
  { set, binarisation, trainingData, test, candidate, epochs, onPhase }: RowWork,
  signal: AbortSignal,
): Promise<Result<LeaderRow>> {
  const { key, family, name, hyper } = candidate;
  const spec = findFamily(family);
  if (!spec) return fail(`family: "${family}" is unknown`);
  onPhase('waiting', null);
  const job = boardJobOf(spec, hyper, set.grid, trainingData, binarisation, epochs);
  const outcome = await trainInTurn(ports, job, signal, (now) => onPhase('training', now));
  if (!outcome.ok) return outcome;
  onPhase('measuring', null);
  const { model, ...how } = outcome.value;
  const measured = await measure(ports.engine, model, test, signal);
  if (!measured.ok) return measured;
  const { nats, accuracy } = measured.value;
  const of = { id: rowId(set.id, binarisation, key), key, name, kept: false };
  return ok(
    rowOf({
      ...of,
      ...model,
      ...how,
      dataset: trainingData.dataset,
      binarisation,
      seed: job.seed,
      test: nats,
      accuracy,
    }),
  );
}

/** Measures a model that the visitor keeps, on test images binarised as its training images were. */
export async function keptRow(
  ports: Pick<LeaderboardPorts, 'engine' | 'testImages'>,
  datasetId: string,
  model: ModelRecord,
  signal: AbortSignal,
): Promise<Result<LeaderRow>> {
  const test = await loadTestSet(ports, datasetId, model.binarisation);
  if (!test.ok) return test;
  const measured = await measure(ports.engine, model, test.value, signal);
  if (!measured.ok) return measured;
  const { nats, accuracy } = measured.value;
  const of = { id: `kept ${model.id}`, key: model.id, kept: true };
  return ok(rowOf({ ...model, ...of, test: nats, accuracy }));
}

async function loadTestSet(
  ports: Pick<LeaderboardPorts, 'testImages'>,
  datasetId: string,
  binarisation: Binarisation,
): Promise<Result<TestSet | null>> {
  const images = await ports.testImages(datasetId);
  if (images === null) return ok(null);
  return images.ok ? testSetOf(images.value, binarisation) : images;
}
