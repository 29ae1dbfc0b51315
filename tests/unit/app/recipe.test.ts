import { describe, expect, it, vi } from 'vitest';
import { linkToModel } from '../../../src/app/hand-in/link.ts';
import { fingerprint } from '../../../src/app/recipes/fingerprint.ts';
import {
  formatRecipe,
  parseRecipe,
  type Recipe,
  recipeOf,
  requestOf,
} from '../../../src/app/recipes/recipe.ts';
import { comparisonWords, describeRecipe, expectedDifference } from '../../../src/app/share/recipe-words.ts';
import { completeHyper, families, findFamily, usualTargets } from '../../../src/models/registry.ts';
import { model } from '../store/samples.ts';

const GRID = { width: 28, height: 28 };
const recipe: Recipe = {
  version: 1,
  family: 'nade',
  hyper: completeHyper(findFamily('nade')!),
  data: 'starter',
  images: 1000,
  content: '1a2b3c4d',
  binarisation: { kind: 'dynamic', seed: 3 },
  targets: 'soft',
  seed: 4294967295,
  epochs: 10,
  batchSize: 128,
  learningRate: 0.00001,
  backend: 'cpu',
  arithmetic: 'fused',
  shards: 2,
  weights: '8a3c21d9',
};
const text = formatRecipe(recipe);

describe('a recipe as text', () => {
  it('of every family that is trained is read back, byte for byte', () => {
    for (const spec of families.filter(({ training }) => training !== 'counted'))
      for (const binarisation of [recipe.binarisation, { kind: 'threshold' } as const]) {
        const own = { ...recipe, family: spec.id, hyper: completeHyper(spec), binarisation };
        const written = formatRecipe({ ...own, targets: usualTargets(spec, binarisation) });
        const read = parseRecipe(written, GRID);
        if (!read.ok) throw new Error(`${written}: ${read.reason}`);
        expect(formatRecipe(read.value)).toBe(written);
        expect(read.value).toEqual({ ...own, targets: usualTargets(spec, binarisation) });
      }
  });

  it('is short', () => expect(text.length).toBeLessThan(150));

  it.each<[string, string, RegExp]>([
    ['another version', text.replace(/^1,/, '2,'), /newer version/],
    ['no version', text.replace(/^1,/, '__proto__,'), /version is missing/],
    ['another family', text.replace('nade', 'constructor'), /not trained, “constructor”/],
    ['a counted family', text.replace('nade', 'tree'), /not trained, “tree”/],
    ['other data', text.replace('starter.', 'imagenet.'), /no images/],
    ['no images', text.replace('.1000.', '.0.'), /no images/],
    ['no binarisation', text.replace('dynamic:3', 'static'), /no binarisation/],
    ['targets of no meaning', text.replace('dynamic:3', 'threshold'), /targets/],
    ['no targets', text.replace(',soft,', ',-,'), /targets/],
    ['too many epochs', text.replace('e10', 'e1e9'), /no epochs in range/],
    ['half an image', text.replace('b128', 'b1.5'), /no batchSize in range/],
    ['no rate', text.replace('r0.00001', 'rNaN').replace('r1e-5', 'rNaN'), /no learningRate in range/],
    ['a large seed', text.replace('s4294967295', 's4294967296'), /no seed in range/],
    ['another backend', text.replace('cpu.fused', 'npu.fused'), /trained on/],
    ['many shards', text.replace('fused.2', 'fused.99'), /99 shards/],
    ['no fingerprint', text.replace('w8a3c21d9', 'w<script>'), /fingerprint/],
    ['a foreign hyper-parameter', `${text},__proto__.1`, /lacks, “__proto__”/],
    ['a hyper-parameter twice', `${text},hidden.3`, /lacks/],
    ['a size out of range', text.replace(/hidden\.\d+/, 'hidden.99999999'), /cannot be trained: hidden/],
    ['a hyper-parameter without a value', text.replace(/hidden\.\d+/, 'hidden.'), /no number/],
    ['one missing', text.replace(/,hidden\.\d+/, ''), /hidden: not a number/],
    ['nothing', '', /version/],
  ])('with %s is refused, and it is said why', (_, wrong, reason) => {
    const read = parseRecipe(wrong, GRID);
    expect(read.ok).toBe(false);
    if (!read.ok) expect(read.reason).toMatch(reason);
  });

  it('never asks for more shards than memory has room for', () => {
    const large = { ...recipe, hyper: { ...recipe.hyper, hidden: 500 }, shards: 64 };
    expect(parseRecipe(formatRecipe(large), GRID).ok).toBe(false);
    expect(parseRecipe(formatRecipe({ ...large, shards: 1 }), GRID).ok).toBe(true);
  });
});

describe('the recipe of a model', () => {
  const own = {
    version: 1,
    epochs: 20,
    batchSize: 10,
    learningRate: 0.01,
    shards: 1,
    arithmetic: 'simd',
    content: '00000001',
  };

  it('is made of its record, with the fingerprint of its weights', () => {
    const dataset = { id: 'mnist-train', name: 'MNIST', revision: 1, images: 60_000 };
    const made = recipeOf({ ...model, dataset, recipe: own });
    vi.stubGlobal('location', new URL('https://inkling.test/app/'));
    expect(linkToModel({ ...model, dataset, recipe: own })).toContain(`right=recipe:${formatRecipe(made!)}`);
    expect(linkToModel(model)).toContain(`right=model:${model.id}`);
    vi.unstubAllGlobals();
    expect(made).toMatchObject({
      ...own,
      family: 'fvsbn',
      data: 'mnist-train',
      images: 60_000,
      targets: null,
    });
    expect(made?.weights).toBe(fingerprint(model));
    expect(requestOf(made!, 'r', GRID)).toMatchObject({ runId: 'r', epochs: 20, shards: 1, grid: GRID });
  });

  it('names no data set of its owner, and no name of one', () => {
    const made = recipeOf({ ...model, recipe: own })!;
    expect(made.data).toBeNull();
    expect(formatRecipe(made)).toContain(',own.50.00000001,');
    expect(formatRecipe(made)).not.toContain('digits');
  });

  it('is missing where the record has none', () => expect(recipeOf(model)).toBeNull());
});

it('a fingerprint changes with one bit, and not with the order of the tensors', () => {
  const a = Float32Array.of(1, 2);
  const b = Float32Array.of(3);
  expect(fingerprint({ tensors: { a, b } })).toBe(fingerprint({ tensors: { b, a } }));
  expect(fingerprint({ tensors: { a, b } })).toMatch(/^[0-9a-f]{8}$/);
  expect(fingerprint({ tensors: { a: Float32Array.of(1, 2.0000002), b } })).not.toBe(
    fingerprint({ tensors: { a, b } }),
  );
});

describe('words', () => {
  it('say what a recipe trains', () => {
    expect(describeRecipe(recipe, GRID)).toMatch(
      /^NADE, .*10 epochs on the 1,000 starter digits \(dynamic, seed 3\)$/,
    );
    expect(describeRecipe({ ...recipe, data: null, images: 1 }, GRID)).toContain('on 1 image of its owner');
  });

  it('say beforehand that another backend rounds otherwise', () => {
    expect(expectedDifference(recipe, 'cpu')).toBe('');
    expect(expectedDifference(recipe, 'webgpu')).toContain('last bits');
  });

  it('say whether the weights are the very same, else why not', () => {
    const other = { ...recipe, weights: '00000000' };
    expect(comparisonWords(recipe, recipe)).toContain('the very same weights (8a3c21d9)');
    for (const [change, reason] of [
      [{ content: '0' }, /not the same files/],
      [{ version: 2 }, /another version/],
      [{ backend: 'webgpu' }, /a graphics processor/],
      [{ arithmetic: 'plain' }, /other instructions/],
      [{ shards: 1 }, /other shards/],
      [{}, /does not say why/],
    ] as const)
      expect(comparisonWords(recipe, { ...other, ...change })).toMatch(reason);
    expect(comparisonWords(recipe, null)).toContain('was stopped');
  });
});
