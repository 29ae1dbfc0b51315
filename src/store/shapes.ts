import type { Binarisation } from '../data/binarisation.ts';
import type { Grid } from '../data/images.ts';
import { NAMINGS } from '../data/import/naming.ts';
import { ORIENTATIONS } from '../data/import/orientation.ts';
import type { Preparation } from '../data/import/preparation.ts';
import type { Checkpoint, CurvePoint, Estimate, LearnerState, RunRecipe } from '../models/runs.ts';
import { isPlainObject, tagOf } from './checksum.ts';
import type { ImportedAs, ModelRecord, RunRecord } from './records.ts';
import type { Records, TableName } from './tables.ts';

/** One check for every field of T: a field added to a record does not compile without one. */
type Shape<T> = { readonly [K in keyof Required<T>]: Check };
type Check = (value: unknown) => boolean;

/** Name of the first field of a record that does not have its type; null where all have. */
export function misshapenField(table: TableName, record: unknown): string | null {
  if (!isPlainObject(record)) return 'record';
  return firstMisfit(record, RECORDS[table]);
}

/** The key of a record of that table. */
export function keyOf<N extends TableName>(table: N, record: Records[N]): string {
  return (record as unknown as Record<string, unknown>)[KEYS[table]] as string;
}

const KEYS = {
  datasets: 'id',
  payloads: 'datasetId',
  drawings: 'id',
  models: 'id',
  runs: 'id',
  settings: 'key',
} as const satisfies Record<TableName, string>;

function firstMisfit(value: Record<string, unknown>, shape: Readonly<Record<string, Check>>): string | null {
  for (const [field, check] of Object.entries(shape)) if (!check(value[field])) return field;
  return null;
}

function shaped<T>(shape: Shape<T>): Check {
  return (value) => isPlainObject(value) && firstMisfit(value, shape) === null;
}

const text: Check = (value) => typeof value === 'string';
const number: Check = (value) => typeof value === 'number';
const flag: Check = (value) => typeof value === 'boolean';
const anything: Check = () => true;
const whole: Check = (value) => Number.isSafeInteger(value) && (value as number) >= 0;
const bytes: Check = (value) => tagOf(value) === '[object Uint8Array]';
const floats: Check = (value) => tagOf(value) === '[object Float32Array]';
const oneOf =
  (...values: readonly unknown[]): Check =>
  (value) =>
    values.includes(value);
const orNull =
  (check: Check): Check =>
  (value) =>
    value === null || check(value);
const orMissing =
  (check: Check): Check =>
  (value) =>
    value === undefined || check(value);
const listOf =
  (check: Check): Check =>
  (value) =>
    Array.isArray(value) && value.every(check);
const dictionaryOf =
  (check: Check): Check =>
  (value) =>
    isPlainObject(value) && Object.values(value).every(check);

const grid = shaped<Grid>({
  width: (value) => whole(value) && value !== 0,
  height: (value) => whole(value) && value !== 0,
});
const hyper = dictionaryOf(number);
const tensors = dictionaryOf(floats);
const backend = oneOf('webgpu', 'cpu');
const estimate = shaped<Estimate>({ nats: number, standardError: number, images: whole });
const curve = listOf(
  shaped<CurvePoint>({ step: whole, epoch: number, train: orNull(number), validation: orNull(number) }),
);
const seeded = shaped<Extract<Binarisation, { seed: number }>>({
  kind: oneOf('stochastic', 'dynamic'),
  seed: whole,
});
const binarisation: Check = (value) =>
  isPlainObject(value) && (oneOf('threshold', 'none')(value.kind) || seeded(value));
const prepared = shaped<Preparation>({
  classes: orNull(listOf(whole)),
  firstLabel: oneOf(0, 1),
  naming: oneOf(...NAMINGS),
  orientation: oneOf(...ORIENTATIONS),
  invert: flag,
  centring: oneOf('none', 'mass'),
  side: orNull(whole),
  threshold: flag,
});
const imported = orMissing(
  shaped<ImportedAs>({
    prepared,
    content: orNull(text),
    classes: whole,
    classNames: orNull(listOf(text)),
  }),
);
const dataset = shaped<ModelRecord['dataset']>({
  id: text,
  name: text,
  revision: whole,
  images: whole,
  imported,
  sha256: orMissing(text),
});
const recipe = shaped<RunRecipe>({
  version: whole,
  epochs: whole,
  batchSize: whole,
  learningRate: number,
  shards: whole,
  arithmetic: text,
  content: text,
});
const checkpoint = shaped<Checkpoint>({
  runId: text,
  step: whole,
  state: shaped<LearnerState>({
    step: whole,
    tensors,
    firstMoments: tensors,
    secondMoments: tensors,
    averages: orMissing(tensors),
    gradientLength: orMissing(number),
    classSteps: orMissing(listOf(whole)),
    shards: orMissing(whole),
    classLengths: orMissing(listOf(number)),
  }),
  best: orNull(shaped<NonNullable<Checkpoint['best']>>({ tensors, validation: number, step: whole })),
  curve,
  seconds: number,
});

const RECORDS: { readonly [N in TableName]: Shape<Records[N]> } = {
  datasets: {
    id: text,
    name: text,
    origin: oneOf('mnist-train', 'mnist-test', 'imported', 'drawn'),
    grid,
    count: whole,
    labelled: flag,
    revision: whole,
    createdAt: number,
    updatedAt: number,
    imported,
  },
  payloads: { datasetId: text, images: bytes, labels: orNull(bytes) },
  drawings: { id: text, datasetId: text, label: orNull(whole), pixels: bytes, createdAt: number },
  models: {
    id: text,
    name: text,
    family: text,
    grid,
    hyper,
    tensors,
    dataset,
    binarisation,
    targets: orMissing(oneOf('soft', 'sampled')),
    seed: whole,
    epochs: number,
    seconds: number,
    backend,
    train: estimate,
    validation: orNull(estimate),
    curve,
    unseen: orMissing(floats),
    quantiles: orMissing(floats),
    version: orMissing(text),
    file: orMissing(shaped<NonNullable<ModelRecord['file']>>({ header: bytes, others: tensors })),
    recipe: orMissing(recipe),
    createdAt: number,
  },
  runs: {
    id: text,
    request: shaped<RunRecord['request']>({
      runId: text,
      family: text,
      grid,
      hyper,
      binarisation,
      validationShare: number,
      seed: whole,
      epochs: number,
      batchSize: whole,
      learningRate: number,
      targets: orMissing(oneOf('soft', 'sampled')),
      shards: orMissing(whole),
    }),
    dataset,
    checkpoint: orNull(checkpoint),
    startedAt: number,
    updatedAt: number,
  },
  settings: { key: text, value: anything },
};
