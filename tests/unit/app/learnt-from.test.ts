import { expect, it } from 'vitest';
import { learntFrom } from '../../../src/app/compare/learnt-from.ts';
import { LEARNING } from '../../../src/app/compare/counted-models.ts';
import { SHIPPED_ID } from '../../../src/app/compare/shipped-models.ts';
import { MAX_VALIDATION_IMAGES } from '../../../src/data/dataset.ts';

const model = (id: string, images: number, validated = true) => ({
  id,
  dataset: { id: 'd', name: 'd', revision: 0, images },
  validation: validated ? { nats: 100, standardError: 1, images: 1 } : null,
});

it('a model learnt from what was not held back: a tenth of its data set, and no more than the largest validation set', () => {
  expect(learntFrom(model('x', 1000))).toEqual({ learnt: 900, heldBack: 100 });
  const many = 1_000_000;
  expect(learntFrom(model('x', many))).toEqual({
    learnt: many - MAX_VALIDATION_IMAGES,
    heldBack: MAX_VALIDATION_IMAGES,
  });
});

it('nothing is held back of few images, of a model without validation, or of one that comes with the app', () => {
  expect(learntFrom(model('x', 19))).toEqual({ learnt: 19, heldBack: 0 });
  expect(learntFrom(model('x', 1000, false))).toEqual({ learnt: 1000, heldBack: 0 });
  expect(learntFrom(model(`${SHIPPED_ID} x`, 55_000))).toEqual({ learnt: 55_000, heldBack: 0 });
});

it('a run that goes on has held back what it will validate with', () => {
  expect(learntFrom(model(`${LEARNING} x`, 1000, false))).toEqual({ learnt: 900, heldBack: 100 });
});
