import type { Binarisation } from '../../data/binarisation.ts';
import { formatBinarisation } from '../../data/binarise.ts';
import { type GreyImages, type Grid, MNIST_GRID } from '../../data/images.ts';
import { ok, type Result } from '../../data/result.ts';
import { VERSION } from '../../data/version.ts';
import type { Engine, RunSettings, TrainOutcome, TrainProgress } from '../../engine/api.ts';
import { jobOf } from '../../engine/job.ts';
import {
  findFamily,
  isClassConditional,
  isSwitch,
  valueIn,
  valueName,
  withRole,
} from '../../models/registry.ts';
import type { HyperParameter } from '../../models/family-spec.ts';
import type { Hyper } from '../../models/model.ts';
import type { ModelRecord, RunRecord } from '../../store/records.ts';
import { capital } from '../format.ts';
import { describeGrid, sameGrid } from '../grids.ts';
import { STARTER } from '../library/starter.ts';
import { trainInTurn, type Turn } from '../turn.ts';
import { firstModel } from './first-model.ts';

export { STARTER } from '../library/starter.ts';
/** Ids of models counted on the spot begin with this; they are not stored. */
export const COUNTED = 'counted';
/** The same for the model of the current training run. */
export const LEARNING = 'learning';
/** And for its weights at an earlier step. */
export const SNAPSHOT = `${LEARNING} snapshot`;
/** Counted models in the cache: a slider often returns to a recent value. */
const CACHE_SIZE = 16;

interface Lineage {
  readonly id: string;
  readonly name: string;
  readonly dataset: ModelRecord['dataset'];
  readonly createdAt: number;
}

/** A run's outcome as a record, with everything that its numbers depend on. */
export function recordOf(
  settings: Pick<RunSettings, 'binarisation' | 'seed'> & Pick<ModelRecord, 'targets'>,
  outcome: TrainOutcome,
  lineage: Lineage,
): ModelRecord {
  const { model, epochs, seconds, backend, train, validation, curve } = outcome;
  const { binarisation, targets, seed } = settings;
  return {
    ...lineage,
    ...model,
    binarisation,
    ...(targets ? { targets } : {}),
    seed,
    epochs,
    seconds,
    backend,
    train,
    validation,
    curve,
    quantiles: new Float32Array(0),
    version: VERSION,
  };
}

/** The model of a run under way, with the figures of its progress. Its weights are in the worker; it is not stored. */
export function learningRecord(
  run: Pick<RunRecord, 'id' | 'request' | 'dataset'>,
  seconds: number,
  progress: TrainProgress | null,
): ModelRecord {
  const { request } = run;
  return {
    id: `${LEARNING} ${run.id}`,
    name: `${describeModel(request.family, request.hyper, request.grid)}, learning`,
    family: request.family,
    grid: request.grid,
    hyper: request.hyper,
    tensors: {},
    dataset: run.dataset,
    binarisation: request.binarisation,
    ...(request.targets ? { targets: request.targets } : {}),
    seed: request.seed,
    epochs: progress?.epoch ?? 0,
    seconds,
    backend: progress?.backend ?? 'cpu',
    train: { nats: progress?.train ?? NaN, standardError: 0, images: 0 },
    validation: null,
    curve: [],
    createdAt: Date.now(),
  };
}

/** The model of a run after an earlier step, whose place in the run is "after 120 of 3,200 steps". Its weights are in the worker; it is not stored. */
export function snapshotRecord(
  run: Pick<RunRecord, 'id' | 'request' | 'dataset'>,
  step: number,
  place: string,
): ModelRecord {
  const { family, hyper, grid } = run.request;
  const name = `${capital(place)}: ${describeModel(family, hyper, grid)}`;
  return { ...learningRecord(run, 0, null), id: `${SNAPSHOT} ${run.id} ${step}`, name };
}

/** "Neighbours, k = 6, 4 × 4": the family with its sizes and non-default hyper-parameters, and its grid unless 28 × 28. */
export function describeModel(family: string, hyper: Hyper, grid: Grid = MNIST_GRID): string {
  const spec = findFamily(family);
  if (!spec) return family;
  const values = spec.hyperparameters
    .map((p) => ({ p, value: valueIn(hyper, p) }))
    .filter(({ p, value }) => p.role === 'size' || value !== p.default)
    .map(({ p, value }) => describeValue(p, value));
  const size = sameGrid(grid, MNIST_GRID) ? [] : [describeGrid(grid)];
  return [spec.label, ...values, ...size].join(', ');
}

/** "Neighbours, k = 6": the family with its sizes. */
export function sizedName(family: string, hyper: Hyper): string {
  const spec = findFamily(family);
  if (!spec) return family;
  return [spec.label, ...withRole(spec, 'size').map((p) => describeValue(p, valueIn(hyper, p)))].join(', ');
}

/** The same for a narrow picker, with whether every digit has a model of its own. */
export function shortName(family: string, hyper: Hyper): string {
  return [sizedName(family, hyper), ...byDigit(family, hyper)].join(', ');
}

/** "by digit" where the model is one for each digit and need not be. */
export function byDigit(family: string, hyper: Hyper): readonly string[] {
  return findFamily(family)?.classes !== 'always' && isClassConditional({ family, hyper })
    ? ['by digit']
    : [];
}

function describeValue(p: HyperParameter, value: number): string {
  if (!p.choices) return `${p.name} = ${value}`;
  if (!isSwitch(p)) return valueName(p, value);
  return (value === p.min ? 'without ' : '') + p.label.toLowerCase();
}

/** Id and name of a counted model. */
function namesOf(family: string, hyper: Hyper, binarisation: Binarisation, grid: Grid) {
  const name = describeModel(family, hyper, grid);
  return { id: `${COUNTED} ${name} ${describeGrid(grid)} ${formatBinarisation(binarisation)}`, name };
}

/** Trains counted families on the starter digits, in a fraction of a second, and caches the models. */
export class Counting {
  readonly #ports: { readonly engine: Engine; readonly turn: Turn };
  readonly #cache = new Map<string, ModelRecord>();

  constructor(engine: Engine, turn: Turn) {
    this.#ports = { engine, turn };
  }

  /** A model that needs no digits: counted before, or that of the first screen. */
  known(family: string, hyper: Hyper, binarisation: Binarisation, grid: Grid): ModelRecord | null {
    const { id } = namesOf(family, hyper, binarisation, grid);
    const cached = this.#cache.get(id);
    if (cached) return cached;
    const first = firstModel();
    const names = namesOf(first.family, first.hyper, first.binarisation, first.grid);
    if (names.id !== id) return null;
    const record = { ...first, ...names, createdAt: Date.now() };
    this.#store(record);
    return record;
  }

  async count(
    family: string,
    hyper: Hyper,
    images: GreyImages,
    binarisation: Binarisation,
    grid: Grid,
  ): Promise<Result<ModelRecord>> {
    const known = this.known(family, hyper, binarisation, grid);
    if (known) return ok(known);
    const { id, name } = namesOf(family, hyper, binarisation, grid);
    const source = { kind: 'grey', images } as const;
    const job = jobOf({ runId: id, family, grid, hyper, images: source, binarisation, validationShare: 0.1 });
    // Too short to be worth an abort.
    const outcome = await trainInTurn(this.#ports, job, new AbortController().signal);
    if (!outcome.ok) return outcome;
    const dataset = { ...STARTER, images: images.count };
    const record = recordOf(job, outcome.value, { id, name, dataset, createdAt: Date.now() });
    this.#store(record);
    return ok(record);
  }

  #store(record: ModelRecord): void {
    this.#cache.set(record.id, record);
    const oldest = this.#cache.keys().next();
    if (this.#cache.size > CACHE_SIZE && !oldest.done) this.#cache.delete(oldest.value);
  }
}
