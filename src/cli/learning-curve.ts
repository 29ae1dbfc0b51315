import { binarise, describeBinarisation, formatBinarisation } from '../data/binarise.ts';
import type { Binarisation } from '../data/binarisation.ts';
import { takeRows } from '../data/dataset.ts';
import type { GreyImages, PackedImages } from '../data/images.ts';
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
import type { FamilySpec } from '../models/family-spec.ts';
import type { Hyper } from '../models/model.ts';
import { command, onBackend } from './command.ts';
import { readPooled, refuseLabels } from './model-files.ts';
import { BINARISE, input, number, type Option, SEED, withDefault } from './options.ts';
import { classLogitsOf } from './pieces.ts';
import { grouped } from './terminal.ts';
import { describeDivergence } from './train-report.ts';

const SIZES = [10, 20, 50, 100, 200, 500, 1000, 2000, 5000];

/** "strength 0.3 (tree-mixture 20)": what differs from the defaults of `train`, the first value of a name being that of most families. */
const FOR_FEW = fewByName().map(([name, [[few], ...others]]) => {
  const rest = others.map(([other, ids]) => `${ids.join(', ')} ${other}`);
  return `${name} ${few}${rest.length > 0 ? ` (${rest.join('; ')})` : ''}`;
});

/** By name of a hyper-parameter: its values for few images, those of the most families first, and the families of each. */
function fewByName(): [string, [number, string[]][]][] {
  const names = new Map<string, Map<number, string[]>>();
  for (const { id, hyperparameters } of families)
    for (const { name, presets: { few } = {} } of hyperparameters) {
      if (few === undefined) continue;
      const values = names.get(name) ?? names.set(name, new Map()).get(name)!;
      values.set(few, [...(values.get(few) ?? []), id]);
    }
  return [...names].map(([name, values]) => [name, [...values].sort((a, b) => b[1].length - a[1].length)]);
}

export const learningCurve = command({
  name: 'learning-curve',
  summary:
    'Accuracy of a generative and a discriminative classifier by the number of images that both learn from.',
  notes: `The report says where the two curves cross. Every size is repeated with other images; standard errors hold those of the images
learnt from and tested on. Hyper-parameters are the defaults of train, but ${FOR_FEW.join(', ')} where a family has them; a
classifier takes about ${scheduleOf(1).epochs} Adam steps whatever the size, and none of the images is held back.`,
  options: {
    images: input('IDX', 'the images to learn from'),
    labels: input('IDX', 'their classes, 0 to 9'),
    'test-images': input('IDX', 'the images to test on'),
    'test-labels': input('IDX', 'their classes, 0 to 9'),
    sizes: withDefault(
      { value: 'N,N,...', help: 'numbers of images to learn from', parse: parseSizes },
      SIZES,
    ),
    repeats: withDefault(number('R', 'pairs a size, 1 to 100', { min: 1, max: 100, whole: true }), 5),
    // The pair that Ng and Jordan (2002) compare: a density with one model per class, and a classifier.
    generative: family('a density, as one model per class', 'density', (spec) => spec.classes === 'always'),
    discriminative: family('a classifier', 'classifier', () => true),
    binarise: withDefault(BINARISE, { kind: 'threshold' }, 'threshold'),
    seed: SEED,
  },
  run: async (options) => {
    const { labels, sizes, repeats, generative, discriminative, binarise: how, seed } = options;
    const trainFiles = { option: '--images', path: options.images, labels };
    const images = readPooled(trainFiles, how, null, '');
    if (!images.ok) return images;
    const { grid, count } = images.value;
    const testFiles = {
      option: '--test-images',
      path: options['test-images'],
      labels: options['test-labels'],
    };
    const test = readPooled(testFiles, how, grid, options.images);
    if (!test.ok) return test;
    const badLabels =
      refuseLabels(labels, images.value.labels) ?? refuseLabels(testFiles.labels, test.value.labels);
    if (badLabels !== null) return fail(badLabels);
    const tooLarge = sizes.find((size) => size > count);
    if (tooLarge !== undefined)
      return fail(`--sizes: ${tooLarge}, but ${options.images} holds ${count} images`);
    for (const { spec, hyper } of [generative, discriminative]) {
      const refused = spec.refuses?.(grid, hyper) ?? null;
      if (refused !== null) return fail(`${options.images}: ${spec.id}: ${refused}`);
    }
    const experiment: Experiment = {
      images: images.value,
      test: binarise(test.value, how),
      labels: test.value.labels!,
      binarisation: how,
      seed,
    };
    return onBackend(options, async (backend, bar) => {
      const showDone = bar.counting('training', 'pairs', sizes.length * repeats);
      const pairs: PairResult[] = [];
      const warnings: string[] = [];
      for (let repeat = 0; repeat < repeats; repeat++) {
        for (const size of sizes) {
          const learnt = subsetOf(count, size, repeat, seed);
          const right: Uint8Array[] = [];
          for (const option of ['generative', 'discriminative'] as const) {
            const trained = await trainOn(backend, options[option], learnt, experiment);
            if (!trained.ok) return trained;
            const { model, diverged } = trained.value;
            if (diverged)
              warnings.push(
                `--${option}: with ${grouped(size)} images ${describeDivergence(options[option], diverged)}; its accuracy is that of the best weights of before: try another family`,
              );
            const logits = await classLogitsOf(backend, model, experiment.test);
            right.push(rightOnes(logits, experiment.labels));
          }
          pairs.push(pairResultOf(size, right[0], right[1]));
          showDone(pairs.length);
        }
      }
      const rows = rowsOf(pairs);
      return ok({
        json: {
          generative: generative.spec.id,
          hyper: generative.hyper,
          discriminative: discriminative.spec.id,
          binarisation: formatBinarisation(how),
          seed,
          backend: backend.kind,
          rows: rows.map((row) => ({ ...row, leader: leaderAt(row) })),
          crossing: crossingOf(rows),
          diverged: warnings.length,
        },
        text: [
          `${generative.spec.id} and ${discriminative.spec.id}, accuracy in % on ${grouped(experiment.test.count)} test images, on ${backend.description}`,
          `binarisation ${describeBinarisation(how)}, ${repeats} subsets a size, seed ${seed}`,
          ...tableOf(rows),
          describeCurve(rows, generative.spec.label, discriminative.spec.label),
        ],
        passed: warnings.length === 0,
        warning: warnings.at(0),
      });
    });
  },
});

interface Experiment {
  readonly images: GreyImages;
  readonly test: PackedImages;
  readonly labels: Uint8Array;
  readonly binarisation: Binarisation;
  readonly seed: number;
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

function parseSizes(given: string): Result<readonly number[]> {
  const sizes = given.split(',').map((each) => (/^\d{1,9}$/.test(each) ? Number(each) : NaN));
  const bad = sizes.findIndex((size) => !(size > 0));
  return bad >= 0
    ? fail(`"${given.split(',')[bad]}" is not a whole number above 0`)
    : ok([...new Set(sizes)].sort((a, b) => a - b));
}

/** A family that classifies; the first that is `usual` by default. */
function family(
  help: string,
  task: FamilySpec['task'],
  usual: (spec: FamilySpec) => boolean,
): Option<Classifier> {
  const able = families.flatMap((spec) => {
    const hyper = spec.task === task ? classifying(spec, presetHyper(spec, 'few')) : null;
    return hyper ? [{ spec, hyper }] : [];
  });
  const first = able.find(({ spec }) => usual(spec))!;
  const parse = (id: string) => {
    const named = able.find(({ spec }) => spec === findFamily(id));
    return named ? ok(named) : fail(`"${id}" is none of ${able.map(({ spec }) => spec.id).join(', ')}`);
  };
  return withDefault({ value: 'F', help, parse }, first, first.spec.id);
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
