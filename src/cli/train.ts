import { basename } from 'node:path';
import process from 'node:process';
import {
  checkBinarisation,
  describeBinarisation,
  formatBinarisation,
  parseBinarisation,
} from '../data/binarise.ts';
import type { Binarisation } from '../data/binarisation.ts';
import type { GreyImages } from '../data/images.ts';
import { fail, ok, type Result } from '../data/result.ts';
import type { Estimate, TrainOutcome, TrainProgress } from '../engine/api.ts';
import type { Backend, BackendKind } from '../engine/backend.ts';
import { RunControl } from '../engine/run-control.ts';
import { train as runTraining, type TrainJob } from '../engine/trainer.ts';
import { encodeModel } from '../models/model-file.ts';
import { completeHyper, families, findFamily } from '../models/registry.ts';
import type { FamilySpec, Hyper } from '../models/types.ts';
import { createBackend } from './backend.ts';
import { readImages, refuseTarget, writeBytes } from './files.ts';
import { type OptionKind, type Options, readOptions, SEED } from './options.ts';
import { clock, grouped, StatusLine } from './terminal.ts';

const hyperNames = [...new Set(families.flatMap((family) => family.hyperparameters.map((p) => p.name)))];

const OPTIONS: Readonly<Record<string, OptionKind>> = {
  family: 'text',
  images: 'text',
  labels: 'text',
  'valid-images': 'text',
  'valid-share': 'text',
  binarise: 'text',
  epochs: 'text',
  batch: 'text',
  'learning-rate': 'text',
  seed: 'text',
  out: 'text',
  backend: 'text',
  json: 'flag',
  ...Object.fromEntries(hyperNames.map((name) => [name, 'text' as const])),
};

/** Held back for validation by families that descend, so that the best weights can be told from the last. */
const DESCENDED_SHARE = 1 / 12;

export const trainHelp = `train --family F --images IDX [--labels IDX] [--valid-images IDX] [--binarise HOW] [--epochs N] [--seed S] [--out FILE.safetensors] [--backend cpu|webgpu] [--json]
  Trains one model. Families: ${families.map((family) => family.id).join(', ')}.
  --binarise HOW     threshold | stochastic:SEED (the default, with seed 0) | dynamic:SEED | none
  --valid-images IDX images to choose the best weights by; without them a share of --images is held back
  --valid-share X    that share, 0 to 0.5 (1/12 for families that take Adam steps, 0 for counted ones)
  --epochs N         passes over the images (20); counted families make one, N with dynamic binarisation
  --batch N          images a step (128)
  --learning-rate X  of Adam, decayed to 2 % along a cosine (0.002)
${families.map(hyperHelp).join('')}  Ctrl-C ends the run between two steps and keeps the best model so far.
`;

function hyperHelp(family: FamilySpec): string {
  return family.hyperparameters
    .map(
      (p) =>
        `  --${p.name.padEnd(16)} ${family.id}: ${p.label.toLowerCase()}, ${p.min} to ${p.max} (${p.default})\n`,
    )
    .join('');
}

export async function train(args: readonly string[]): Promise<Result<string>> {
  const read = readOptions(args, OPTIONS);
  if (!read.ok) return read;
  const options = read.value;
  const request = readRequest(options);
  if (!request.ok) return request;
  const { spec, job, kind, out, source } = request.value;

  const control = new RunControl();
  const interrupt = () => control.stop();
  process.once('SIGINT', interrupt);
  const status = new StatusLine(options.has('json'));
  const supply = new BackendSupply(kind);
  const first = await supply.open();
  if (!first.ok) return first;
  let outcome: Result<TrainOutcome>;
  try {
    outcome = await runTraining(job, {
      control,
      backend: () => supply.now(),
      breathe: () => new Promise((resolve) => setImmediate(resolve)),
      onEvent: (event) => {
        if (event.type === 'progress') status.show(progressLine(event.progress));
      },
    });
  } finally {
    status.clear();
    supply.destroy();
    process.off('SIGINT', interrupt);
  }
  if (!outcome.ok) return outcome;
  if (out !== null) {
    const written = writeBytes('--out', out, encodeOutcome(outcome.value, job, source));
    if (!written.ok) return written;
  }
  return ok(
    options.has('json')
      ? JSON.stringify(summary(spec, job, outcome.value, out))
      : report(spec, job, outcome.value, out),
  );
}

interface Request {
  readonly spec: FamilySpec;
  readonly job: TrainJob;
  readonly kind: BackendKind;
  readonly out: string | null;
  /** Name of the training images, without their folder. */
  readonly source: string;
}

function readRequest(options: Options): Result<Request> {
  const family = options.required('family');
  const imagesPath = options.required('images');
  const validPath = options.text('valid-images');
  const out = options.text('out');
  const kind = options.choice('backend', ['cpu', 'webgpu']);
  const seed = options.number('seed', SEED);
  const epochs = options.number('epochs', { default: 20, min: 1, max: 100_000, whole: true });
  const batchSize = options.number('batch', { default: 128, min: 1, max: 65_536, whole: true });
  const learningRate = options.number('learning-rate', { default: 0.002, min: 1e-9, max: 10, whole: false });
  const problem = options.problem();
  if (problem !== null) return fail(problem);
  const spec = findFamily(family);
  if (!spec) return fail(`--family: "${family}" is none of ${families.map((known) => known.id).join(', ')}`);
  const counted = spec.training === 'counted';
  const validationShare = options.number('valid-share', {
    default: counted ? 0 : DESCENDED_SHARE,
    min: 0,
    max: 0.5,
    whole: false,
  });
  const hyper = readHyper(options, spec);
  const binarisation = parseBinarisation(options.text('binarise') ?? 'stochastic:0');
  const later = options.problem();
  if (later !== null) return fail(later);
  if (!binarisation.ok) return fail(`--binarise: ${binarisation.reason}`);
  const target = refuseTarget('--out', out);
  if (target !== null) return fail(target);

  const images = readBinarisable('--images', imagesPath, options.text('labels'), binarisation.value);
  if (!images.ok) return images;
  const { grid } = images.value;
  const refused = spec.refuses?.(grid, hyper) ?? null;
  if (refused !== null) return fail(`${imagesPath}: ${refused}`);
  const validation =
    validPath === null ? ok(null) : readBinarisable('--valid-images', validPath, null, binarisation.value);
  if (!validation.ok) return validation;
  const other = validation.value?.grid;
  if (other && (other.width !== grid.width || other.height !== grid.height))
    return fail(
      `${validPath}: width and height: ${other.width}x${other.height} pixels, but ${imagesPath} has ${grid.width}x${grid.height}`,
    );
  const job: TrainJob = {
    runId: 'cli',
    family,
    grid,
    hyper,
    images: images.value,
    validationImages: validation.value,
    binarisation: binarisation.value,
    validationShare,
    seed,
    epochs,
    batchSize,
    learningRate,
    checkpoint: null,
  };
  return ok({ spec, job, kind, out, source: basename(imagesPath) });
}

/** The family's hyper-parameters; one of another family is refused, not ignored. */
function readHyper(options: Options, spec: FamilySpec): Hyper {
  const given: Record<string, number> = {};
  for (const name of hyperNames) {
    if (!options.has(name)) continue;
    const p = spec.hyperparameters.find((candidate) => candidate.name === name);
    if (!p) options.refuse(`--${name}: ${spec.id} has no such hyper-parameter`);
    else
      given[name] = options.number(name, {
        default: p.default,
        min: p.min,
        max: p.max,
        whole: Number.isInteger(p.step),
      });
  }
  return completeHyper(spec, given);
}

function readBinarisable(
  option: string,
  path: string,
  labels: string | null,
  how: Binarisation,
): Result<GreyImages> {
  const images = readImages(option, path, labels);
  if (!images.ok) return images;
  const unfit = checkBinarisation(images.value, how);
  return unfit === null ? images : fail(`${path}: ${unfit}`);
}

/** One backend at a time; a new one when the device of the last was lost. */
class BackendSupply {
  readonly #kind: BackendKind;
  #backend: Backend | null = null;

  constructor(kind: BackendKind) {
    this.#kind = kind;
  }

  async open(): Promise<Result<Backend>> {
    const created = await createBackend(this.#kind);
    if (!created.ok) return created;
    const backend = created.value;
    this.#backend = backend;
    void backend.lost.then(() => {
      if (this.#backend === backend) this.#backend = null;
    });
    return created;
  }

  async now(): Promise<Backend> {
    if (this.#backend) return this.#backend;
    const opened = await this.open();
    if (!opened.ok) throw new Error(opened.reason);
    return opened.value;
  }

  destroy(): void {
    const backend = this.#backend;
    this.#backend = null;
    backend?.destroy();
  }
}

function encodeOutcome(outcome: TrainOutcome, job: TrainJob, dataset: string): Uint8Array {
  return encodeModel({
    model: outcome.model,
    provenance: {
      dataset,
      images: job.images.count,
      binarisation: job.binarisation,
      seed: job.seed,
      epochs: outcome.epochs,
      steps: outcome.step,
      seconds: outcome.seconds,
      backend: outcome.backend,
    },
  });
}

function progressLine(p: TrainProgress): string {
  const nats = (name: string, value: number | null) =>
    value === null ? '' : `  ${name} ${value.toFixed(2)}`;
  const left = p.secondsLeft === null ? '' : `  ${clock(p.secondsLeft)} left`;
  return `${p.phase}  epoch ${p.epoch.toFixed(2)} of ${p.epochs}  ${grouped(Math.round(p.imagesPerSecond))} images/s${nats('train', p.train)}${nats('validation', p.validation)}${left}`;
}

function summary(spec: FamilySpec, job: TrainJob, outcome: TrainOutcome, out: string | null): object {
  const estimate = (value: Estimate) => ({
    images: value.images,
    meanLogLikelihood: -value.nats,
    standardError: value.standardError,
  });
  return {
    family: spec.id,
    hyper: job.hyper,
    parameters: spec.parameterCount(job.grid, job.hyper),
    images: job.images.count,
    binarisation: formatBinarisation(job.binarisation),
    seed: job.seed,
    ended: outcome.ended,
    epochs: outcome.epochs,
    steps: outcome.step,
    seconds: outcome.seconds,
    backend: outcome.backend,
    train: estimate(outcome.train),
    validation: outcome.validation ? estimate(outcome.validation) : null,
    out,
  };
}

function report(spec: FamilySpec, job: TrainJob, outcome: TrainOutcome, out: string | null): string {
  const nats = (name: string, value: Estimate | null) =>
    value
      ? [
          `${name} log p ${(-value.nats).toFixed(3)} nats an image, standard error ${value.standardError.toFixed(3)}, over ${grouped(value.images)} images`,
        ]
      : [];
  return [
    `${spec.id}, ${grouped(spec.parameterCount(job.grid, job.hyper))} parameters, ${outcome.ended} after ${outcome.epochs.toFixed(2)} epochs in ${outcome.seconds.toFixed(1)} s on ${outcome.backend}`,
    `${grouped(job.images.count)} images, binarisation ${describeBinarisation(job.binarisation)}, seed ${job.seed}`,
    ...nats('training', outcome.train),
    ...nats('validation', outcome.validation),
    ...(out === null ? [] : [`written to ${out}`]),
  ].join('\n');
}
