import { type Grid, MAX_SIDE } from '../data/images.ts';
import { checkHyper, findFamily } from './registry.ts';
import type { FamilySpec } from './family-spec.ts';
import type { Hyper, Model, Tensors } from './model.ts';

/**
 * Largest absolute value of a number in a tensor. Trained weights stay below 116 in every family; up to 1e4 the
 * probabilities of all images of a small grid still add up to 1 within 1e-10, from 1e6 on they no longer do
 * everywhere (log p above 0, or not a number). A run that goes beyond has diverged.
 */
export const MAX_WEIGHT = 1e4;

/**
 * Why a model cannot be used, as one sentence that begins with the field; null where it can. Every model that comes
 * from outside the engine is checked here, wherever it was stored: the family is known, the hyper-parameters are in range,
 * the tensors have the family's sizes and hold what the family can compute with.
 */
export function refuseModel({ family, grid, hyper, tensors }: Model): string | null {
  const spec = findFamily(family);
  if (!spec) return `family: "${family}" is unknown`;
  return (
    refuseSide('width', grid.width) ??
    refuseSide('height', grid.height) ??
    checkHyper(spec, hyper) ??
    spec.refuses?.(grid, hyper) ??
    refuseTensors(spec, grid, hyper, tensors)
  );
}

/** The same of the tensors alone, of a grid and hyper-parameters that are in order. */
export function refuseTensors(spec: FamilySpec, grid: Grid, hyper: Hyper, tensors: Tensors): string | null {
  for (const { name, shape } of spec.tensors(grid, hyper)) {
    const expected = shape.reduce((product, size) => product * size, 1);
    const values = Object.hasOwn(tensors, name) ? tensors[name] : undefined;
    if (values?.length !== expected)
      return `${name}: ${values?.length ?? 'no'} numbers, expected ${expected}`;
    const bad = values.findIndex((value) => !(Math.abs(value) <= MAX_WEIGHT));
    if (bad >= 0)
      return `${name}: value ${bad} is ${values[bad]}, outside -${MAX_WEIGHT} to ${MAX_WEIGHT}: no distribution can be computed from it. Did the training diverge? Train again with a lower learning rate`;
  }
  return spec.refusesTensors?.(grid, hyper, tensors) ?? null;
}

function refuseSide(field: string, side: number): string | null {
  return Number.isInteger(side) && side >= 1 && side <= MAX_SIDE
    ? null
    : `${field}: ${side} pixels is outside 1 to ${MAX_SIDE}`;
}
