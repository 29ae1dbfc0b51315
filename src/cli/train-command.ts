import { basename } from 'node:path';
import { type LastSplit, splitLast } from '../data/dataset.ts';
import type { Grid, GreyImages } from '../data/images.ts';
import { fail, ok, type Result } from '../data/result.ts';
import type { BackendKind } from '../engine/backends/backend.ts';
import { stateBefore } from '../engine/backends/references.ts';
import { jobOf } from '../engine/job.ts';
import type { UnpackedJob } from '../engine/training/trainer.ts';
import {
  families,
  findFamily,
  isClassConditional,
  needsLabels,
  trainingOf,
  usualTargets,
} from '../models/registry.ts';
import type { FamilySpec } from '../models/family-spec.ts';
import type { Hyper, Model } from '../models/model.ts';
import type { Checkpoint } from '../models/runs.ts';
import type { TrainingSteps } from '../models/training.ts';
import { hyperOptions, readHyper } from './hyper-options.ts';
import {
  BINARISE,
  choice,
  COMMON,
  grid,
  input,
  number,
  optional,
  output,
  SEED,
  type Values,
  WORKERS,
  withDefault,
} from './options.ts';
import { readModel, readPooled, refuseLabels, sizeOf } from './model-files.ts';

/** Allowed sides of a --grid, in pixels. */
const SIDES = { least: 2, most: 32 };

/** Families that always need labels. */
const labelled = families.filter((spec) => spec.task === 'classifier' || spec.classes === 'always');

export const ownOptions = {
  family: { value: 'F', help: 'what to train, one of those below', parse: parseFamily },
  images: input(
    'FILE',
    'the images to learn from: IDX, NPY, NPZ, or CSV with an image a row; any may be gzipped',
  ),
  labels: optional(
    input(
      'IDX',
      `their classes, 0 to 9: needed with --class-conditional and by ${labelled.map(({ id }) => id).join(', ')}`,
    ),
  ),
  'valid-images': optional(
    input('IDX', 'images to choose the best weights by'),
    'a share of --images is held back',
  ),
  'valid-labels': optional(input('IDX', 'their classes, where --labels is needed')),
  'valid-last': optional(
    number('N', 'holds back the last N of --images', { min: 1, max: 1_000_000, whole: true }),
    'see --valid-share',
  ),
  'valid-share': optional(
    number('X', 'the share held back, 0 to 0.5, chosen by --seed', { min: 0, max: 0.5, whole: false }),
    '1/12, and 0 for counted families',
  ),
  binarise: withDefault(BINARISE, { kind: 'stochastic', seed: 0 }, 'stochastic:0'),
  grid: optional(
    grid(
      `pools larger images to this size first, ${SIDES.least}x${SIDES.least} to ${SIDES.most}x${SIDES.most}; images of this size are taken as they are`,
      SIDES.least,
      SIDES.most,
    ),
    'the size of the images',
  ),
  epochs: optional(
    number('N', 'passes over the images', { min: 1, max: 100_000, whole: true }),
    'by family; counted families make one pass, or 10 with dynamic binarisation',
  ),
  batch: optional(
    number('N', 'images a step, of families that take Adam steps', { min: 1, max: 65_536, whole: true }),
    'by family',
  ),
  'learning-rate': optional(
    number('X', 'of Adam, decayed along a cosine to 2 % of it or less', { min: 1e-9, max: 10, whole: false }),
    'by family',
  ),
  targets: optional(
    choice(
      'WHICH',
      'with dynamic binarisation: the probability of ink, or the bit that was drawn, as what a pixel should be: ',
      ['soft', 'sampled'],
    ),
    'soft with dynamic binarisation',
  ),
  from: optional(
    input('FILE', 'the weights to begin with: a model of this family, size and hyper-parameters'),
    'small random weights',
  ),
  seed: SEED,
  workers: WORKERS,
  out: optional(output('FILE', 'the model as safetensors; a run that takes longer writes it once a minute')),
  curve: optional(
    output(
      'FILE',
      'the training curve as CSV, step,epoch,train,validation in nats, written every few seconds and at the end',
    ),
  ),
};

/** The options of `train`, those of the hyper-parameters included. */
export const trainOptions = { ...ownOptions, ...hyperOptions() };

export const trainNotes = `Families: ${families.map(({ id }) => id).join(', ')}.
Defaults:
${families.flatMap(defaultsOf).join('\n')}
A batch is cut into at most as many shards as there are workers, whose gradients are added: the last bits of the weights depend on their
number, which the report gives, and not on the machine.
Ctrl-C, TERM and HUP end the run between two steps and keep the best model so far; a second signal ends it at once. Meanwhile
--out holds it too. Ends with code 1 where training diverged.`;

function defaultsOf(spec: FamilySpec): string[] {
  if (spec.training === 'counted') return [];
  const { epochs, batchSize, learningRate } = trainingOf(spec);
  return spec.training === 'em'
    ? [`  ${spec.id}: at most ${epochs} iterations over all images`]
    : [`  ${spec.id}: ${epochs} epochs of batches of ${batchSize} at ${learningRate}`];
}

function parseFamily(id: string): Result<FamilySpec> {
  const spec = findFamily(id);
  return spec ? ok(spec) : fail(`"${id}" is none of ${families.map((known) => known.id).join(', ')}`);
}

/** Share held back for validation by families trained by EM or gradient descent, which keep the weights with the lowest validation loss. */
const HELD_BACK = 1 / 12;

/** The arguments of `train`, with every file read and checked. */
export interface TrainCommand {
  readonly spec: FamilySpec;
  readonly job: UnpackedJob;
  readonly steps: TrainingSteps;
  readonly kind: BackendKind;
  readonly out: string | null;
  readonly curve: string | null;
  /** Name of the training images, without their folder. */
  readonly source: string;
}

type TrainValues = Values<typeof ownOptions & typeof COMMON> & Readonly<Record<string, unknown>>;

export function readTrainCommand(options: TrainValues): Result<TrainCommand> {
  const { family: spec, images: imagesPath, labels, binarise, seed, grid: chosenGrid } = options;
  const read = readHyper(options, spec);
  if (!read.ok) return read;
  const hyper = read.value;
  const family = spec.id;
  const labelled = needsLabels({ family, hyper });

  const images = readPooled({ option: '--images', path: imagesPath, labels }, binarise, chosenGrid, '--grid');
  if (!images.ok) return images;
  const { grid } = images.value;
  // A table or an archive may hold them itself.
  if (labelled && images.value.labels === null)
    return fail(`--labels: missing, and ${nameOf(spec, hyper)} learns from the class of every image`);
  const badLabels = labelled ? refuseLabels(labels ?? imagesPath, images.value.labels) : null;
  if (badLabels !== null) return fail(badLabels);
  const refused = spec.refuses?.(grid, hyper) ?? null;
  if (refused !== null) return fail(attribute(options, imagesPath, refused));
  const held = options['valid-last'];
  const split = held === null ? null : readSplit(options, held, images.value);
  if (split && !split.ok) return split;
  const owner = chosenGrid ? '--grid' : `${imagesPath}, which the model learns from,`;
  const validation = split
    ? ok(split.value.validation)
    : readValidation(options, labelled, (files) => readPooled(files, binarise, grid, owner));
  if (!validation.ok) return validation;
  const learnt = split ? split.value.train : images.value;
  const usual = trainingOf(spec);
  const steps = {
    epochs: options.epochs ?? usual.epochs,
    batchSize: options.batch ?? usual.batchSize,
    learningRate: options['learning-rate'] ?? usual.learningRate,
  };
  const validationShare = options['valid-share'] ?? (spec.training === 'counted' ? 0 : HELD_BACK);
  const { targets } = options;
  if (targets === 'soft' && usualTargets(spec, binarise) === null)
    return fail('--targets: soft needs --binarise dynamic:SEED and a density that takes Adam steps');
  const begin = options.from === null ? ok(null) : readBeginning(options.from, { spec, grid, hyper });
  if (!begin.ok) return begin;
  const chosen = targets === null ? {} : { targets };
  const how = { binarisation: binarise, seed, validationShare, ...chosen, ...steps };
  const run = { runId: 'cli', family, grid, hyper, ...how };
  const job = {
    ...jobOf({ ...run, images: learnt }),
    validationImages: validation.value,
    ...(begin.value === null ? {} : { checkpoint: checkpointOf(run.runId, begin.value) }),
  };
  const { out, curve, backend: kind } = options;
  return ok({ spec, job, steps, kind, out, curve, source: basename(imagesPath) });
}

/** The model that a run begins with: one that the run itself could have made. */
function readBeginning(
  path: string,
  { spec, grid, hyper }: { readonly spec: FamilySpec; readonly grid: Grid; readonly hyper: Hyper },
): Result<Model> {
  if (spec.training !== 'descended')
    return fail(`--from: ${spec.id} is not learnt step by step, so that there is nothing to begin with`);
  const file = readModel(path, '--from');
  if (!file.ok) return file;
  const { model } = file.value;
  if (model.family !== spec.id)
    return fail(`${path}: --from: a model of ${model.family}, but --family is ${spec.id}`);
  if (sizeOf(model.grid) !== sizeOf(grid))
    return fail(
      `${path}: --from: a model of ${sizeOf(model.grid)} pixels, but the images are ${sizeOf(grid)}`,
    );
  const other = spec.hyperparameters.find(({ name }) => model.hyper[name] !== hyper[name]);
  return other
    ? fail(
        `${path}: --from: its ${other.name} is ${model.hyper[other.name]} and that of this run ${hyper[other.name]}: give --${other.name}`,
      )
    : ok(model);
}

function checkpointOf(runId: string, model: Model): Checkpoint {
  return { runId, step: 0, state: stateBefore(model), best: null, curve: [], seconds: 0 };
}

function readSplit(options: TrainValues, held: number, images: GreyImages): Result<LastSplit> {
  const other = (['valid-images', 'valid-labels', 'valid-share'] as const).find(
    (name) => options[name] !== null,
  );
  if (other) return fail(`--valid-last: --${other} says otherwise: give one of them`);
  const split = splitLast(images, held);
  return split
    ? ok(split)
    : fail(`--valid-last: ${held}, but ${options.images} holds ${images.count} images`);
}

function readValidation(
  { 'valid-images': path, 'valid-labels': labels }: TrainValues,
  labelled: boolean,
  read: (files: Parameters<typeof readPooled>[0]) => ReturnType<typeof readPooled>,
): Result<GreyImages | null> {
  if (path === null)
    return labels === null ? ok(null) : fail('--valid-labels: there are no --valid-images for them');
  const images = read({ option: '--valid-images', path, labels });
  if (!images.ok || !labelled) return images;
  if (images.value.labels === null) return fail('--valid-labels: missing, as --labels is needed');
  const badLabels = refuseLabels(labels ?? path, images.value.labels);
  return badLabels === null ? images : fail(badLabels);
}

function nameOf(spec: FamilySpec, hyper: Hyper): string {
  const chosen = spec.classes !== 'always' && isClassConditional({ family: spec.id, hyper });
  return chosen ? `a class-conditional ${spec.id}` : spec.id;
}

/** Attributes a family's refusal ("field: reason") to the option that set the field, else to the images. */
function attribute(options: TrainValues, imagesPath: string, refused: string): string {
  const field = refused.slice(0, Math.max(0, refused.indexOf(':')));
  const given = options[field] ?? false;
  return given === false ? `${imagesPath}: ${refused}` : `--${refused}`;
}
