import type { Grid, PackedImages } from '../data/images.ts';

/** Values of a family's hyper-parameters by name, every one of them present. */
export type Hyper = Readonly<Record<string, number>>;

export interface HyperParameter {
  readonly name: string;
  readonly label: string;
  /** One sentence for the visitor: what turning this up does. */
  readonly meaning: string;
  readonly unit: string;
  readonly min: number;
  readonly max: number;
  readonly step: number;
  readonly default: number;
}

/** Named arrays of one model, f32. Names and lengths are those of `FamilySpec.tensors`. */
export type Tensors = Readonly<Record<string, Float32Array<ArrayBuffer>>>;

export interface TensorShape {
  readonly name: string;
  readonly shape: readonly number[];
}

/** What a family is, as data. It imports no arithmetic, so that the interface can show it without the engine. */
export interface FamilySpec {
  /** Name in links, files and commands: "neighbours". */
  readonly id: string;
  readonly label: string;
  /** One sentence for the picker. */
  readonly idea: string;
  /** Counted families see every image once; descended ones take Adam steps. */
  readonly training: 'counted' | 'descended';
  readonly hyperparameters: readonly HyperParameter[];
  /** Descended families: how to train where nobody says otherwise. */
  readonly trainingDefaults?: {
    readonly epochs: number;
    readonly batchSize: number;
    readonly learningRate: number;
  };
  /** Free parameters: equals the sum of the tensors' sizes where every stored number is free. */
  readonly parameterCount: (grid: Grid, hyper: Hyper) => number;
  /** The same as a formula for the visitor, for example "n(n+1)/2". */
  readonly parameterFormula: string;
  readonly tensors: (grid: Grid, hyper: Hyper) => readonly TensorShape[];
  /** Grids the family can't do, as a sentence naming the field; null where it can. */
  readonly refuses?: (grid: Grid, hyper: Hyper) => string | null;
}

/** A member of a family with its numbers: everything that scoring and sampling need. */
export interface Model {
  readonly family: string;
  readonly grid: Grid;
  readonly hyper: Hyper;
  readonly tensors: Tensors;
}

/** Which images to draw. Image `first + i` is a function of (model, seed, first + i, temperature) alone. */
export interface SampleRequest {
  readonly seed: number;
  readonly first: number;
  readonly count: number;
  /** Divides every logit: 1 is the model itself, below 1 bolder, above 1 noisier. */
  readonly temperature: number;
}

// --- cpu: reference.ts -----------------------------------------------------------------------------------

/** One model opened for reading on the CPU. Synchronous: the caller chunks the work. */
export interface CpuModel {
  /** log p of every image in nats, [count] f64. */
  logLikelihood(images: PackedImages): Float64Array<ArrayBuffer>;
  /**
   * Logit of p(x_i = 1 | x_<i) of every pixel of every image, [count, n] f32. Logits, because a probability
   * near 1 rounds to 1 in f32 and its surprise would then be infinite.
   */
  conditionalLogits(images: PackedImages): Float32Array<ArrayBuffer>;
  sampler(request: SampleRequest): CpuSampler;
}

/** Ancestral sampling in progress: every image has its first `position` pixels decided. */
export interface CpuSampler {
  readonly position: number;
  /** Decides up to `pixels` more pixels of every image; past the last pixel it does nothing. */
  advance(pixels: number): void;
  /** What is decided so far; undecided pixels are 0. A live view, not a copy. */
  readonly images: PackedImages;
}

/** Fits a counted family: add every image once, in any order, then finish. */
export interface CpuCounter {
  add(images: PackedImages): void;
  finish(): Tensors;
}

/** A family on the CPU: `reference` in src/models/<family>/reference.ts. Counted families have `counter`, descended ones `initialise` and `gradient`. */
export interface Reference {
  open(model: Model): CpuModel;
  counter?(family: string, grid: Grid, hyper: Hyper): CpuCounter;
  /** Weights before the first step. `pixelMeans` is [n], the mean of every pixel over the training images. */
  initialise?(grid: Grid, hyper: Hyper, pixelMeans: Float64Array, seed: number): Tensors;
  /** Overwrites `gradients` (shapes of the tensors) with the mean gradient of -log p over the batch; returns the summed -log p in nats. */
  gradient?(model: Model, batch: PackedImages, gradients: Tensors): number;
}
