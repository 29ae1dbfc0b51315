import { describe, expect, it } from 'vitest';
import { describeModel, shortName } from '../../../src/app/compare/counted-models.ts';
import { countOf } from '../../../src/app/format.ts';
import { readingOrder } from '../../../src/app/compare/reading-order.ts';
import { obstacle, trainingSets, type TrainingSet } from '../../../src/app/training/training-sets.ts';
import { countable } from '../../../src/app/compare/choice.ts';
import { completeHyper, families, findFamily, presetHyper } from '../../../src/models/registry.ts';

const FOUR = { width: 4, height: 4 };
const LARGE = { width: 28, height: 28 };
const labelled: TrainingSet = {
  id: 'a',
  name: 'Mine',
  label: 'Mine',
  grid: LARGE,
  images: 10,
  labelled: true,
};

describe('before a run', () => {
  it('every family can be trained on labelled digits at 4 x 4', () => {
    for (const spec of families) expect(obstacle(spec, completeHyper(spec), FOUR, labelled)).toBeNull();
  });

  it('a family that refuses a large grid gives the number of parameters as the reason, without the name of the field', () => {
    const spec = families.find((each) => each.refuses?.(LARGE, completeHyper(each)))!;
    const sentence = obstacle(spec, completeHyper(spec), LARGE, labelled);
    expect(sentence).toMatch(new RegExp(`^${spec.label} cannot do this: 28 x 28[^:]*\\.$`));
  });

  it('images are pooled, never enlarged', () => {
    const spec = families.find((each) => !each.refuses?.(LARGE, completeHyper(each)))!;
    const small = { ...labelled, grid: FOUR };
    expect(obstacle(spec, completeHyper(spec), { width: 3, height: 3 }, small)).toBeNull();
    expect(obstacle(spec, completeHyper(spec), { width: 7, height: 7 }, small)).toMatch(
      /^The images of Mine/,
    );
  });

  it('a class-conditional model and a classifier need labels', () => {
    const bare = { ...labelled, labelled: false };
    for (const spec of families) {
      const always = spec.task === 'classifier' || spec.classes === 'always';
      const plain = obstacle(spec, completeHyper(spec), FOUR, bare);
      if (always) expect(plain, spec.id).toMatch(/label/);
      else expect(plain, spec.id).toBeNull();
      const conditional = completeHyper(spec, { 'class-conditional': 1 });
      if ('class-conditional' in conditional)
        expect(obstacle(spec, conditional, FOUR, bare), spec.id).toMatch(/label/);
    }
  });

  it('the label of a data set names its grid where it is not 28 x 28', () => {
    const record = {
      id: 'd',
      name: 'Dots',
      origin: 'drawn' as const,
      grid: FOUR,
      count: 1,
      labelled: false,
      revision: 1,
      createdAt: 0,
      updatedAt: 0,
    };
    expect(trainingSets([record]).at(-1)).toMatchObject({ label: 'Dots, 1 drawing, 4 × 4', labelled: false });
    expect(trainingSets([]).every((set) => set.labelled)).toBe(true);
  });
});

describe('descriptions of models', () => {
  it('name the hyper-parameters that distinguish them', () => {
    const name = (family: string, hyper = {}, grid = LARGE) =>
      describeModel(family, completeHyper(findFamily(family)!, hyper), grid);
    expect(name('neighbours', { k: 6 })).toBe('Neighbours, k = 6');
    expect(name('independent', {}, FOUR)).toBe('Independent pixels, 4 × 4');
    expect(name('independent', { 'class-conditional': 1 })).toBe(
      'Independent pixels, one model for each digit',
    );
    expect(name('fvsbn', { order: 1 })).toBe('FVSBN, serpentine');
  });

  it('are short where there is little room', () => {
    const name = (family: string, hyper = {}) => shortName(family, completeHyper(findFamily(family)!, hyper));
    expect(name('neighbours', { k: 6, prior: 1, strength: 3 })).toBe('Neighbours, k = 6');
    expect(name('tree', { 'class-conditional': 1 })).toBe('Tree, by digit');
    expect(name('naive-bayes')).toBe('Naive Bayes');
    for (const spec of countable(families)) {
      const digits = presetHyper(spec, 'starter');
      expect(shortName(spec.id, digits).length).toBeLessThanOrEqual(18);
    }
  });

  it('name the order of the pixels', () => {
    const model = (hyper: Record<string, number>) => ({
      family: 'fvsbn',
      grid: FOUR,
      hyper: completeHyper(findFamily('fvsbn')!, hyper),
      tensors: {},
    });
    expect(readingOrder(model({}))).toMatchObject({ raster: true, count: 1, words: 'row by row' });
    const snake = readingOrder(model({ order: 1 }));
    expect(snake).toMatchObject({ raster: false, words: 'in serpentine order' });
    // The second row runs from right to left.
    expect(Array.from(snake.places!.subarray(4, 8))).toEqual([7, 6, 5, 4]);
  });

  it('round large numbers of parameters', () => {
    expect(countOf(65_535)).toBe('65,535');
    expect(countOf(2 ** 784 - 1)).toBe('about 10²³⁶');
  });
});
