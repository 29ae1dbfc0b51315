import { binarise, describeBinarisation, formatBinarisation, parseBinarisation } from '../data/binarise.ts';
import type { Binarisation } from '../data/binarisation.ts';
import { takeRows } from '../data/dataset.ts';
import { CLASSES, type GreyImages, type PackedImages, sliceImages } from '../data/images.ts';
import {
  crossingOf,
  type CurveRow,
  describeCurve,
  leaderAt,
  type PairResult,
  pairResultOf,
  rightOnes,
  rowsOf,
  scheduleOf,
  subsetOf,
} from '../stats/sample-efficiency.ts';
import { fail, ok, type Result } from '../data/result.ts';
import type { TrainOutcome } from '../engine/api.ts';
import type { Backend } from '../engine/backends/backend.ts';
import { jobOf } from '../engine/job.ts';
import { RunControl } from '../engine/training/run-control.ts';
import { train } from '../engine/training/trainer.ts';
import { classifying, families, findFamily, presetHyper } from '../models/registry.ts';
import type { FamilySpec, Hyper, Model } from '../models/types.ts';
import { createBackend } from './backend.ts';
import type { Verdict } from './check.ts';
import { type OptionKind, type Options, readOptions, SEED } from './options.ts';
import { jsonLine } from './output.ts';
import { inPieces } from './pieces.ts';
import { readPooled, refuseLabels } from './model-files.ts';
import { grouped, ProgressBar } from './terminal.ts';
import { describeDivergence } from './train-report.ts';

const OPTIONS = {
  images: 'input',
  labels: 'input',
  'test-images': 'input',
  'test-labels': 'input',
  sizes: 'text',
  repeats: 'text',
  generative: 'text',
  discriminative: 'text',
  binarise: 'text',
  seed: 'text',
  backend: 'text',
  json: 'flag',
} as const satisfies Record<string, OptionKind>;

const SIZES = [10, 20, 50, 100, 200, 500, 1000, 2000, 5000];
/** The pair that Ng and Jordan (2002) compare: a density with one model per class, and a classifier. */
const GENERATIVE = families.find((spec) => spec.classes === 'always')?.id;
const DISCRIMINATIVE = families.find((spec) => spec.task === 'classifier')?.id;
/** "strength 0.3": what differs from the defaults of `train`. */
const FOR_FEW = families
  .flatMap((spec) => spec.hyperparameters)
  .flatMap(({ name, presets: { few } = {} }) => (few === undefined ? [] : `${name} ${few}`));

export const learningCurveHelp = `learning-curve --images IDX --labels IDX --test-images IDX --test-labels IDX [--sizes N,N,...] [--repeats R] [--binarise HOW] [--seed S] [--backend cpu|webgpu] [--json]
  Accuracy of a generative and a discriminative classifier by the number of images that both learn from, and where the two
  curves cross. Every size is repeated with other images; standard errors hold those of the images learnt from and tested on.
  --sizes N,N,...    ${SIZES.join(',')} by default
  --repeats R        pairs a size, 1 to 100 (5)
  --generative F     a density, as one model per class (${GENERATIVE}), with ${[...new Set(FOR_FEW)].join(' and ')} where it has them
  --discriminative F a classifier (${DISCRIMINATIVE}); every size takes about ${scheduleOf(1).epochs} Adam steps, and none of the images is held back
  --binarise HOW     threshold (the default) | stochastic:SEED | dynamic:SEED | none
`;

interface Experiment {
  readonly images: GreyImages;
  readonly test: PackedImages;
  readonly labels: Uint8Array;
  readonly binarisation: Binarisation;
  readonly seed: number;
}

export async function learningCurve(args: readonly string[]): Promise<Result<Verdict>> {
  const read = readOptions(args, OPTIONS);
  if (!read.ok) return read;
  const options = read.value;
  const files = {
    images: options.required('images'),
    labels: options.required('labels'),
    testImages: options.required('test-images'),
    testLabels: options.required('test-labels'),
  };
  const sizes = readSizes(options);
  const repeats = options.number('repeats', { default: 5, min: 1, max: 100, whole: true });
  const generative = readFamily(options, 'generative', 'density', GENERATIVE);
  const discriminative = readFamily(options, 'discriminative', 'classifier', DISCRIMINATIVE);
  const seed = options.number('seed', SEED);
  const kind = options.choice('backend', ['cpu', 'webgpu']);
  const problem = options.problem();
  if (problem !== null || !generative || !discriminative) return fail(problem ?? 'family: none');
  const parsed = parseBinarisation(options.text('binarise') ?? 'threshold');
  if (!parsed.ok) return fail(`--binarise: ${parsed.reason}`);
  const binarisation = parsed.value;
  const trainFiles = { option: '--images', path: files.images, labels: files.labels };
  const images = readPooled(trainFiles, binarisation, null, '');
  if (!images.ok) return images;
  const { grid, count } = images.value;
  const testFiles = { option: '--test-images', path: files.testImages, labels: files.testLabels };
  const test = readPooled(testFiles, binarisation, grid, files.images);
  if (!test.ok) return test;
  const badLabels =
    refuseLabels(files.labels, images.value.labels) ?? refuseLabels(files.testLabels, test.value.labels);
  if (badLabels !== null) return fail(badLabels);
  const tooLarge = sizes.find((size) => size > count);
  if (tooLarge !== undefined) return fail(`--sizes: ${tooLarge}, but ${files.images} holds ${count} images`);
  for (const { spec, hyper } of [generative, discriminative]) {
    const refused = spec.refuses?.(grid, hyper) ?? null;
    if (refused !== null) return fail(`${files.images}: ${spec.id}: ${refused}`);
  }

  const backend = await createBackend(kind);
  if (!backend.ok) return backend;
  const experiment: Experiment = {
    images: images.value,
    test: binarise(test.value, binarisation),
    labels: test.value.labels!,
    binarisation,
    seed,
  };
  const bar = new ProgressBar(options.has('json'));
  const showDone = bar.counting('training', 'pairs', sizes.length * repeats);
  const pairs: PairResult[] = [];
  const warnings: string[] = [];
  try {
    for (let repeat = 0; repeat < repeats; repeat++) {
      for (const size of sizes) {
        const rows = subsetOf(count, size, repeat, seed);
        const right: Uint8Array[] = [];
        for (const option of ['generative', 'discriminative'] as const) {
          const classifier = { generative, discriminative }[option];
          const trained = await trainOn(backend.value, classifier, rows, experiment);
          if (!trained.ok) return trained;
          const { model, diverged } = trained.value;
          if (diverged)
            warnings.push(
              `--${option}: with ${grouped(size)} images ${describeDivergence(classifier, diverged)}; its accuracy is that of the best weights of before: try another family`,
            );
          const logits = await classify(backend.value, model, experiment.test);
          right.push(rightOnes(logits, experiment.labels));
        }
        pairs.push(pairResultOf(size, right[0], right[1]));
        showDone(pairs.length);
      }
    }
  } finally {
    bar.clear();
    backend.value.destroy();
  }
  const rows = rowsOf(pairs);
  const story = describeCurve(rows, generative.spec.label, discriminative.spec.label);
  const verdict = (text: string): Verdict =>
    warnings.length === 0 ? { text, passed: true } : { text, passed: false, warning: warnings[0] };
  if (options.has('json'))
    return ok(
      verdict(
        jsonLine({
          generative: generative.spec.id,
          hyper: generative.hyper,
          discriminative: discriminative.spec.id,
          binarisation: formatBinarisation(binarisation),
          seed,
          backend: backend.value.kind,
          rows: rows.map((row) => ({ ...row, leader: leaderAt(row) })),
          crossing: crossingOf(rows),
          diverged: warnings.length,
        }),
      ),
    );
  return ok(
    verdict(
      [
        `${generative.spec.id} and ${discriminative.spec.id}, accuracy in % on ${grouped(experiment.test.count)} test images, on ${backend.value.description}`,
        `binarisation ${describeBinarisation(binarisation)}, ${repeats} subsets a size, seed ${seed}`,
        ...tableOf(rows),
        story,
      ].join('\n'),
    ),
  );
}

interface Classifier {
  readonly spec: FamilySpec;
  readonly hyper: Hyper;
}

/** Trains a classifier on `rows` of the images. */
async function trainOn(
  backend: Backend,
  { spec, hyper }: Classifier,
  rows: Uint32Array,
  { images, binarisation, seed }: Experiment,
): Promise<Result<TrainOutcome>> {
  const job = jobOf({
    runId: 'learning-curve',
    family: spec.id,
    grid: images.grid,
    hyper,
    images: takeRows(images, rows),
    binarisation,
    seed,
    ...scheduleOf(rows.length),
  });
  return await train(job, {
    control: new RunControl(),
    backend: () => Promise.resolve(backend),
    yieldToEventLoop: () => Promise.resolve(),
    onEvent: () => undefined,
  });
}

async function classify(backend: Backend, model: Model, images: PackedImages): Promise<Float64Array> {
  const evaluator = await backend.open(model);
  const all = new Float64Array(images.count * CLASSES);
  const read = evaluator.classLogits;
  if (!read) throw new Error(`${model.family}: the backend gives no class logits`);
  await inPieces(
    images.count,
    () => undefined,
    async (first, count) => all.set(await read(sliceImages(images, first, count)), first * CLASSES),
  );
  evaluator.destroy();
  return all;
}

function readSizes(options: Options): readonly number[] {
  const text = options.text('sizes');
  if (text === null) return SIZES;
  const sizes = text.split(',').map((each) => (/^\d{1,9}$/.test(each) ? Number(each) : NaN));
  const bad = sizes.findIndex((size) => !(size > 0));
  if (bad >= 0) options.refuse(`--sizes: "${text.split(',')[bad]}" is not a whole number above 0`);
  return [...new Set(sizes)].sort((a, b) => a - b);
}

function readFamily(
  options: Options,
  name: string,
  task: FamilySpec['task'],
  fallback: string | undefined,
): Classifier | null {
  const id = options.text(name) ?? fallback ?? '';
  const spec = findFamily(id);
  const able = families.filter((each) => each.task === task && hyperOf(each));
  const hyper = spec && hyperOf(spec);
  if (spec && hyper && able.includes(spec)) return { spec, hyper };
  options.refuse(`--${name}: "${id}" is none of ${able.map((each) => each.id).join(', ')}`);
  return null;
}

/** Hyper-parameters with which a family can classify; null where it cannot. */
function hyperOf(spec: FamilySpec): Hyper | null {
  return classifying(spec, presetHyper(spec, 'few'));
}

function tableOf(rows: readonly CurveRow[]): string[] {
  const percent = (value: number) => (100 * value).toFixed(2).padStart(6);
  const cell = ({ mean, standardError }: CurveRow['lead']) =>
    `${percent(mean)} ± ${(100 * standardError).toFixed(2)}`.padEnd(14);
  return [
    `${'images'.padStart(7)}  ${'generative'.padEnd(14)} ${'discriminative'.padEnd(14)} ${'lead'.padEnd(14)} ahead`,
    ...rows.map(
      (row) =>
        `${grouped(row.size).padStart(7)}  ${cell(row.generative)} ${cell(row.discriminative)} ${cell(row.lead)} ${leaderAt(row)}`,
    ),
  ];
}
