import { basename } from 'node:path';
import { checkBinarisation, parseBinarisation } from '../data/binarise.ts';
import type { Binarisation } from '../data/binarisation.ts';
import type { GreyImages } from '../data/images.ts';
import { fail, ok, type Result } from '../data/result.ts';
import type { BackendKind } from '../engine/backend.ts';
import type { TrainJob } from '../engine/trainer.ts';
import { completeHyper, families, findFamily } from '../models/registry.ts';
import type { FamilySpec, Hyper } from '../models/types.ts';
import { readImages, refuseTarget } from './files.ts';
import { type OptionKind, type Options, SEED } from './options.ts';

const hyperNames = [...new Set(families.flatMap((family) => family.hyperparameters.map((p) => p.name)))];

export const trainOptions: Readonly<Record<string, OptionKind>> = {
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
/** Only the passes matter to a counted family, and only where every pass brings fresh bits. */
const COUNTED_DEFAULTS = { epochs: 10, batchSize: 128, learningRate: 0.01 };

export const trainHelp = `train --family F --images IDX [--labels IDX] [--valid-images IDX] [--binarise HOW] [--epochs N] [--seed S] [--out FILE.safetensors] [--backend cpu|webgpu] [--json]
  Trains one model. Families: ${families.map((family) => family.id).join(', ')}.
  --binarise HOW     threshold | stochastic:SEED (the default, with seed 0) | dynamic:SEED | none
  --valid-images IDX images to choose the best weights by; without them a share of --images is held back
  --valid-share X    that share, 0 to 0.5 (1/12 for families that take Adam steps, 0 for counted ones)
  --epochs N         passes over the images; counted families make one, or N (10) with dynamic binarisation
  --batch N          images a step
  --learning-rate X  of Adam, decayed to 2 % along a cosine
${families.map(defaultsHelp).join('')}${families.map(hyperHelp).join('')}  Ctrl-C ends the run between two steps and keeps the best model so far.
`;

function defaultsHelp({ id, trainingDefaults }: FamilySpec): string {
  if (!trainingDefaults) return '';
  const { epochs, batchSize, learningRate } = trainingDefaults;
  return `                     ${id} by default: ${epochs} epochs of batches of ${batchSize} at ${learningRate}\n`;
}

function hyperHelp(family: FamilySpec): string {
  return family.hyperparameters
    .map(
      (p) =>
        `  --${p.name.padEnd(16)} ${family.id}: ${p.label.toLowerCase()}, ${p.min} to ${p.max} (${p.default})\n`,
    )
    .join('');
}

/** What a command line of `train` asks for, every file read and checked. */
export interface TrainCommand {
  readonly spec: FamilySpec;
  readonly job: TrainJob;
  readonly kind: BackendKind;
  readonly out: string | null;
  /** Name of the training images, without their folder. */
  readonly source: string;
}

export function readTrainCommand(options: Options): Result<TrainCommand> {
  const family = options.required('family');
  const imagesPath = options.required('images');
  const validPath = options.text('valid-images');
  const out = options.text('out');
  const kind = options.choice('backend', ['cpu', 'webgpu']);
  const seed = options.number('seed', SEED);
  const problem = options.problem();
  if (problem !== null) return fail(problem);
  const spec = findFamily(family);
  if (!spec) return fail(`--family: "${family}" is none of ${families.map((known) => known.id).join(', ')}`);
  const counted = spec.training === 'counted';
  const usual = spec.trainingDefaults ?? COUNTED_DEFAULTS;
  const epochs = options.number('epochs', { default: usual.epochs, min: 1, max: 100_000, whole: true });
  const batchSize = options.number('batch', { default: usual.batchSize, min: 1, max: 65_536, whole: true });
  const learningRate = options.number('learning-rate', {
    default: usual.learningRate,
    min: 1e-9,
    max: 10,
    whole: false,
  });
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
