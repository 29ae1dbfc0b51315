import { binarise, describeBinarisation, formatBinarisation, parseBinarisation } from '../data/binarise.ts';
import type { Binarisation } from '../data/binarisation.ts';
import {
  aurocs,
  calibrate,
  DETECTORS,
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
import type { Evaluator } from '../engine/backends/backend.ts';
import { createBackend } from './backend.ts';
import { type OptionKind, readOptions, SEED } from './options.ts';
import { jsonLine } from './output.ts';
import { checkLogProbabilities } from './log-probabilities.ts';
import { inPieces } from './pieces.ts';
import { readDensity, readPooled, sizeOf } from './model-files.ts';
import { grouped, ProgressBar } from './terminal.ts';

const OPTIONS = {
  model: 'input',
  background: 'input',
  inside: 'input',
  outside: 'input',
  calibrate: 'input',
  binarise: 'text',
  seed: 'text',
  backend: 'text',
  json: 'flag',
} as const satisfies Record<string, OptionKind>;

/** Images from which baseline images are made. */
const MAX_BASELINE_SOURCES = 100;

export const anomalyHelp = `anomaly --model FILE --background FILE --inside IDX --outside IDX --binarise HOW [--calibrate IDX] [--seed N] [--backend cpu|webgpu] [--json]
  How well three detectors keep images from inside apart from images from outside: log p, two-sided typicality of log p, and the
  log-likelihood ratio to a background model. Areas under the ROC curve with standard errors, and which of them flag a blank page, all
  ink, and images from inside inverted, shuffled or made noise. Images larger than the models' grid are pooled to it.
  --background FILE  a model of texture: family texture, counted on the same images
  --calibrate IDX    images that typicality and flags are measured by; by default every other image from inside, which are then not tested
  --binarise HOW     threshold | stochastic:SEED | dynamic:SEED | none
  --seed N           of the shuffled images and of the noise; by default 0
`;

interface Models {
  readonly own: Evaluator;
  readonly background: Evaluator;
}

export async function anomaly(args: readonly string[]): Promise<Result<string>> {
  const read = readOptions(args, OPTIONS);
  if (!read.ok) return read;
  const options = read.value;
  const modelPath = options.required('model');
  const backgroundPath = options.required('background');
  const inside = options.required('inside');
  const outside = options.required('outside');
  const how = options.required('binarise');
  const apart = options.text('calibrate');
  const seed = options.number('seed', SEED);
  const kind = options.choice('backend', ['cpu', 'webgpu']);
  const problem = options.problem();
  if (problem !== null) return fail(problem);
  const binarisation = parseBinarisation(how);
  if (!binarisation.ok) return fail(`--binarise: ${binarisation.reason}`);
  const model = readDensity(modelPath);
  if (!model.ok) return model;
  const texture = readDensity(backgroundPath, '--background');
  if (!texture.ok) return texture;
  const { grid } = model.value.model;
  if (sizeOf(texture.value.model.grid) !== sizeOf(grid))
    return fail(
      `${backgroundPath}: --background: ${sizeOf(texture.value.model.grid)} pixels, but ${modelPath} is ${sizeOf(grid)}`,
    );
  const images = imagesOf({ inside, outside, apart }, binarisation.value, grid, modelPath);
  if (!images.ok) return images;

  const backend = await createBackend(kind);
  if (!backend.ok) return backend;
  const bar = new ProgressBar(options.has('json'));
  try {
    const models = {
      own: await backend.value.open(model.value.model),
      background: await backend.value.open(texture.value.model),
    };
    const { calibrating, tested, outsideImages } = images.value;
    const checked = async (images: PackedImages, what: string | null): Promise<Result<Scores>> => {
      const scores = await scoresOf(models, images, what, bar);
      const given = { option: '--model', path: modelPath };
      const first = checkLogProbabilities(given, 'log p', scores.logLikelihood);
      const other = { option: '--background', path: backgroundPath };
      const second = checkLogProbabilities(other, 'log p', scores.background);
      if (!first.ok) return first;
      return second.ok ? ok(scores) : second;
    };
    const calibrated = await checked(calibrating, 'calibrating');
    if (!calibrated.ok) return calibrated;
    const calibration = calibrate(calibrated.value);
    const insideScores = await checked(tested, 'inside');
    if (!insideScores.ok) return insideScores;
    const insideFindings = findings(calibration, insideScores.value);
    const outsideScores = await checked(outsideImages, 'outside');
    if (!outsideScores.ok) return outsideScores;
    const outsideFindings = findings(calibration, outsideScores.value);
    const sources = Math.min(MAX_BASELINE_SOURCES, tested.count);
    const baselines: Finding[][] = [];
    for (let image = 0; image < sources; image++) {
      const made = baselineImages(sliceImages(tested, image, 1), (seed + image) >>> 0);
      const scores = await checked(made, null);
      if (!scores.ok) return scores;
      baselines.push(findings(calibration, scores.value));
    }
    models.own.destroy();
    models.background.destroy();
    const areas = aurocs(insideFindings, outsideFindings);
    const flags = Object.fromEntries([
      ...BASELINE_IMAGES.map((name, at) => [name, flagged(baselines.map((each) => each[at]))] as const),
      ['inside', flagged(insideFindings)] as const,
      ['outside', flagged(outsideFindings)] as const,
    ]);
    const about = {
      family: model.value.model.family,
      background: texture.value.model.family,
      binarisation: formatBinarisation(binarisation.value),
      calibration: calibrating.count,
      inside: tested.count,
      outside: outsideImages.count,
      backend: backend.value.kind,
    };
    if (options.has('json')) return ok(jsonLine({ ...about, auroc: areas, flags }));
    return ok(
      [
        `${about.family} with ${about.background} as background, on ${backend.value.description}`,
        `${grouped(about.inside)} images inside, ${grouped(about.outside)} outside, calibrated on ${grouped(about.calibration)}, binarisation ${describeBinarisation(binarisation.value)}`,
        ...RANKED.map(
          (by) =>
            `AUROC by ${LABELS[by]} ${areas[by].area.toFixed(4)} ± ${areas[by].standardError.toFixed(4)}`,
        ),
        `share flagged     ${[...DETECTORS, 'either'].map((by) => by.padStart(11)).join('')}`,
        ...Object.entries(flags).map(([name, shares]) => {
          const row = Object.values(shares).map((share) => share.toFixed(3).padStart(11));
          return `${name.padEnd(18)}${row.join('')}`;
        }),
      ].join('\n'),
    );
  } finally {
    bar.clear();
    backend.value.destroy();
  }
}

const LABELS: Readonly<Record<Ranked, string>> = {
  'log p': 'log p            ',
  typicality: 'typicality       ',
  ratio: 'ratio            ',
  either: 'either           ',
};

/** Images to calibrate on, and test images from inside and outside. */
interface ImageSets {
  readonly calibrating: PackedImages;
  readonly tested: PackedImages;
  readonly outsideImages: PackedImages;
}

/** All images, binarised. Without a file to calibrate on, every other image from inside calibrates. */
function imagesOf(
  paths: { inside: string; outside: string; apart: string | null },
  how: Binarisation,
  grid: Grid,
  owner: string,
): Result<ImageSets> {
  const read = (option: string, path: string) => readPooled({ option, path, labels: null }, how, grid, owner);
  const inside = read('--inside', paths.inside);
  if (!inside.ok) return inside;
  const outside = read('--outside', paths.outside);
  if (!outside.ok) return outside;
  for (const [path, { count }] of [
    [paths.inside, inside.value],
    [paths.outside, outside.value],
  ] as const)
    if (count < 2) return fail(`${path}: count: ${count} images are too few to compare`);
  const outsideImages = binarise(outside.value, how);
  if (paths.apart !== null) {
    const apart = read('--calibrate', paths.apart);
    if (!apart.ok) return apart;
    if (apart.value.count === 0) return fail(`${paths.apart}: count: no images to calibrate on`);
    return ok({
      calibrating: binarise(apart.value, how),
      tested: binarise(inside.value, how),
      outsideImages,
    });
  }
  const rows = Array.from({ length: inside.value.count }, (_, row) => row);
  const half = (parity: number) =>
    binarise(
      takeRows(
        inside.value,
        rows.filter((row) => row % 2 === parity),
      ),
      how,
    );
  return ok({ calibrating: half(1), tested: half(0), outsideImages });
}

/** log p of every image under both models. `what` labels the progress bar; null shows none. */
async function scoresOf(
  { own, background }: Models,
  images: PackedImages,
  what: string | null,
  bar: ProgressBar,
): Promise<Scores> {
  const scores = {
    logLikelihood: new Float64Array(images.count),
    background: new Float64Array(images.count),
  };
  const onProgress = what === null ? () => undefined : bar.counting(what, 'images', images.count);
  await inPieces(images.count, onProgress, async (first, count) => {
    const piece = sliceImages(images, first, count);
    scores.logLikelihood.set(await own.logLikelihood(piece), first);
    scores.background.set(await background.logLikelihood(piece), first);
  });
  return scores;
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
