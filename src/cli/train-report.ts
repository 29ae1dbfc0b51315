import { describeBinarisation, formatBinarisation } from '../data/binarise.ts';
import type { Divergence, Estimate, TrainOutcome, TrainProgress } from '../engine/api.ts';
import type { Report } from './command.ts';
import { sizeOf } from './model-files.ts';
import type { Tested } from './train-result.ts';
import { type BarState, grouped, rateOf } from './terminal.ts';
import type { TrainCommand } from './train-command.ts';

/** The quantity that is reported: classifiers have no p(x). */
function measureOf({ spec }: Pick<TrainCommand, 'spec'>): string {
  return spec.task === 'density' ? 'log p(x)' : 'log p(y|x)';
}

/** The result. `meanLogLikelihood` is the mean of `measure`, `description` says what the backend computed with. */
export function report(
  command: TrainCommand,
  outcome: TrainOutcome,
  description: string,
  tested: Tested | null,
): Report {
  const { spec, job, out, curve, result } = command;
  const { ended, epochs, step: steps, seconds, shards, backend, train, validation, diverged } = outcome;
  const parameters = spec.parameterCount(job.grid, job.hyper);
  const targets = job.training === 'descended' ? job.targets : undefined;
  const measure = measureOf(command);
  const grid = sizeOf(job.grid);
  const estimate = ({ images, nats, standardError }: Estimate) => ({
    images,
    meanLogLikelihood: -nats,
    standardError,
  });
  const line = (name: string, { images, nats, standardError }: Estimate) =>
    `${name} ${measure} ${(-nats).toFixed(3)} nats an image, standard error ${standardError.toFixed(3)}, over ${grouped(images)} images`;
  // Of a run that was stopped there is no result.
  const unfinished = result !== null && ended === 'stopped';
  const written = unfinished ? null : result;
  const files = [out, curve, written].filter((file) => file !== null);
  const unit = spec.training === 'em' ? 'iterations' : 'epochs';
  return {
    json: {
      family: spec.id,
      hyper: job.hyper,
      grid,
      parameters,
      images: job.images.count,
      binarisation: formatBinarisation(job.binarisation),
      ...(targets ? { targets } : {}),
      seed: job.seed,
      ended,
      epochs,
      steps,
      seconds,
      backend,
      description,
      shards,
      measure,
      train: estimate(train),
      validation: validation && estimate(validation),
      ...(tested && { test: tested.test && estimate(tested.test), accuracy: tested.accuracy }),
      diverged: diverged !== null,
      out,
      curve,
      ...(result !== null && { result: written }),
    },
    text: [
      `${spec.id}, ${grouped(parameters)} parameters, ${ended} after ${epochs.toFixed(2)} ${unit} in ${seconds.toFixed(1)} s on ${description}${(shards ?? 1) > 1 ? `, batches in ${shards} shards` : ''}`,
      `${grouped(job.images.count)} images of ${grid} pixels, binarisation ${describeBinarisation(job.binarisation)}${targets ? `, ${targets} targets` : ''}, seed ${job.seed}`,
      line('training', train),
      validation && line('validation', validation),
      tested?.test ? line('test', tested.test) : null,
      tested?.accuracy
        ? `test accuracy ${(100 * tested.accuracy.share).toFixed(2)} %, standard error ${(100 * tested.accuracy.standardError).toFixed(2)} %, over ${grouped(tested.accuracy.images)} images`
        : null,
      files.length > 0 ? `written to ${files.join(' and ')}` : null,
    ],
    passed: diverged === null && !unfinished,
    warning:
      diverged !== null
        ? divergenceText(command, diverged)
        : unfinished
          ? `${result}: --result: not written, because the run was stopped before its end: run it again`
          : undefined,
  };
}

/** The warning of a run that diverged: what happened, what was written, and the remedy. */
export function divergenceText(command: TrainCommand, diverged: Divergence): string {
  const { learningRate, out } = command;
  const kept = Number.isFinite(diverged.nats)
    ? 'was written all the same'
    : 'holds the best weights of before';
  const written = out === null ? '' : `; ${out} ${kept}`;
  return `--learning-rate: ${describeDivergence(command, diverged)}${written}: try a smaller rate than ${learningRate}`;
}

export function describeDivergence(
  of: Pick<TrainCommand, 'spec'>,
  { step, nats, uniform }: Divergence,
): string {
  const loss = Number.isFinite(nats) ? `${decimal(-nats)} nats an image` : 'no finite number';
  return `training diverged: at step ${grouped(step)} ${measureOf(of)} was ${loss}, and a model that knows nothing has ${decimal(-uniform)}`;
}

/** "-26,596,151.0" */
function decimal(value: number): string {
  return value.toLocaleString('en-US', { minimumFractionDigits: 1, maximumFractionDigits: 1 });
}

/** The progress bar of a run. */
export function barStateOf(p: TrainProgress): BarState {
  const nats = (name: string, value: number | null) =>
    value === null ? [] : [`${name} ${value.toFixed(2)}`];
  return {
    what: p.phase,
    share: p.step / p.steps,
    rate: p.imagesPerSecond > 0 ? rateOf(p.imagesPerSecond, 'images') : null,
    secondsLeft: p.secondsLeft,
    more: [
      `epoch ${p.epoch.toFixed(2)} of ${p.epochs}`,
      ...nats('train -log p', p.train),
      ...nats('validation -log p', p.validation),
    ].join('  '),
  };
}
