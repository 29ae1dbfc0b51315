import { createHash } from 'node:crypto';
import { basename } from 'node:path';
import { type LastSplit, splitLast } from '../data/dataset.ts';
import { writeIdxImages } from '../data/idx.ts';
import type { Grid, GreyImages } from '../data/images.ts';
import { fail, ok, type Result } from '../data/result.ts';
import type { BackendKind } from '../engine/backends/backend.ts';
import { stateBefore } from '../engine/backends/references.ts';
import type { UnpackedJob } from '../engine/training/trainer.ts';
import { isClassConditional, needsLabels, trainingOf } from '../models/registry.ts';
import type { FamilySpec } from '../models/family-spec.ts';
import type { Hyper, Model } from '../models/model.ts';
import type { Checkpoint } from '../models/runs.ts';
import type { ResultRun } from '../models/results.ts';
import { datasetOf, imagesDigest, labelsDigest, tensorsDigest } from './data-identity.ts';
import { readHyper } from './hyper-options.ts';
import type { COMMON, Values } from './options.ts';
import { readImages } from './files.ts';
import { readModel, readPooled, refuseLabels, sizeOf } from './model-files.ts';
import { howOf, jobFor } from './train-job.ts';
import type { ownOptions } from './train-options.ts';

/** The arguments of `train`, with every file read and checked. */
export interface TrainCommand {
  readonly spec: FamilySpec;
  readonly job: UnpackedJob;
  /** Of the run, where its family takes Adam steps. */
  readonly learningRate: number;
  readonly kind: BackendKind;
  readonly out: string | null;
  readonly curve: string | null;
  /** Name of the training images, without their folder. */
  readonly source: string;
  /** Images that the model is measured on in the end; null where none are named. */
  readonly test: GreyImages | null;
  /** Where the result is written; null where none is asked for. */
  readonly result: string | null;
  /** What tells the run from others beside family, hyper-parameters, binarisation, backend and seed. Hashes the images. */
  readonly identity: () => Pick<ResultRun, 'dataset' | 'how'>;
  /** SHA-256 of the file of images, as an IDX file that is not packed; null where it cannot be read again, before pooling. */
  readonly datasetSha256: () => string | null;
}

export type ReadImages = typeof readPooled;

export type TrainValues = Values<typeof ownOptions & typeof COMMON> & Readonly<Record<string, unknown>>;

/** Reads and checks the files of a command line. `readImages` may remember what it has read. */
export function readTrainCommand(
  options: TrainValues,
  readImages: ReadImages = readPooled,
): Result<TrainCommand> {
  const { family: spec, images: imagesPath, labels, binarise, grid: chosenGrid } = options;
  const read = readHyper(options, spec);
  if (!read.ok) return read;
  const hyper = read.value;
  const family = spec.id;
  const labelled = needsLabels({ family, hyper });

  const images = readImages({ option: '--images', path: imagesPath, labels }, binarise, chosenGrid, '--grid');
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
    : readValidation(options, labelled, (files) => readImages(files, binarise, grid, owner));
  if (!validation.ok) return validation;
  const learnt = split ? split.value.train : images.value;
  const test = readTest(options, labelled, (files) => readImages(files, binarise, grid, owner));
  if (!test.ok) return test;
  const begin = options.from === null ? ok(null) : readBeginning(options.from, { spec, grid, hyper });
  if (!begin.ok) return begin;
  const planned = jobFor(spec, hyper, learnt, options);
  if (!planned.ok) return planned;
  const { runId } = planned.value;
  const job = {
    ...planned.value,
    validationImages: validation.value,
    ...(begin.value === null ? {} : { checkpoint: checkpointOf(runId, begin.value) }),
  };
  const identity = () => ({
    dataset: datasetOf(imagesPath, images.value, test.value),
    how: howOf(planned.value, {
      validation:
        held === null
          ? validation.value && `valid-images ${imagesDigest(validation.value)}`
          : `valid-last ${held}`,
      labels: labelled && images.value.labels ? labelsDigest(images.value.labels) : null,
      from: begin.value && tensorsDigest(begin.value.tensors),
    }),
  });
  const { out, curve, result, backend: kind } = options;
  return ok({
    spec,
    job,
    learningRate: options['learning-rate'] ?? trainingOf(spec).learningRate,
    kind,
    out,
    curve,
    source: basename(imagesPath),
    test: test.value,
    result,
    identity,
    datasetSha256: () => (chosenGrid === null ? sha256Of(images.value) : sha256OfFile(imagesPath)),
  });
}

function sha256Of(images: GreyImages): string {
  return createHash('sha256').update(writeIdxImages(images)).digest('hex');
}

/** The images have been read before; a pipe cannot be read twice. */
function sha256OfFile(path: string): string | null {
  const images = readImages('--images', path, null);
  return images.ok ? sha256Of(images.value) : null;
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
  read: ReadFiles,
): Result<GreyImages | null> {
  if (path !== null && labelled && labels === null)
    return fail('--valid-labels: missing, as --labels is needed');
  return readBeside('valid', path, labels, labelled, read);
}

/** Images to measure the model on. Of a model of classes they need no labels: it then has no accuracy. */
function readTest(
  { 'test-images': path, 'test-labels': labels }: TrainValues,
  labelled: boolean,
  read: ReadFiles,
): Result<GreyImages | null> {
  return readBeside('test', path, labels, labelled && labels !== null, read);
}

type ReadFiles = (files: Parameters<ReadImages>[0]) => ReturnType<ReadImages>;

function readBeside(
  of: 'valid' | 'test',
  path: string | null,
  labels: string | null,
  labelled: boolean,
  read: ReadFiles,
): Result<GreyImages | null> {
  if (path === null)
    return labels === null ? ok(null) : fail(`--${of}-labels: there are no --${of}-images for them`);
  const images = read({ option: `--${of}-images`, path, labels });
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
