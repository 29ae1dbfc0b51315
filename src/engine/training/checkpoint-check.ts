import type { FamilySpec } from '../../models/family-spec.ts';
import type { Hyper, Tensors } from '../../models/model.ts';
import type { Grid } from '../../data/images.ts';
import { refuseTensors } from '../../models/validation.ts';
import type { Checkpoint } from '../api.ts';

/** Parts that a batch may be cut into: more than any machine chooses. */
export const MAX_SHARDS = 1024;

/**
 * Why a run cannot resume from a checkpoint, as one sentence that begins with the field; null where it can. A checkpoint comes
 * from storage, so its weights are checked like those of a model file, and Adam's moments for sizes and values.
 */
export function refuseCheckpoint(
  spec: FamilySpec,
  { grid, hyper }: { readonly grid: Grid; readonly hyper: Hyper },
  { state, best }: Checkpoint,
): string | null {
  const current = refuseTensors(spec, grid, hyper, state.tensors);
  if (current !== null) return `state: ${current}`;
  const lowestLoss = best && refuseTensors(spec, grid, hyper, best.tensors);
  if (lowestLoss !== null) return `best: ${lowestLoss}`;
  const averages = state.averages ? refuseTensors(spec, grid, hyper, state.averages) : null;
  if (averages !== null) return `averages: ${averages}`;
  const length = [state.gradientLength ?? 0, ...(state.classLengths ?? [])].find(
    (value) => !(Number.isFinite(value) && value >= 0),
  );
  if (length !== undefined) return `gradientLength: ${length} is not a finite number from 0 on`;
  if (spec.training !== 'descended') return null;
  const { shards = 1 } = state;
  if (!(Number.isInteger(shards) && shards >= 1 && shards <= MAX_SHARDS))
    return `shards: ${shards} is not a whole number from 1 to ${MAX_SHARDS}`;
  return (
    refuseMoments('firstMoments', state.tensors, state.firstMoments, -Infinity) ??
    refuseMoments('secondMoments', state.tensors, state.secondMoments, 0)
  );
}

/** Moments are means of gradients and of their squares: finite, the squares not below 0. */
function refuseMoments(field: string, tensors: Tensors, moments: Tensors, min: number): string | null {
  for (const [name, { length }] of Object.entries(tensors)) {
    const values = Object.hasOwn(moments, name) ? moments[name] : undefined;
    if (values?.length !== length)
      return `${field}.${name}: ${values?.length ?? 'no'} numbers, expected ${length}`;
    const bad = values.findIndex((value) => !Number.isFinite(value) || value < min);
    if (bad >= 0) return `${field}.${name}: value ${bad} is ${values[bad]}`;
  }
  return null;
}
