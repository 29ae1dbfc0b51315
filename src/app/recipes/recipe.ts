import { parseBinarisation, formatBinarisation } from '../../data/binarise.ts';
import type { Binarisation } from '../../data/binarisation.ts';
import type { Grid } from '../../data/images.ts';
import { fail, ok, type Result } from '../../data/result.ts';
import type { FamilySpec } from '../../models/family-spec.ts';
import type { Hyper } from '../../models/model.ts';
import { checkHyper, findFamily, usualTargets } from '../../models/registry.ts';
import type { BackendKind, TargetKind } from '../../models/runs.ts';
import type { ModelRecord, RunRecord } from '../../store/records.ts';
import { MNIST_ID } from '../library/mnist.svelte.ts';
import { STARTER } from '../library/starter.ts';
import { BATCH, EPOCHS, RATE, SEED, VALIDATION_SHARE } from './ranges.ts';
import { fingerprint } from './fingerprint.ts';
import { quoted } from '../link-reader.ts';

/**
 * Of what the same recipe makes: to be raised by a change of the code after which it makes other weights, such as another rule of descent or
 * another share of images held back.
 */
export const RECIPE_VERSION = 1;
/** More than the cores of any machine that opens a page. */
const MAX_SHARDS = 64;
/** Numbers of weights that all shards may hold together, as the cpu backend keeps to. */
const MAX_SHARDED_NUMBERS = 2 ** 23;
const MAX_IMAGES = 1_000_000;
const DATA_NAMES: Readonly<Record<string, string>> = { [STARTER.id]: 'starter', [MNIST_ID]: 'mnist' };
/** Data that a link cannot carry: the visitor's drawings and imported files. */
const OWN = 'own';

/**
 * All that determines a trained model's weights but its grid, which is that of the link: another machine with the same images, backend and
 * arithmetic makes the same bits of it.
 */
export interface Recipe {
  readonly version: number;
  readonly family: string;
  readonly hyper: Hyper;
  /** Id of a data set that everybody can have; null for images of the owner. */
  readonly data: string | null;
  /** How many images it has, those held back included. */
  readonly images: number;
  /** CRC-32 of its files, eight hexadecimal digits. */
  readonly content: string;
  readonly binarisation: Binarisation;
  /** Null where there is nothing to choose. */
  readonly targets: TargetKind | null;
  readonly seed: number;
  readonly epochs: number;
  readonly batchSize: number;
  readonly learningRate: number;
  readonly backend: BackendKind;
  /** See `arithmeticOf`. */
  readonly arithmetic: string;
  /** Of the cpu backend; 1 where batches were not cut. */
  readonly shards: number;
  /** The weights' fingerprint. */
  readonly weights: string;
}

/** The recipe of a model that was trained here; null where its record has none, as after a run that was stopped, and of a file. */
export function recipeOf(model: ModelRecord): Recipe | null {
  const { recipe, family, hyper, dataset, binarisation, targets = null, seed, backend } = model;
  if (!recipe) return null;
  const data = Object.hasOwn(DATA_NAMES, dataset.id) ? dataset.id : null;
  const { images } = dataset;
  const weights = fingerprint(model);
  return { ...recipe, family, hyper, data, images, binarisation, targets, seed, backend, weights };
}

/** The run that makes the model. */
export function requestOf(recipe: Recipe, runId: string, grid: Grid): RunRecord['request'] {
  const { family, hyper, binarisation, targets, seed, epochs, batchSize, learningRate, backend, shards } =
    recipe;
  return {
    runId,
    family,
    grid,
    hyper,
    binarisation,
    validationShare: VALIDATION_SHARE,
    seed,
    epochs,
    batchSize,
    learningRate,
    ...(targets === null ? {} : { targets }),
    ...(backend === 'cpu' ? { shards } : {}),
  };
}

/**
 * A recipe as the text of a link, about 110 characters:
 * `1,nade,starter.1000.1a2b3c4d,dynamic:0,soft,e10,b128,r0.001,s0,cpu.fused.2,w8a3c21d9,hidden.100`.
 */
export function formatRecipe(recipe: Recipe): string {
  const { version, family, hyper, data, images, content, binarisation, targets } = recipe;
  const { epochs, batchSize, learningRate, seed, backend, arithmetic, shards, weights } = recipe;
  return [
    version,
    family,
    `${data === null ? OWN : DATA_NAMES[data]}.${images}.${content}`,
    formatBinarisation(binarisation),
    targets ?? '-',
    `e${epochs}`,
    `b${batchSize}`,
    `r${learningRate}`,
    `s${seed}`,
    `${backend}.${arithmetic}.${shards}`,
    `w${weights}`,
    ...Object.keys(hyper)
      .sort()
      .map((name) => `${name}.${hyper[name]}`),
  ].join(',');
}

/** Reads what `formatRecipe` wrote, for models of `grid`. Anything else fails with what is wrong, as the end of a sentence: nothing is clamped, because another recipe makes another model. */
export function parseRecipe(text: string, grid: Grid): Result<Recipe> {
  // Where the text is too short, an empty field is refused like any other wrong one.
  const [
    version = '',
    family = '',
    data = '',
    bits = '',
    aims,
    epochs,
    batch,
    rate,
    seed,
    on = '',
    weights = '',
    ...hyper
  ] = text.split(',', 64);
  if (!/^\d{1,4}$/.test(version) || version === '0') return fail('is damaged: its version is missing');
  if (Number(version) > RECIPE_VERSION)
    return fail('is of a newer version of Inkling: reload the page to get it');
  const spec = findFamily(family);
  if (!spec || spec.training === 'counted')
    return fail(`names a family that is not trained, ${quoted(family)}`);
  const dataset = /^(starter|mnist|own)\.(\d{1,7})\.([0-9a-f]{8})$/.exec(data);
  const images = Number(dataset?.[2]);
  if (!dataset || !(images >= 1 && images <= MAX_IMAGES)) return fail('names no images');
  const binarisation = parseBinarisation(bits);
  if (!binarisation.ok) return fail('has no binarisation');
  const usual = usualTargets(spec, binarisation.value);
  const targets = aims === 'soft' || aims === 'sampled' ? aims : null;
  if ((targets === null) !== (usual === null) || (targets === null && aims !== '-'))
    return fail('has other targets than its family');
  const machine = /^(?:cpu\.(plain|simd|fused)|webgpu\.([0-9a-f]{8}))\.(\d{1,2})$/.exec(on);
  if (!machine) return fail('does not say what it was trained on');
  const fingerprinted = /^w([0-9a-f]{8})$/.exec(weights);
  if (!fingerprinted) return fail('has no fingerprint of the weights');
  const steps = {
    epochs: numberIn(epochs, 'e', EPOCHS),
    batchSize: numberIn(batch, 'b', BATCH),
    learningRate: numberIn(rate, 'r', { ...RATE, step: 0 }),
    seed: numberIn(seed, 's', SEED),
  };
  for (const [name, value] of Object.entries(steps))
    if (value === null) return fail(`has no ${name} in range`);
  const values = parseHyper(spec, hyper, grid);
  if (!values.ok) return values;
  const shards = Number(machine[3]);
  const numbers = spec.parameterCount(grid, values.value);
  if (!(shards >= 1 && shards <= MAX_SHARDS) || (shards > 1 && shards * numbers > MAX_SHARDED_NUMBERS))
    return fail(`has ${machine[3]} shards, more than fit`);
  return ok({
    version: Number(version),
    family: spec.id,
    hyper: values.value,
    data: Object.keys(DATA_NAMES).find((id) => DATA_NAMES[id] === dataset[1]) ?? null,
    images,
    content: dataset[3],
    binarisation: binarisation.value,
    targets,
    ...(steps as { [Name in keyof typeof steps]: number }),
    backend: machine[1] ? 'cpu' : 'webgpu',
    arithmetic: machine[1] || machine[2],
    shards,
    weights: fingerprinted[1],
  });
}

/** Every hyper-parameter of the family, each once and in range. */
function parseHyper(spec: FamilySpec, texts: readonly string[], grid: Grid): Result<Hyper> {
  const given = new Map(
    texts.map((text) => [text.slice(0, text.indexOf('.')), text.slice(text.indexOf('.') + 1)] as const),
  );
  const names = spec.hyperparameters.map(({ name }) => name);
  const extra = [...given.keys()].find((name) => !names.includes(name));
  if (extra !== undefined || given.size !== texts.length)
    return fail(`has a hyper-parameter that its family lacks, ${quoted(extra ?? '')}`);
  if ([...given.values()].some((text) => !NUMBER.test(text)))
    return fail('has a hyper-parameter that is no number');
  const hyper = Object.fromEntries(
    spec.hyperparameters.map(({ name, beforeItExisted = NaN }) => [
      name,
      Number(given.get(name) ?? beforeItExisted),
    ]),
  );
  const wrong = checkHyper(spec, hyper) ?? spec.refuses?.(grid, hyper) ?? null;
  return wrong === null ? ok(hyper) : fail(`cannot be trained: ${wrong}`);
}

/** As `String` writes numbers. */
const NUMBER = /^-?\d+(\.\d+)?(e-\d+)?$/;

function numberIn(
  text: string | undefined,
  letter: string,
  { min, max, step }: { readonly min: number; readonly max: number; readonly step: number },
): number | null {
  if (!text?.startsWith(letter) || !NUMBER.test(text.slice(1))) return null;
  const value = Number(text.slice(1));
  return value >= min && value <= max && (step !== 1 || Number.isInteger(value)) ? value : null;
}
