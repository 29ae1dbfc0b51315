import { basename } from 'node:path';
import { parseBinarisation } from '../data/binarise.ts';
import type { GreyImages } from '../data/images.ts';
import { fail, ok, type Result } from '../data/result.ts';
import type { BackendKind } from '../engine/backends/backend.ts';
import { jobOf } from '../engine/job.ts';
import type { UnpackedJob } from '../engine/training/trainer.ts';
import { families, findFamily, isClassConditional, needsLabels, trainingOf } from '../models/registry.ts';
import type { FamilySpec, Hyper, TrainingSteps } from '../models/types.ts';
import { hyperOptions, readHyper } from './hyper-options.ts';
import { type OptionKind, type Options, SEED } from './options.ts';
import { readPooled, refuseLabels } from './model-files.ts';

export const trainOptions: Readonly<Record<string, OptionKind>> = {
  family: 'text',
  images: 'input',
  labels: 'input',
  'valid-images': 'input',
  'valid-labels': 'input',
  'valid-share': 'text',
  binarise: 'text',
  grid: 'text',
  epochs: 'text',
  batch: 'text',
  'learning-rate': 'text',
  seed: 'text',
  out: 'output',
  curve: 'output',
  backend: 'text',
  json: 'flag',
  ...hyperOptions,
};

/** Allowed sides of a --grid, in pixels. */
export const SIDES = { least: 2, most: 28 };

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

export function readTrainCommand(options: Options): Result<TrainCommand> {
  const family = options.required('family');
  const imagesPath = options.required('images');
  const kind = options.choice('backend', ['cpu', 'webgpu']);
  const seed = options.number('seed', SEED);
  const problem = options.problem();
  if (problem !== null) return fail(problem);
  const spec = findFamily(family);
  if (!spec) return fail(`--family: "${family}" is none of ${families.map((known) => known.id).join(', ')}`);
  const steps = readSteps(options, spec);
  const hyper = readHyper(options, spec);
  const binarisation = parseBinarisation(options.text('binarise') ?? 'stochastic:0');
  const chosenGrid = options.grid('grid', SIDES.least, SIDES.most);
  const labelsPath = options.text('labels');
  const labelled = needsLabels({ family, hyper });
  if (labelled && labelsPath === null)
    options.refuse(`--labels: missing, and ${nameOf(spec, hyper)} learns from the class of every image`);
  const later = options.problem();
  if (later !== null) return fail(later);
  if (!binarisation.ok) return fail(`--binarise: ${binarisation.reason}`);
  const out = options.text('out');
  const curve = options.text('curve');

  const files = { option: '--images', path: imagesPath, labels: labelsPath };
  const images = readPooled(files, binarisation.value, chosenGrid, '--grid');
  if (!images.ok) return images;
  const { grid } = images.value;
  const badLabels = labelled ? refuseLabels(labelsPath, images.value.labels) : null;
  if (badLabels !== null) return fail(badLabels);
  const refused = spec.refuses?.(grid, hyper) ?? null;
  if (refused !== null) return fail(attribute(options, imagesPath, refused));
  const validation = readValidation(options, labelled, (path, labels) =>
    readPooled(
      { option: '--valid-images', path, labels },
      binarisation.value,
      grid,
      chosenGrid ? '--grid' : `${imagesPath}, which the model learns from,`,
    ),
  );
  if (!validation.ok) return validation;
  const run = { runId: 'cli', family, grid, hyper, binarisation: binarisation.value, seed, ...steps };
  const job = { ...jobOf({ ...run, images: images.value }), validationImages: validation.value };
  return ok({ spec, job, steps, kind, out, curve, source: basename(imagesPath) });
}

function readSteps(options: Options, spec: FamilySpec): TrainingSteps & { readonly validationShare: number } {
  const usual = trainingOf(spec);
  return {
    epochs: options.number('epochs', { default: usual.epochs, min: 1, max: 100_000, whole: true }),
    batchSize: options.number('batch', { default: usual.batchSize, min: 1, max: 65_536, whole: true }),
    learningRate: options.number('learning-rate', {
      default: usual.learningRate,
      min: 1e-9,
      max: 10,
      whole: false,
    }),
    validationShare: options.number('valid-share', {
      default: spec.training === 'counted' ? 0 : HELD_BACK,
      min: 0,
      max: 0.5,
      whole: false,
    }),
  };
}

function readValidation(
  options: Options,
  labelled: boolean,
  read: (path: string, labels: string | null) => ReturnType<typeof readPooled>,
): Result<GreyImages | null> {
  const path = options.text('valid-images');
  const labels = options.text('valid-labels');
  if (path === null)
    return labels === null ? ok(null) : fail('--valid-labels: there are no --valid-images for them');
  if (labelled && labels === null) return fail('--valid-labels: missing, as --labels is needed');
  const images = read(path, labels);
  if (!images.ok || !labelled) return images;
  const badLabels = refuseLabels(labels, images.value.labels);
  return badLabels === null ? images : fail(badLabels);
}

function nameOf(spec: FamilySpec, hyper: Hyper): string {
  const chosen = spec.classes !== 'always' && isClassConditional({ family: spec.id, hyper });
  return chosen ? `a class-conditional ${spec.id}` : spec.id;
}

/** Attributes a family's refusal ("field: reason") to the option that set the field, else to the images. */
function attribute(options: Options, imagesPath: string, refused: string): string {
  const field = refused.slice(0, Math.max(0, refused.indexOf(':')));
  return options.has(field) ? `--${refused}` : `${imagesPath}: ${refused}`;
}
