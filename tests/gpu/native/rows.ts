/** The rows of the measurement: every family's work on WebGPU, beside the cpu backend of the same machine. */
import { binarise } from '../../../src/data/binarise.ts';
import { pixelMeans, takeRows } from '../../../src/data/dataset.ts';
import { areHalves } from '../../../src/data/float16.ts';
import { indexRange } from '../../../src/data/rng.ts';
import type { Backend } from '../../../src/engine/backends/backend.ts';
import { initialState } from '../../../src/engine/backends/references.ts';
import type { WebGpuBackend } from '../../../src/engine/backends/webgpu/backend.ts';
import { families, folderSpec, isClassConditional } from '../../../src/models/registry.ts';
import type { FamilySpec } from '../../../src/models/family-spec.ts';
import type { Hyper, Model } from '../../../src/models/model.ts';
import { inHalves } from '../random-models.ts';
import type { Budget } from './budget.ts';
import type { NamedImages } from './images.ts';
import { scoreOperations } from './operations.ts';
import { rateOf } from './rate.ts';
import type { MeasureReport, MeasureRow, Sizes, Variant } from './report.ts';
import { scaledHyper, WORK } from './sizes.ts';
import { drawsInSubgroups, readsHalves } from './variants.ts';
import { drawWork, type Subject, type Work, worksOf } from './works.ts';

const BINARISATION = { kind: 'stochastic', seed: 0 } as const;
/** Images that the first weights know the means of, and tables are counted from. */
const KNOWN = 2000;
/** A measurement takes so many seconds at least and at most. */
const SECONDS = { least: 0.05, most: 1.5 };
/** Billions of operations in one call of the cpu, at most: about a second. */
const CPU_OPERATIONS = 10;

export interface RowMaterial {
  readonly gpu: WebGpuBackend;
  /** The same without subgroups. */
  readonly portable: WebGpuBackend;
  readonly cpu: Backend;
  readonly images: NamedImages;
  /** Trained models, which are measured instead of first weights where they have the grid. */
  readonly trained: readonly Model[];
  readonly sizes: Sizes;
  readonly families: readonly string[] | null;
}

/** Descended families first: what the others would show least about is what is left out where time is short. */
const ORDER: readonly FamilySpec['training'][] = ['descended', 'em', 'counted'];

export async function measureRows(
  material: RowMaterial,
  budget: Budget,
  report: MeasureReport,
  onRow: (row: MeasureRow) => void,
): Promise<void> {
  const { sizes, images } = material;
  const wanted = ORDER.flatMap((training) => families.filter((spec) => spec.training === training)).filter(
    (spec) => material.families?.includes(spec.id) ?? true,
  );
  const possible = wanted
    .map((spec) => ({ spec, hyper: scaledHyper(spec, sizes) }))
    .filter(({ spec, hyper }) => !spec.refuses?.(images.grid, hyper));
  let waiting = possible.reduce((sum, { spec }) => sum + worksOf(spec, sizes).length, 0);
  for (const { spec, hyper } of possible) {
    const works = worksOf(spec, sizes);
    if (budget.isOver()) {
      report.skipped.push(...works.map(({ name }) => `${spec.id}: ${name}`));
      continue;
    }
    const subject = await subjectOf(material, spec, hyper);
    for (const work of works) {
      if (budget.isOver()) report.skipped.push(`${spec.id}: ${work.name}`);
      else onRow(await rowOf(material, subject, work.make(subject), budget, waiting, report));
      waiting--;
    }
  }
}

async function rowOf(
  material: RowMaterial,
  subject: Subject,
  work: Work,
  budget: Budget,
  waiting: number,
  report: MeasureReport,
): Promise<MeasureRow> {
  const { model, weights, packed } = subject;
  // A share for each backend and variant; a measurement takes about twice its seconds with what warms it up.
  const variants = variantsOf(material, subject, work);
  const fair = budget.left / Math.max(1, waiting) / (4 + 2 * variants.length);
  const seconds = Math.min(SECONDS.most, Math.max(SECONDS.least, fair));
  const score = scoreOperations(model, packed);
  const gigaOperations = score === null ? null : score * work.operations;
  const measured = await measureOn(material.gpu, work, work.images, seconds);
  const best = report.matmul?.best ?? 0;
  const gflops = gigaOperations === null ? null : gigaOperations * measured.rate.median;
  const row: MeasureRow = {
    family: model.family,
    hyper: model.hyper,
    parameters: folderSpec(model.family).parameterCount(model.grid, model.hyper),
    ...{ work: work.name, unit: work.unit, images: work.images, weights },
    gpu: measured.rate,
    variants: [],
    cpu: null,
    ratio: null,
    gigaOperations,
    gflops,
    share: gflops === null || best === 0 ? null : gflops / best,
    dispatches: measured.dispatches,
    submits: measured.submits,
  };
  report.rows.push(row);
  for (const { what, backend, other } of variants) {
    if (budget.isOver()) return row;
    const { rate } = await measureOn(backend, other, work.images, seconds);
    row.variants = [...row.variants, { what, gpu: rate }];
  }
  if (budget.isOver()) return row;
  const affordable = Math.max(1, Math.floor(CPU_OPERATIONS / (score ?? 1e-9)));
  const fewer = work.name === 'score' ? Math.min(work.images, affordable) : work.images;
  row.cpu = (await measureOn(material.cpu, work, fewer, seconds)).rate;
  row.ratio = row.gpu.median / row.cpu.median;
  return row;
}

interface OtherKernels {
  readonly what: Variant['what'];
  readonly backend: WebGpuBackend;
  readonly other: Work;
}

/** What else draws the row's samples on this device. */
function variantsOf({ gpu, portable }: RowMaterial, subject: Subject, work: Work): readonly OtherKernels[] {
  const { model } = subject;
  if (!work.name.startsWith('sample')) return [];
  const rounded = drawWork({ ...subject, model: inHalves(model) }, work.images);
  return [
    ...(drawsInSubgroups(gpu, model.family)
      ? [{ what: 'without subgroups' as const, backend: portable, other: work }]
      : []),
    ...(readsHalves(model.family) && !Object.values(model.tensors).every(areHalves)
      ? [{ what: 'halves' as const, backend: gpu, other: rounded }]
      : []),
  ];
}

async function measureOn(backend: Backend, work: Work, images: number, seconds: number) {
  const opened = await work.open(backend, images);
  const counts = () => (backend as Partial<WebGpuBackend>).statistics?.() ?? { dispatches: 0, submits: 0 };
  try {
    // Compiled and estimated before anything is counted.
    await opened.run(0);
    const before = counts();
    let calls = 0;
    const rate = await rateOf(opened.amount, seconds, (repeat) => {
      calls++;
      return opened.run(repeat + 1);
    });
    const after = counts();
    return {
      rate,
      dispatches: (after.dispatches - before.dispatches) / calls,
      submits: (after.submits - before.submits) / calls,
    };
  } finally {
    opened.close();
  }
}

async function subjectOf(material: RowMaterial, spec: FamilySpec, hyper: Hyper): Promise<Subject> {
  const { images, sizes, cpu } = material;
  const { grid } = images;
  const size = WORK[sizes];
  const some = Math.min(images.count, Math.max(KNOWN, size.score));
  const grey = { ...takeRows(images, indexRange(0, some)), name: images.name };
  const named = { ...grey, labels: Uint8Array.from(grey.labels ?? []) };
  const packed = binarise(named, BINARISATION);
  const family = spec.id;
  const known = sizes === 'full' ? material.trained.find((model) => model.family === family) : undefined;
  if (known && known.grid.width === grid.width && known.grid.height === grid.height)
    return { model: known, weights: 'trained', packed, grey: named };
  const conditional = isClassConditional({ family, hyper });
  if (spec.training === 'counted') {
    const counter = await cpu.counter(family, grid, hyper);
    await counter.add(packed, conditional ? named.labels : null);
    const tensors = await counter.finish();
    counter.destroy();
    return { model: { family, grid, hyper, tensors }, weights: 'counted', packed, grey: named };
  }
  const means = Array.from({ length: conditional ? 10 : 1 }, () => pixelMeans(packed));
  const counts = means.map(() => packed.count);
  const { tensors } = initialState({ family, grid, hyper }, means, counts, 0);
  return { model: { family, grid, hyper, tensors }, weights: 'initial', packed, grey: named };
}
