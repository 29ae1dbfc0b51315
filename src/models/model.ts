import type { Grid } from '../data/images.ts';

/** Values of a family's hyper-parameters by name, every one of them present. */
export type Hyper = Readonly<Record<string, number>>;

/** Named arrays of one model, f32. Names and lengths are those of `FamilySpec.tensors`. */
export type Tensors = Readonly<Record<string, Float32Array<ArrayBuffer>>>;

/** A family with hyper-parameters and numbers: everything that scoring and sampling need. */
export interface Model {
  readonly family: string;
  readonly grid: Grid;
  readonly hyper: Hyper;
  readonly tensors: Tensors;
}
