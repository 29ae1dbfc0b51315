import type { Binarisation } from '../../data/binarisation.ts';
import { formatBinarisation } from '../../data/binarise.ts';
import { type GreyImages, type Grid, MNIST_GRID } from '../../data/images.ts';
import { fail, ok, type Result } from '../../data/result.ts';
import type { Engine, TrainOutcome, TrainRequest, TrainProgress } from '../../engine/api.ts';
import { findFamily } from '../../models/registry.ts';
import type { Hyper, HyperParameter } from '../../models/types.ts';
import { isSwitch } from '../switch.ts';
import type { ModelRecord, RunRecord } from '../../store/records.ts';
import { sizingHyper } from './choice.ts';
import { describeGrid, sameGrid } from '../grids.ts';
import type { Turn } from '../turn.ts';

/** The thousand digits that come with the app, as models remember them. */
export const STARTER = { id: 'starter', name: 'starter digits', revision: 0 } as const;
/** Ids of models counted on the spot begin with this: they are kept nowhere. */
export const COUNTED = 'counted';
/** The same for the model of a run that is under way. */
export const LEARNING = 'learning';
/** Models counted on the spot that are kept ready: a slider goes back and forth. */
const KEPT = 16;

export interface Lineage {
  readonly id: string;
  readonly name: string;
  readonly dataset: ModelRecord['dataset'];
  readonly createdAt: number;
}

/** A run's outcome as a record: everything that its numbers depend on. */
export function recordOf(
  request: Pick<TrainRequest, 'binarisation' | 'seed'>,
  outcome: TrainOutcome,
  lineage: Lineage,
): ModelRecord {
  const { model, epochs, seconds, backend, train, validation, curve, quantiles } = outcome;
  const { binarisation, seed } = request;
  return {
    ...lineage,
    ...model,
    binarisation,
    seed,
    epochs,
    seconds,
    backend,
    train,
    validation,
    curve,
    quantiles,
  };
}

/** The weights of a run's checkpoint as a model to look at, with the figures of its progress. It is kept nowhere. */
export function learningRecord(run: RunRecord, progress: TrainProgress | null): ModelRecord {
  const { request, checkpoint } = run;
  return {
    id: `${LEARNING} ${run.id}`,
    name: `${describeModel(request.family, request.hyper, request.grid)}, learning`,
    family: request.family,
    grid: request.grid,
    hyper: request.hyper,
    tensors: checkpoint?.state.tensors ?? {},
    dataset: run.dataset,
    binarisation: request.binarisation,
    seed: request.seed,
    epochs: progress?.epoch ?? 0,
    seconds: checkpoint?.seconds ?? 0,
    backend: progress?.backend ?? 'cpu',
    train: { nats: progress?.train ?? NaN, standardError: 0, images: 0 },
    validation: null,
    curve: [],
    quantiles: new Float32Array(0),
    createdAt: Date.now(),
  };
}

/** "Neighbours, k = 6, 4 × 4": the family with the hyper-parameters that set it apart, and its grid where it is small. */
export function describeModel(family: string, hyper: Hyper, grid: Grid = MNIST_GRID): string {
  const spec = findFamily(family);
  if (!spec) return family;
  const sizing = sizingHyper(spec, grid);
  const values = spec.hyperparameters
    .filter((p) => sizing.includes(p) || hyper[p.name] !== p.default)
    .map((p) => describeValue(p, hyper[p.name]));
  const size = sameGrid(grid, MNIST_GRID) ? [] : [describeGrid(grid)];
  return [spec.label, ...values, ...size].join(', ');
}

function describeValue({ name, label, min, choices }: HyperParameter, value: number): string {
  if (!choices) return `${name} = ${value}`;
  return isSwitch(choices) ? label.toLowerCase() : choices[value - min];
}

/** Counts models from the starter digits, on the visitor's machine, in a fraction of a second. */
export class Counting {
  readonly #engine: Engine;
  readonly #turn: Turn;
  readonly #ready = new Map<string, ModelRecord>();

  constructor(engine: Engine, turn: Turn) {
    this.#engine = engine;
    this.#turn = turn;
  }

  async count(
    family: string,
    hyper: Hyper,
    images: GreyImages,
    binarisation: Binarisation,
    grid: Grid,
  ): Promise<Result<ModelRecord>> {
    const name = describeModel(family, hyper, grid);
    const id = `${COUNTED} ${name} ${describeGrid(grid)} ${formatBinarisation(binarisation)}`;
    const known = this.#ready.get(id);
    if (known) return ok(known);
    const request: TrainRequest = {
      runId: id,
      family,
      grid,
      hyper,
      images: { kind: 'grey', images },
      binarisation,
      validationShare: 0.1,
      seed: 0,
      epochs: 1,
      batchSize: 100,
      learningRate: 1e-3,
      checkpoint: null,
    };
    const done = await this.#turn.take();
    try {
      const outcome = await this.#engine.train(request, () => undefined);
      if (!outcome.ok) return fail(outcome.reason);
      const dataset = { ...STARTER, images: images.count };
      const record = recordOf(request, outcome.value, { id, name, dataset, createdAt: Date.now() });
      this.#keep(record);
      return ok(record);
    } finally {
      done();
    }
  }

  #keep(record: ModelRecord): void {
    this.#ready.set(record.id, record);
    const oldest = this.#ready.keys().next();
    if (this.#ready.size > KEPT && !oldest.done) this.#ready.delete(oldest.value);
  }
}
