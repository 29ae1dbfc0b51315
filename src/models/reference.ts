import type { Grid, PackedImages } from '../data/images.ts';
import type { Simd } from '../simd/simd.ts';
import type { CpuModel } from './cpu-model.ts';
import type { CpuCounter, CpuEmIteration, CpuGradient } from './cpu-training.ts';
import type { Hyper, Model, Tensors } from './model.ts';
import type { Targets } from './training.ts';

/**
 * A family as it is defined: plain loops in f64 over one image x, `[n]` of 0 and 1. The tests hold everything that
 * runs, on both backends, to it. `definition` in src/models/<family>/reference.ts.
 */
export interface Definition {
  /** log p(x) in nats. For a classifier: log p(y = label | x). */
  logLikelihood(model: Model, x: ArrayLike<number>, label?: number): number;
  /** Logits as CpuModel.conditionalLogits says, [n]; of a classifier p(y|x) up to a constant, [CLASSES]. */
  logits(model: Model, x: ArrayLike<number>): Float64Array<ArrayBuffer>;
  /** Counted families: the tensors counted over the images. */
  count?(family: string, grid: Grid, hyper: Hyper, images: PackedImages): Tensors;
  /** Families of EM: the tensors after one iteration. */
  emIteration?(model: Model, images: PackedImages): Tensors;
  /** Descended families: see CpuGradient. */
  gradient?(model: Model, batch: PackedImages, gradients: Tensors, targets?: Targets): number;
}

/**
 * A family on the CPU: `reference` in src/models/<family>/reference.ts. Counted families have `counter`, those
 * of EM `initialise` and `emIteration`, descended ones `initialise` and `openGradient`.
 */
export interface Reference {
  /** Whether `open` and `openGradient` compute by a Simd where they are given one; others need not wait for it. */
  readonly usesSimd?: boolean;
  /** Without a Simd on typed arrays. */
  open(model: Model, simd?: Simd | null): CpuModel;
  counter?(family: string, grid: Grid, hyper: Hyper): CpuCounter;
  emIteration?(model: Model): CpuEmIteration;
  /** Weights before the first step. `pixelMeans` is [n], the mean of every pixel over the training images. */
  initialise?(grid: Grid, hyper: Hyper, pixelMeans: Float64Array, seed: number): Tensors;
  /** Looks at the model's tensors anew in every call of `gradient`. */
  openGradient?(model: Model, simd?: Simd | null): CpuGradient;
}
