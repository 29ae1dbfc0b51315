import type { Binarisation } from '../../data/binarisation.ts';
import type { Grid, GreyImages, PackedImages } from '../../data/images.ts';
import type { Hyper, Model, SampleRequest, Tensors } from '../../models/types.ts';

export type BackendKind = 'webgpu' | 'cpu';

/**
 * Three ways to draw the identical image. `ancestral` decides pixel by pixel. `fixed-point` guesses the whole image, computes all
 * conditionals at once, and repeats with what comes out until nothing changes (Wiggers and Hoogeboom 2020; Song et al. 2021).
 * `first-firing` jumps to the next pixel that turns on, those between changing nothing.
 */
export type SampleMethod = 'ancestral' | 'fixed-point' | 'first-firing';

/**
 * One way to run every family: the same contract on typed arrays and on WebGPU, one test suite over both. Members of
 * a class-conditional model and the order of the pixels are taken care of here (members.ts, pixel-order.ts), on
 * both backends by the same code. Everything is asynchronous and may reject with `DeviceLostError`; nothing else is an expected failure.
 */
export interface Backend {
  readonly kind: BackendKind;
  /** For people: the adapter's name, or "typed arrays". */
  readonly description: string;
  open(model: Model): Promise<Evaluator>;
  /** Counted families. */
  counter(family: string, grid: Grid, hyper: Hyper): Promise<Counter>;
  /** Families fitted by EM: one iteration, starting from `model`. */
  emIteration(model: Model): Promise<EmIteration>;
  /** Descended families. */
  learner(request: LearnerRequest): Promise<Learner>;
  /** Bytes of device memory alive now; 0 on cpu. */
  liveBytes(): number;
  /** Resolves with a sentence when the device is lost, whoever caused it; never on cpu. */
  readonly lost: Promise<string>;
  destroy(): void;
}

/** One frozen model. Of a classifier only `classLogits` may be called. */
export interface Evaluator {
  /** log p in nats, [count]. */
  logLikelihood(images: PackedImages): Promise<Float64Array<ArrayBuffer>>;
  /**
   * What the model knows about the class, in nats, [count, CLASSES]: log p(x, y) of a class-conditional model, p(y|x) up
   * to a constant an image of a classifier. Null where the model knows no classes.
   */
  readonly classLogits: ((images: PackedImages) => Promise<Float64Array<ArrayBuffer>>) | null;
  /** Logit of p(x_i = 1 | x_<i), [count, n]; see CpuModel.conditionalLogits. */
  conditionalLogits(images: PackedImages): Promise<Float32Array<ArrayBuffer>>;
  /** Of a model of every class: p(x | y) of each, [CLASSES], which live and die with it. */
  readonly members?: readonly Evaluator[];
  sampler(request: SampleRequest): Promise<Sampler>;
  /** The same images drawn in a way of its own; see methodsOf in backends/sampling/methods.ts for those that the model can. `given` is not looked at. */
  passes(method: SampleMethod, request: SampleRequest): Promise<Passes>;
  destroy(): void;
}

export interface Sampler {
  /** Pixels decided so far, in the model's order. */
  readonly position: number;
  advance(pixels: number): Promise<void>;
  /** What is decided so far; undecided pixels are 0. */
  images(): Promise<PackedImages>;
  destroy(): void;
}

/** Sampling in progress that finishes every image after a number of passes of its own. */
export interface Passes {
  /** Passes so far, of the image that has taken most. */
  readonly passes: number;
  /** Passes that each image took until it was finished, [count]; 0 while it is not. A live view. */
  readonly finished: Uint32Array<ArrayBuffer>;
  /** Seconds spent on it so far: on typed arrays the work alone, on a device until its answer came. */
  readonly seconds: number;
  /** Up to so many more passes of every image that is not finished; resolves when they are done. */
  advance(passes: number): Promise<void>;
  /** As they are so far: pixels not decided yet are 0, or a guess. */
  images(): Promise<PackedImages>;
  destroy(): void;
}

export interface Counter {
  /** `labels`, [count], where the model is one of every class. */
  add(images: PackedImages, labels: Uint8Array | null): Promise<void>;
  finish(): Promise<Tensors>;
  destroy(): void;
}

export interface EmIteration {
  /** Returns the images' summed log p in nats under the model that the iteration started from; log p(x, y) where labels are given. */
  add(images: PackedImages, labels: Uint8Array | null): Promise<number>;
  finish(): Promise<Tensors>;
  destroy(): void;
}

/** Weights and Adam's moments after `step` steps: all that a run needs to go on, bit for bit. */
export interface LearnerState {
  readonly step: number;
  readonly tensors: Tensors;
  readonly firstMoments: Tensors;
  readonly secondMoments: Tensors;
  /** Of a model of every class: the steps that each member has taken, [CLASSES]. */
  readonly classSteps?: readonly number[];
}

export interface LearnerRequest {
  readonly family: string;
  readonly grid: Grid;
  readonly hyper: Hyper;
  /** Training images stay on the device; `step` names them by index. */
  readonly images: GreyImages;
  readonly binarisation: Binarisation;
  readonly batchSize: number;
  readonly state: LearnerState;
  /** Which pixel of an image is the family's pixel number t, [n]; null where they are numbered alike. */
  readonly order?: Uint32Array<ArrayBuffer> | null;
}

export interface Learner {
  /**
   * One Adam step on the images of `indices` (at most batchSize; of one class only where the model is one of every
   * class), binarised for `epoch` (which only dynamic binarisation looks at). Kingma and Ba 2015: beta1 0.9, beta2 0.999, epsilon 1e-8.
   */
  step(indices: Uint32Array<ArrayBuffer>, epoch: number, learningRate: number): Promise<void>;
  /** -log p, or -log p(y|x), summed over the images of the steps since the last call, each before its step's update. */
  takeLoss(): Promise<{ nats: number; images: number }>;
  /** log p of images, or log p(y|x) of a classifier, under the weights of now, [count] nats. */
  logLikelihood(images: PackedImages, labels: Uint8Array | null): Promise<Float64Array<ArrayBuffer>>;
  state(): Promise<LearnerState>;
  destroy(): void;
}

/** The device went away under a call. Ordinary: the engine recovers from the last checkpoint. */
export class DeviceLostError extends Error {
  override readonly name = 'DeviceLostError';
}

export const ADAM = { beta1: 0.9, beta2: 0.999, epsilon: 1e-8 } as const;
