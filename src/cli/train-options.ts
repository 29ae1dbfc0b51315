import { fail, ok, type Result } from '../data/result.ts';
import type { FamilySpec } from '../models/family-spec.ts';
import { families, findFamily, trainingOf } from '../models/registry.ts';
import { hyperOptions } from './hyper-options.ts';
import {
  BINARISE,
  choice,
  grid,
  input,
  number,
  optional,
  output,
  SEED,
  WORKERS,
  withDefault,
} from './options.ts';

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
  'test-images': optional(input('IDX', 'images to measure the model on once it is trained')),
  'test-labels': optional(input('IDX', 'their classes: gives the accuracy of a model of classes')),
  seed: SEED,
  workers: WORKERS,
  out: optional(output('FILE', 'the model as safetensors; a run that takes longer writes it once a minute')),
  curve: optional(
    output(
      'FILE',
      'the training curve as CSV, step,epoch,train,validation in nats, written every few seconds and at the end',
    ),
  ),
  result: optional(
    output(
      'FILE',
      'what the run reached, with all its settings, as JSON for leaderboard and for the Lab; written last, and not where the run was stopped',
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
