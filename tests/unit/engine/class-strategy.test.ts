import { describe, expect, it } from 'vitest';
import { maskOf } from '../../../src/data/known-pixels.ts';
import { CLASSES, type Grid, pixelCount } from '../../../src/data/images.ts';
import { rasterOrder } from '../../../src/data/orders.ts';
import { presetMask } from '../../../src/data/mask-presets.ts';
import { jointOfAll } from '../../../src/engine/queries/classify/class-reading.ts';
import { type ClassModel, type Strategy, strategyOf } from '../../../src/engine/queries/classify/strategy.ts';
import { sumOverKnown } from '../../../src/engine/queries/known-pixels.ts';
import { openCpuModels } from '../../../src/engine/queries/loaded-models.ts';
import { classModelsOf, logPrior } from '../../../src/models/shared/class-conditional.ts';
import { folderSpec } from '../../../src/models/registry.ts';
import type { CpuModel, ScoringWork } from '../../../src/models/cpu-model.ts';
import type { Hyper, Model } from '../../../src/models/model.ts';
import { randomImages, randomModel } from '../models/families.ts';

const GRID: Grid = { width: 12, height: 12 };
const N = pixelCount(GRID);
const TOP = presetMask(GRID, 'top-half');
const LEFT = presetMask(GRID, 'left-half');
const SETTINGS: readonly (readonly [string, Hyper])[] = [
  ['tree-mixture', { components: 4, 'class-conditional': 1 }],
  ['mixture', { components: 4, 'class-conditional': 1 }],
  ['tree', { 'class-conditional': 1 }],
  ['naive-bayes', {}],
];
const CLASSIFIERS: Readonly<Record<string, Model>> = Object.fromEntries(
  SETTINGS.map(([family, hyper]) => [family, randomModel(family, GRID, 2, 4, hyper)]),
);

function classModels(model: Model): ClassModel[] {
  const { orders } = folderSpec(model.family);
  const whole = classModelsOf(model);
  return openCpuModels(model).models.map((cpu, y) => ({
    cpu,
    order: orders?.(whole[y])[0] ?? rasterOrder(GRID),
  }));
}

function chosen(model: Model, known = TOP, wanted: 'sum' | 'contributions' = 'sum'): Strategy {
  const strategy = strategyOf({ models: classModels(model), latent: null }, known, wanted);
  if (!strategy.ok) throw new Error(strategy.reason);
  return strategy.value;
}

describe('log p of known pixels that come first', () => {
  it.each(['tree-mixture', 'mixture'])('is summed by the marginal of a %s, which is less work', (family) => {
    expect(chosen(CLASSIFIERS[family])).toBe('marginal');
    expect(
      chosen(
        CLASSIFIERS[family],
        maskOf(GRID, (pixel) => pixel < N - 1),
      ),
    ).toBe('marginal');
  });

  it.each(Object.keys(CLASSIFIERS))('is the same both ways in a %s', async (family) => {
    const model = CLASSIFIERS[family];
    const images = randomImages(GRID, 20, 0.4, 7);
    const prior = logPrior(model);
    // In the order of a tree other pixels come first than in raster order: only nothing and everything known are a start of both.
    const own = classModels(model);
    const raster = own.every(({ order }) => order!.every((pixel, at) => pixel === at));
    const starts = raster ? [0, 1, 30, N / 2, N - 1, N] : [0, N];
    for (const start of starts) {
      const known = maskOf(GRID, (pixel) => pixel < start);
      const joint = await jointOfAll(openCpuModels(model), model, images, known);
      if (!joint.ok) throw new Error(joint.reason);
      own.forEach(({ cpu }, y) => {
        const chain = sumOverKnown(images, known, cpu.conditionalLogits(images));
        const marginal = cpu.marginal!.logMarginal(images, known);
        for (let m = 0; m < images.count; m++) {
          // The conditionals are f32, each with an error of 2^-24 of its size at most.
          expect(Math.abs(chain[m] - marginal[m])).toBeLessThan(2e-5);
          expect(joint.value.nats[m * CLASSES + y]).toBeCloseTo(prior[y] + marginal[m], 8);
        }
      });
    }
  });

  it('is taken from the conditionals of one image where what every pixel adds is wanted too', () => {
    for (const model of Object.values(CLASSIFIERS)) {
      const nothing = maskOf(GRID, () => false);
      expect(chosen(model, nothing, 'contributions')).toBe('prefix');
    }
    expect(chosen(CLASSIFIERS['tree-mixture'], TOP, 'contributions')).toBe('prefix');
  });

  it('goes by the work of both ways', () => {
    const of = (work: ScoringWork): Strategy => {
      const cpu = { marginal: { work: () => work } } as unknown as CpuModel;
      const models = Array.from({ length: CLASSES }, () => ({ cpu, order: rasterOrder(GRID) }));
      const strategy = strategyOf({ models, latent: null }, TOP, 'sum');
      if (!strategy.ok) throw new Error(strategy.reason);
      return strategy.value;
    };
    // To sum over the known half takes two for each of them: N together.
    expect(of({ marginal: N + 9, conditionals: 10 })).toBe('marginal');
    expect(of({ marginal: N + 11, conditionals: 10 })).toBe('prefix');
  });
});

it('pixels that do not come first are summed over by the marginal, whatever is wanted', () => {
  for (const model of Object.values(CLASSIFIERS))
    for (const wanted of ['sum', 'contributions'] as const)
      expect(chosen(model, LEFT, wanted)).toBe('marginal');
});

it('an image without hidden pixels is scored as a whole, which no family does slower than its conditionals', () => {
  const all = maskOf(GRID, () => true);
  for (const family of ['nade', 'tree-mixture']) {
    const model = randomModel(family, GRID, 1, 4, { 'class-conditional': 1 });
    expect(chosen(model, all, 'sum')).toBe('whole');
    expect(chosen(model, all, 'contributions')).toBe('prefix');
  }
});

describe('the estimate of work', () => {
  it('of a mixture of trees grows with the unknown pixels above known ones, and with the way up to a known one', () => {
    // Pixel i looks at i + 1: the root is the last, and every conditional in raster order goes up to it.
    const chain = (parent: (pixel: number) => number): ScoringWork => {
      const model = randomModel('tree-mixture', GRID, 1, 4, { components: 1 });
      const tensors = { ...model.tensors, parent: Float32Array.from({ length: N }, (_, i) => parent(i)) };
      return openCpuModels({ ...model, tensors }).models[0].marginal!.work(TOP);
    };
    const down = chain((pixel) => pixel - 1);
    const up = chain((pixel) => (pixel === N - 1 ? -1 : pixel + 1));
    expect(down.conditionals).toBe(6 * N);
    expect(up.conditionals).toBe(6 * N + 8 * ((N * (N - 1)) / 2));
    // The unknown half is below the known one, or above it.
    expect(down.marginal).toBeCloseTo(0.4 * (N / 2));
    expect(up.marginal).toBeCloseTo(4.4 * (N / 2));
  });
});
