import process from 'node:process';
import { describeBinarisation, formatBinarisation } from '../data/binarise.ts';
import { ok, type Result } from '../data/result.ts';
import type { Estimate, TrainOutcome, TrainProgress } from '../engine/api.ts';
import type { Backend, BackendKind } from '../engine/backend.ts';
import { RunControl } from '../engine/run-control.ts';
import { train as runTraining, type TrainJob } from '../engine/trainer.ts';
import { encodeModel } from '../models/model-file.ts';
import type { FamilySpec } from '../models/types.ts';
import { createBackend } from './backend.ts';
import { writeBytes } from './files.ts';
import { readOptions } from './options.ts';
import { clock, grouped, StatusLine } from './terminal.ts';
import { readTrainCommand, trainOptions } from './train-command.ts';

export async function train(args: readonly string[]): Promise<Result<string>> {
  const read = readOptions(args, trainOptions);
  if (!read.ok) return read;
  const options = read.value;
  const command = readTrainCommand(options);
  if (!command.ok) return command;
  const { spec, job, kind, out, source } = command.value;

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
