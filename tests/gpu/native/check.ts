/** Every family on WebGPU beside the cpu backend on small grids, and beside the plain loops in f64 on a grid of MNIST's size. */
import { type Grid, MNIST_GRID } from '../../../src/data/images.ts';
import { families, isClassConditional } from '../../../src/models/registry.ts';
import type { WebGpuBackend } from '../../../src/engine/backends/webgpu/backend.ts';
import type { Device } from '../../../src/gpu/device.ts';
import { countErrors, gradientErrors, readingErrors } from '../comparison.ts';
import {
  type Backends,
  classFindings,
  classifierCases,
  densityCases,
  type Finding,
  isWrong,
  learningFindings,
  oddGrid,
  type ParityCase,
  readingFindings,
  sampleFindings,
  sumFindings,
} from '../parity.ts';
import { inHalves, randomImages, randomModel } from '../random-models.ts';
import type { Budget } from './budget.ts';
import type { CheckKind, CheckReport, CheckResult, Sizes } from './report.ts';
import { scaledHyper } from './sizes.ts';
import { drawsInSubgroups, readsHalves } from './variants.ts';

/** Digits have so much ink. */
const INK = 0.13;

interface Check {
  readonly one: ParityCase;
  readonly grid: Grid;
  readonly what: CheckKind;
  readonly run: () => Promise<readonly Finding[]>;
}

export interface CheckMaterial {
  readonly backends: Backends & { readonly found: WebGpuBackend };
  /** The first of them without subgroups. */
  readonly portable: WebGpuBackend;
  /** For gradients without binarisation and Adam. */
  readonly device: Device;
  readonly sizes: Sizes;
  /** Null: all. */
  readonly families: readonly string[] | null;
}

/** Runs all checks, the small ones first; those for which no time is left are noted as left out. */
export async function runChecks(
  material: CheckMaterial,
  budget: Budget,
  report: CheckReport,
  onResult: (result: CheckResult) => void,
): Promise<void> {
  const began = performance.now();
  for (const check of checksOf(material)) {
    const result = budget.isOver() ? leftOut(check) : await resultOf(check);
    report.checks.push(result);
    report[result.status]++;
    report.seconds = (performance.now() - began) / 1000;
    onResult(result);
  }
}

const labelsOf = ({ one, grid, what }: Check) => ({
  model: one.name,
  family: one.spec.id,
  grid: `${grid.width}x${grid.height}`,
  what,
});

function leftOut(check: Check): CheckResult {
  return { ...labelsOf(check), status: 'skipped', seconds: 0, findings: [] };
}

async function resultOf(check: Check): Promise<CheckResult> {
  const began = performance.now();
  const seconds = () => (performance.now() - began) / 1000;
  try {
    const findings = await check.run();
    const failed = findings.length === 0 || findings.some(isWrong);
    return { ...labelsOf(check), status: failed ? 'failed' : 'passed', seconds: seconds(), findings };
  } catch (error) {
    const message = error instanceof Error ? error.message : String(error);
    return { ...labelsOf(check), status: 'failed', seconds: seconds(), findings: [], message };
  }
}

function checksOf(material: CheckMaterial): readonly Check[] {
  const wanted = ({ spec }: ParityCase) => material.families?.includes(spec.id) ?? true;
  const densities = densityCases().filter(wanted);
  const classifiers = classifierCases().filter(wanted);
  const small = [
    ...densities.flatMap((one) => smallChecks(material, one)),
    ...classifiers.flatMap((one) => classifierChecks(material, one, oddGrid(one))),
  ];
  if (material.sizes === 'tiny') return small;
  const large = families
    .map((spec) => ({ name: spec.id, spec, hyper: scaledHyper(spec, material.sizes) }))
    .filter((one) => wanted(one) && !one.spec.refuses?.(MNIST_GRID, one.hyper))
    .flatMap((one) =>
      one.spec.task === 'classifier'
        ? classifierChecks(material, one, MNIST_GRID)
        : largeChecks(material, one),
    );
  return [...small, ...large];
}

function smallChecks({ backends, portable }: CheckMaterial, one: ParityCase): Check[] {
  const grid = oddGrid(one);
  const model = () => randomModel(one.spec.id, grid, one.hyper, 2, 0.8);
  const images = () => randomImages(grid, 37, 6, 0.4);
  const check = (what: CheckKind, run: Check['run']): Check => ({ one, grid, what, run });
  const besidePortable = { ...backends, found: portable };
  return [
    check('scores and conditionals', () => readingFindings(backends, model(), images())),
    { ...check('sum to 1', () => sumFindings(backends.found, one)), grid: { width: 3, height: 3 } },
    check('samples', () => sampleFindings(backends, model(), 65)),
    ...(drawsInSubgroups(backends.found, one.spec.id)
      ? [check('samples without subgroups', () => sampleFindings(besidePortable, model(), 65))]
      : []),
    ...(readsHalves(one.spec.id)
      ? [check('samples of halves', () => sampleFindings(backends, inHalves(model()), 65))]
      : []),
    check('learning', () => learningFindings(backends, one, grid)),
  ];
}

function classifierChecks({ backends }: CheckMaterial, one: ParityCase, grid: Grid): Check[] {
  const model = () => randomModel(one.spec.id, grid, one.hyper, 2, 0.2);
  const images = () => randomImages(grid, 37, 6, 0.4);
  return [
    { one, grid, what: 'class logits', run: () => classFindings(backends, model(), images()) },
    { one, grid, what: 'learning', run: () => learningFindings(backends, one, grid) },
  ];
}

/** Scores of some hundred nats are sums of 784 numbers in f32. */
const LARGE = { nats: 1e-3, logits: 2e-4 };

function largeChecks({ backends, device, sizes }: CheckMaterial, one: ParityCase): Check[] {
  const { spec, hyper } = one;
  const grid = MNIST_GRID;
  const deep = 'blocks' in hyper;
  // Of more weights a pixel smaller ones, so that probabilities stay away from 0 and 1.
  const model = () => randomModel(spec.id, grid, hyper, 6, deep ? 0.1 : 0.05, deep ? 0 : -0.02);
  const images = (count: number) => randomImages(grid, count, 7, INK);
  const check = (what: CheckKind, run: Check['run']): Check => ({ one, grid, what, run });
  const counts = sizes === 'full' ? { read: 8, draw: 16, learn: 8 } : { read: 2, draw: 4, learn: 2 };
  const exact = check('scores and conditionals in f64', async () => {
    const opened = model();
    const evaluator = await backends.found.open(opened);
    const errors = await readingErrors(evaluator, opened, images(deep ? 2 : counts.read)).finally(() =>
      evaluator.destroy(),
    );
    return [
      { what: 'log p', error: errors.logLikelihood, bound: LARGE.nats },
      { what: 'logits', error: errors.logits, bound: LARGE.logits },
    ];
  });
  const beside = check('scores and conditionals', () =>
    readingFindings(backends, model(), images(counts.read), LARGE),
  );
  const descends = spec.training === 'descended';
  // The plain loops know no model of every class, and sum over the pixels to come anew for every pixel of a mixture.
  const plain = spec.training !== 'em' && !isClassConditional({ family: spec.id, hyper });
  // Trees are grown from shares of 60 images: of so many pairs of pixels some tie but for their last bit, and either tree is right.
  const grows = spec.training === 'em' && spec.tensors(grid, hyper).some(({ name }) => name === 'parent');
  return [
    plain ? exact : beside,
    check('samples', () => sampleFindings(backends, model(), counts.draw)),
    ...(descends ? [check('gradient in f64', () => gradientFindings())] : []),
    ...(grows ? [] : [check('learning', () => learningFindings(backends, one, grid))]),
    ...(spec.training === 'counted' && plain ? [check('counts in f64', () => countFindings())] : []),
  ];

  async function gradientFindings(): Promise<Finding[]> {
    const { gradient, loss } = await gradientErrors(device, model(), images(deep ? 2 : counts.learn));
    return [
      { what: 'gradient', error: gradient, bound: 1e-4 },
      { what: 'loss', error: loss, bound: 1e-5 },
    ];
  }

  async function countFindings(): Promise<Finding[]> {
    const error = await countErrors(backends.found, spec.id, grid, hyper, [images(60), images(40)]);
    return [{ what: 'counted tables', error, bound: 1e-5 }];
  }
}
