import { binarise, describeBinarisation, formatBinarisation } from '../data/binarise.ts';
import {
  type Auroc,
  auroc,
  calibrate,
  DETECTORS,
  familiarity,
  type Finding,
  findings,
  RANKED,
  type Ranked,
  type Scores,
} from '../stats/detection.ts';
import { takeRows } from '../data/dataset.ts';
import { type Grid, type PackedImages, sliceImages } from '../data/images.ts';
import { baselineImages, BASELINE_IMAGES } from '../data/baseline-images.ts';
import { fail, ok, type Result } from '../data/result.ts';
import { command, onBackend } from './command.ts';
import { checkLogProbabilities } from './log-probabilities.ts';
import { readDensity, readPooled, sizeOf } from './model-files.ts';
import { BINARISE, input, MODEL, optional, SEED, type Values } from './options.ts';
import { logLikelihoodOf } from './pieces.ts';
import { grouped } from './terminal.ts';

/** Images from which baseline images are made. */
const MAX_BASELINE_SOURCES = 100;

const OPTIONS = {
  model: MODEL,
  background: input('FILE', 'a model of texture: family texture, counted on the same images'),
  inside: input('IDX', 'images like those that the model learnt from'),
  outside: input('IDX', 'images of another kind'),
  calibrate: optional(
    input('IDX', 'images that typicality and flags are measured by'),
    'every other image from inside, which are then not tested',
  ),
  binarise: BINARISE,
  seed: SEED,
};

export const anomaly = command({
  name: 'anomaly',
  alias: 'detect',
  summary: 'How well three detectors keep images from inside apart from images from outside.',
  notes: `The detectors are log p, two-sided typicality of log p, and the log-likelihood ratio to a background model. The report gives areas
under the ROC curve with standard errors, and which detectors flag a blank page, all ink, and images from inside inverted, shuffled
or made noise. Images larger than the models' grid are pooled to it.`,
  options: OPTIONS,
  run: async (options) => {
    const model = readDensity(options.model);
    if (!model.ok) return model;
    const texture = readDensity(options.background, '--background');
    if (!texture.ok) return texture;
    const { grid } = model.value.model;
    if (sizeOf(texture.value.model.grid) !== sizeOf(grid))
      return fail(
        `${options.background}: --background: ${sizeOf(texture.value.model.grid)} pixels, but ${options.model} is ${sizeOf(grid)}`,
      );
    const images = imagesOf(options, grid);
    if (!images.ok) return images;
    const { calibrating, tested, outsideImages } = images.value;

    return onBackend(options, async (backend, bar) => {
      const own = await backend.open(model.value.model);
      const background = await backend.open(texture.value.model);
      /** log p of every image under both models. `what` labels the progress bar; null shows none. */
      const scoresOf = async (scored: PackedImages, what: string | null): Promise<Result<Scores>> => {
        const done = what === null ? () => undefined : bar.counting(what, 'images', 2 * scored.count);
        const scores = {
          logLikelihood: await logLikelihoodOf(own, scored, done),
          background: await logLikelihoodOf(background, scored, (count) => done(scored.count + count)),
        };
        const first = { option: '--model', path: options.model };
        const checked = checkLogProbabilities(first, 'log p', scores.logLikelihood);
        if (!checked.ok) return checked;
        const second = { option: '--background', path: options.background };
        const other = checkLogProbabilities(second, 'log p', scores.background);
        return other.ok ? ok(scores) : other;
      };
      const sources = Array.from({ length: Math.min(MAX_BASELINE_SOURCES, tested.count) }, (_, image) =>
        baselineImages(sliceImages(tested, image, 1), (options.seed + image) >>> 0),
      );
      const all: Scores[] = [];
      for (const [scored, what] of [
        [calibrating, 'calibrating'],
        [tested, 'inside'],
        [outsideImages, 'outside'],
        ...sources.map((made) => [made, null] as const),
      ] as const) {
        const scores = await scoresOf(scored, what);
        if (!scores.ok) return scores;
        all.push(scores.value);
      }
      own.destroy();
      background.destroy();

      const calibration = calibrate(all[0]);
      const [inside, outside, ...baselines] = all.slice(1).map((scores) => findings(calibration, scores));
      const areas = Object.fromEntries(RANKED.map((by) => [by, areaOf(by, inside, outside)])) as Record<
        Ranked,
        Auroc
      >;
      const flags = {
        ...Object.fromEntries(
          BASELINE_IMAGES.map((name, at) => [name, flagged(baselines.map((each) => each[at]))]),
        ),
        inside: flagged(inside),
        outside: flagged(outside),
      };
      const about = {
        family: model.value.model.family,
        background: texture.value.model.family,
        binarisation: formatBinarisation(options.binarise),
        calibration: calibrating.count,
        inside: tested.count,
        outside: outsideImages.count,
        backend: backend.kind,
      };
      return ok({
        json: { ...about, auroc: areas, flags },
        text: [
          `${about.family} with ${about.background} as background, on ${backend.description}`,
          `${grouped(about.inside)} images inside, ${grouped(about.outside)} outside, calibrated on ${grouped(about.calibration)}, binarisation ${describeBinarisation(options.binarise)}`,
          ...RANKED.map(
            (by) =>
              `AUROC by ${by.padEnd(17)} ${areas[by].area.toFixed(4)} ± ${areas[by].standardError.toFixed(4)}`,
          ),
          `share flagged     ${[...DETECTORS, 'either'].map((by) => by.padStart(11)).join('')}`,
          ...Object.entries(flags).map(([name, shares]) => {
            const row = Object.values(shares).map((share) => share.toFixed(3).padStart(11));
            return `${name.padEnd(18)}${row.join('')}`;
          }),
        ],
      });
    });
  },
});

/** Images to calibrate on, and test images from inside and outside. */
interface ImageSets {
  readonly calibrating: PackedImages;
  readonly tested: PackedImages;
  readonly outsideImages: PackedImages;
}

/** All images, binarised. Without a file to calibrate on, every other image from inside calibrates. */
function imagesOf(paths: Values<typeof OPTIONS>, grid: Grid): Result<ImageSets> {
  const how = paths.binarise;
  const read = (option: string, path: string, atLeast: number) => {
    const images = readPooled({ option, path, labels: null }, how, grid, paths.model);
    return images.ok && images.value.count < atLeast
      ? fail(`${path}: count: ${images.value.count} images are too few for ${option}`)
      : images;
  };
  const inside = read('--inside', paths.inside, 2);
  if (!inside.ok) return inside;
  const outside = read('--outside', paths.outside, 2);
  if (!outside.ok) return outside;
  const outsideImages = binarise(outside.value, how);
  if (paths.calibrate !== null) {
    const apart = read('--calibrate', paths.calibrate, 1);
    if (!apart.ok) return apart;
    const calibrating = binarise(apart.value, how);
    return ok({ calibrating, tested: binarise(inside.value, how), outsideImages });
  }
  const rows = Array.from({ length: inside.value.count }, (_, row) => row);
  const half = (parity: number) => {
    const own = rows.filter((row) => row % 2 === parity);
    return binarise(takeRows(inside.value, own), how);
  };
  return ok({ calibrating: half(1), tested: half(0), outsideImages });
}

function areaOf(by: Ranked, own: readonly Finding[], others: readonly Finding[]): Auroc {
  return auroc(
    own.map((finding) => familiarity(finding, by)),
    others.map((finding) => familiarity(finding, by)),
  );
}

/** Share of the images that each detector flags; `either` is typicality or ratio. */
function flagged(found: readonly Finding[]): Record<Ranked, number> {
  const share = (is: (finding: Finding) => boolean) => found.filter(is).length / found.length;
  return {
    'log p': share(({ flags }) => flags['log p']),
    typicality: share(({ flags }) => flags.typicality),
    ratio: share(({ flags }) => flags.ratio),
    either: share((finding) => finding.flagged),
  };
}
