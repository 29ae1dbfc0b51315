import { describeBinarisation, formatBinarisation } from '../../data/binarise.ts';
import type { Accuracy } from '../../data/accuracy.ts';
import { pixelCount } from '../../data/images.ts';
import { csvOf } from '../../data/write-csv.ts';
import type { Estimate } from '../../engine/api.ts';
import { findFamily } from '../../models/registry.ts';
import type { ModelRecord } from '../../store/records.ts';
import { learntFrom } from '../compare/learnt-from.ts';
import { count, estimateWords, fixed, lossName } from '../format.ts';
import { describeGrid } from '../grids.ts';

/** Samples of the sheet, and in a row of it. */
export const SAMPLES = 100;
export const SAMPLES_IN_A_ROW = 10;

/** What a model was measured on for a hand-in. */
export interface HandInTest {
  /** Mean −log p in nats; null where it was not measured. */
  readonly nats: Estimate | null;
  /** Null where the model knows no classes, or was not measured. */
  readonly accuracy: Accuracy | null;
  /** Why there is no measurement on test images; empty where there is. */
  readonly missing: string;
}

/** How the model was made, as a file: all that it takes to train it again. */
export function recipeOf(model: ModelRecord): object {
  const spec = findFamily(model.family);
  const { learnt, heldBack } = learntFrom(model);
  return {
    format: 'inkling-recipe',
    version: 1,
    model: model.name,
    family: model.family,
    hyper: model.hyper,
    grid: model.grid,
    parameters: spec?.parameterCount(model.grid, model.hyper) ?? null,
    dataset: { name: model.dataset.name, images: model.dataset.images, revision: model.dataset.revision },
    trainedOn: learnt,
    heldBack,
    binarisation: formatBinarisation(model.binarisation),
    ...(model.targets ? { targets: model.targets } : {}),
    seed: model.seed,
    epochs: model.epochs,
    steps: model.curve.at(-1)?.step ?? 0,
    seconds: model.seconds,
    backend: model.backend,
    createdAt: new Date(model.createdAt).toISOString(),
  };
}

/** What was measured, in nats an image: lower is better. */
export function resultsOf(model: ModelRecord, { nats, accuracy, missing }: HandInTest): object {
  return {
    loss: `mean ${lossName(findFamily(model.family)?.task ?? 'density').replace('−', '-')} in nats an image`,
    binarisation: formatBinarisation(model.binarisation),
    test: nats && { ...nats, bitsPerPixel: nats.nats / Math.LN2 / pixelCount(model.grid), of: TEST },
    accuracy: accuracy && { ...accuracy, of: TEST },
    ...(missing === '' ? {} : { notMeasured: missing }),
    validation: model.validation,
    training: model.train,
  };
}

const TEST = 'test digits of MNIST that no model of Inkling learns from: every tenth, from the sixth on';

/** The training curve, with the number of steps and epochs at every point. */
export function curveCsv({ curve }: Pick<ModelRecord, 'curve'>): string {
  return csvOf([
    ['step', 'epoch', 'training loss (nats)', 'validation loss (nats)'],
    ...curve.map(({ step, epoch, train, validation }) => [step, epoch, train, validation]),
  ]);
}

/** What is in the archive, in words. */
export function readme(model: ModelRecord, test: HandInTest, link: string, samples: string): string {
  const spec = findFamily(model.family);
  const loss = lossName(spec?.task ?? 'density');
  const { learnt, heldBack } = learntFrom(model);
  const measured = test.nats
    ? `Test ${loss}: ${estimateWords(test.nats)} nats (mean and standard error) over ${count(test.nats.images)} ${TEST}.`
    : test.missing;
  const lines = [
    model.name,
    '',
    `Family: ${spec?.label ?? model.family}, ${describeGrid(model.grid)} pixels.`,
    `Trained on ${model.dataset.name}: ${count(learnt)} images, ${count(heldBack)} held back; binarisation ${describeBinarisation(model.binarisation)}; seed ${model.seed}.`,
    measured,
    ...(test.accuracy
      ? [
          `Digits told right: ${fixed(100 * test.accuracy.share, 1)} ± ${fixed(100 * test.accuracy.standardError, 1)} % of ${count(test.accuracy.images)}.`,
        ]
      : []),
    model.validation
      ? `Validation ${loss}: ${estimateWords(model.validation)} nats over ${count(model.validation.images)} images that were held back; the run may have stopped at its best moment on them.`
      : 'No images were held back for validation.',
    '',
    'Files',
    '  recipe.json   what it takes to train the model again: family, hyper-parameters, data, binarisation, seed',
    '  results.json  what was measured, in full',
    '  curve.csv     the training curve; without rows where the model was counted in one pass',
    `  samples.png   ${samples}`,
    '  link.txt      opens the model in the browser that trained it',
    '',
    `Link: ${link}`,
    '',
  ];
  // Also older editors on Windows show the lines.
  return lines.join('\r\n');
}
