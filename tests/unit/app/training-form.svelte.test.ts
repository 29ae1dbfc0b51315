import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { TrainingForm } from '../../../src/app/training/form.svelte.ts';
import { recipeWords } from '../../../src/app/training/recipe-words.ts';
import { MNIST_GRID } from '../../../src/data/images.ts';
import { families } from '../../../src/models/registry.ts';

const KEY = 'inkling-training';
let stored: Map<string, string>;
let here: string[];

beforeEach(() => {
  stored = new Map();
  here = [];
  vi.stubGlobal('localStorage', {
    getItem: (key: string) => stored.get(key) ?? null,
    setItem: (key: string, value: string) => void stored.set(key, value),
  });
});

afterEach(() => vi.unstubAllGlobals());

const form = () => new TrainingForm({ grid: () => MNIST_GRID, hasData: (id) => here.includes(id) });

describe('the form of a run', () => {
  it('offers the starter digits until MNIST is here, and what the visitor chose from then on', () => {
    const first = form();
    expect(first.datasetId).toBe('starter');
    here = ['mnist-train', 'my-set'];
    expect(first.datasetId).toBe('mnist-train');
    first.datasetId = 'my-set';
    expect(first.datasetId).toBe('my-set');
    // The set was deleted.
    here = ['mnist-train'];
    expect(first.datasetId).toBe('mnist-train');
  });

  it('finds its choices as they were at the next visit', async () => {
    here = ['my-set'];
    const first = form();
    first.chooseFamily('nade');
    first.setHyper('hidden', 40);
    first.datasetId = 'my-set';
    first.epochs = 7;
    first.learningRate = 0.002;
    first.targets = 'sampled';
    first.seed = 5;
    // Effects run in a task of their own.
    await new Promise((resolve) => setTimeout(resolve));
    const next = form();
    expect(next.family).toBe('nade');
    expect(next.hyper).toEqual(first.hyper);
    expect(next.hyper.hidden).toBe(40);
    expect([next.datasetId, next.epochs, next.learningRate, next.targets, next.seed]).toEqual([
      'my-set',
      7,
      0.002,
      'sampled',
      5,
    ]);
    expect(next.usual).toBe(false);
    next.reset();
    expect(next.usual).toBe(true);
  });

  it.each([
    'no JSON',
    'null',
    '[]',
    '{"family":"gone","epochs":3}',
    '{"family":"__proto__"}',
    '{"family":"nade","hyper":{"hidden":1e99},"epochs":-1,"batchSize":2.5,"learningRate":"1","seed":null,"data":7,"targets":"hard"}',
  ])('takes nothing invalid from storage: %s', (text) => {
    stored.set(KEY, text);
    const { hyper, epochs, batchSize, learningRate, seed, targets, datasetId, spec } = form();
    for (const { name, min, max } of spec.hyperparameters) {
      expect(hyper[name]).toBeGreaterThanOrEqual(min);
      expect(hyper[name]).toBeLessThanOrEqual(max);
    }
    expect(epochs).toBeGreaterThanOrEqual(1);
    expect(Number.isInteger(batchSize)).toBe(true);
    expect(learningRate).toBeGreaterThan(0);
    expect([seed, targets, datasetId]).toEqual([0, 'soft', 'starter']);
  });

  it('says its recipe in one line, and what of it was changed', () => {
    const own = form();
    own.chooseFamily('fvsbn');
    expect(recipeWords(own)).toMatch(
      /^Adam at 0\.\d+, falling along a cosine to 0\.0\d+, batches of \d+, \d+ epochs: as usual$/,
    );
    own.learningRate = 0.003;
    own.binarise = 'dynamic';
    own.targets = 'sampled';
    expect(recipeWords(own)).toMatch(
      /^Adam at 0\.003, falling along a cosine to 0\.00006, .* epochs, sampled targets; changed: learning rate, targets$/,
    );
    // Where targets do not apply, they are not counted as changed.
    own.binarise = 'stochastic';
    expect(own.changed).toEqual(['learning rate']);
    own.setHyper('order', 1);
    own.seed = 3;
    expect(own.changed).toEqual(['order of the pixels', 'learning rate', 'seed of training']);
    own.reset();
    expect([own.usual, recipeWords(own).endsWith(': as usual')]).toEqual([true, true]);
  });

  it.each(families.map(({ id }) => id))('has a recipe for %s, as usual at first', (id) => {
    const own = form();
    own.chooseFamily(id);
    const words = recipeWords(own);
    expect(words).toMatch(/^(Adam|EM|Counted)[ ,].*: as usual$/);
    expect(words).not.toMatch(/NaN|undefined|e-\d|\d{12}/);
    if ((own.spec.descent?.warmUp ?? 0) > 0) expect(words).toMatch(/rising to 0\.\d+ in 200 steps, then/);
    own.epochs = own.epochs + 1;
    own.binarise = 'dynamic';
    expect(recipeWords(own)).toMatch(/; changed: (epochs|iterations)$/);
  });

  it('begins with the sizes of the models that are counted on the spot where it learns from the same digits', () => {
    const neighbours = form();
    neighbours.chooseFamily('neighbours');
    expect(neighbours.hyper.k).toBe(6);
    here = ['mnist-train'];
    expect(neighbours.hyper.k).toBe(10);
    // What was chosen stays.
    neighbours.setHyper('k', 4);
    neighbours.datasetId = 'starter';
    expect(neighbours.hyper.k).toBe(4);
  });
});
