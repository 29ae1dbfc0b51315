import type { Binarisation } from '../../data/binarisation.ts';
import type { Grid, GreyImages, PackedImages } from '../../data/images.ts';
import type { BackendKind, LearnerState, TargetKind } from '../../models/runs.ts';
import type { Hyper, Model, Tensors } from '../../models/model.ts';
import type { SampleRequest } from '../../models/sampling.ts';
import type { DescentRecipe } from '../../models/training.ts';

export type { BackendKind, LearnerState } from '../../models/runs.ts';

/**
 * Sampling methods that draw the identical image. `ancestral` decides pixel by pixel. `fixed-point` starts from a blank image, redraws all
 * pixels from their conditionals at once, and repeats until the image no longer changes (Wiggers and Hoogeboom 2020; Song et al. 2021).
 * `first-firing` jumps to the next pixel that turns on, because the pixels between change nothing.
 */
export type SampleMethod = 'ancestral' | 'fixed-point' | 'first-firing';

/**
 * One way to run every family: the same contract on typed arrays and on WebGPU, one test suite over both. Class-conditional
 * models and the order of the pixels are implemented once for both backends (class-conditional/class-models.ts,
 * pixel-order.ts). Everything is asynchronous and may reject with `DeviceLostError`; nothing else is an expected failure.
 */
export interface Backend {
  readonly kind: BackendKind;
  /** To be shown: the adapter's name, or what the processor computes with: "typed arrays", or which SIMD once it is used. */
  readonly description: string;
  /** Resolves when the description has changed, which it does once at most; absent where it never does. */
  readonly descriptionChanged?: Promise<void>;
  open(model: Model): Promise<Evaluator>;
  /** Counted families. */
  counter(family: string, grid: Grid, hyper: Hyper): Promise<Counter>;
  /** Families fitted by EM: one iteration, starting from `model`. */
  emIteration(model: Model): Promise<EmIteration>;
  /** Descended families. */
  learner(request: LearnerRequest): Promise<Learner>;
  /** Products of square matrices of `side` rows, by the arithmetic that families use. */
  matrixProduct(side: number): Promise<MatrixProduct>;
  /** Bytes of device memory allocated now; 0 on cpu. */
  liveBytes(): number;
  /** What ran on the device so far; the cpu has none. */
  readonly debug?: () => GpuDebug;
  /** Resolves with a sentence when the device is lost or destroyed; never on cpu. */
  readonly lost: Promise<string>;
  destroy(): void;
}

/** What was compiled and allocated on a device, and how long its submits took. Times are in milliseconds. */
export interface GpuDebug {
  readonly adapter: string;
  readonly kernels: readonly {
    readonly label: string;
    readonly compiledMs: number;
    readonly dispatches: number;
  }[];
  readonly submits: number;
  /** From the start of a submit, or the end of the one before, to its completion; null before the first. */
  readonly lastMs: number | null;
  /** Of the last 4,096 submits. */
  readonly medianMs: number | null;
  readonly liveBytes: number;
  readonly peakBytes: number;
}

/** One model whose weights do not change. Of a classifier only `classLogits` may be called. */
export interface Evaluator {
  /** How many calls of some hundred images are worth making at a time; 1 where it is absent. */
  readonly concurrency?: number | undefined;
  /** log p in nats, [count]. */
  logLikelihood(images: PackedImages): Promise<Float64Array<ArrayBuffer>>;
  /**
   * Logits of the classes in nats, [count, CLASSES]: log p(x, y) of a class-conditional model, log p(y|x) up to a constant per
   * image of a classifier. Null where the model has no classes.
   */
  readonly classLogits: ((images: PackedImages) => Promise<Float64Array<ArrayBuffer>>) | null;
  /** Logit of p(x_i = 1 | x_<i), [count, n]; see CpuModel.conditionalLogits. */
  conditionalLogits(images: PackedImages): Promise<Float32Array<ArrayBuffer>>;
  /** Of a class-conditional model: p(x | y) of every class, [CLASSES]; destroyed with it. */
  readonly classModels?: readonly Evaluator[];
  sampler(request: SampleRequest): Promise<Sampler>;
  /** The same images by the given method; methodsOf in backends/sampling/methods.ts says which the model supports. `given` is ignored. */
  iterativeSampler(method: SampleMethod, request: SampleRequest): Promise<IterativeSampler>;
  destroy(): void;
}

export interface Sampler {
  /** Pixels decided so far, in the model's order. */
  readonly position: number;
  advance(pixels: number): Promise<void>;
  /** The images so far; undecided pixels are 0. */
  images(): Promise<PackedImages>;
  destroy(): void;
}

/** A sampling method in progress: images may finish after different numbers of iterations. */
export interface IterativeSampler {
  /** Iterations so far, of the image that has taken most. */
  readonly iterations: number;
  /** Iterations that each image took until it was finished, [count]; 0 while it is not. A live view. */
  readonly finished: Uint32Array<ArrayBuffer>;
  /** Seconds spent so far: computing on typed arrays, computing and readback on a device. */
  readonly seconds: number;
  /** Runs up to `iterations` more iterations of every image that is not finished. */
  advance(iterations: number): Promise<void>;
  /** The images so far: undecided pixels are 0, or a guess. */
  images(): Promise<PackedImages>;
  destroy(): void;
}

export interface Counter {
  /** `labels`, [count], where the model is class-conditional. */
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

export interface LearnerRequest {
  readonly family: string;
  readonly grid: Grid;
  readonly hyper: Hyper;
  /** Training images stay on the device; `step` names them by index. */
  readonly images: GreyImages;
  readonly binarisation: Binarisation;
  /** Of a density: sampled, unless they are given. */
  readonly targets?: TargetKind;
  readonly batchSize: number;
  /** Its gradients are clipped where it has a gradient length, and weights averaged where it has averages. */
  readonly state: LearnerState;
  /** How: as the family's recipe says, unless it is given. */
  readonly descent?: Pick<DescentRecipe, 'clip' | 'average'>;
  /** Which pixel of an image is the family's pixel number t, [n]; null where they are numbered alike. */
  readonly order?: Uint32Array<ArrayBuffer> | null;
}

export interface Learner {
  /** See LearnerState.shards; absent on a device. */
  readonly shards?: number | undefined;
  /** See Evaluator.concurrency. */
  readonly concurrency?: number | undefined;
  /**
   * One Adam step on the images of `indices` (at most batchSize; all of one class where the model is
   * class-conditional), binarised for `epoch` (which only dynamic binarisation uses). Kingma and Ba 2015: beta1 0.9, beta2 0.999, epsilon 1e-8.
   */
  step(indices: Uint32Array<ArrayBuffer>, epoch: number, learningRate: number): Promise<void>;
  /** -log p, or -log p(y|x), summed over the images of the steps since the last call, each before its step's update. */
  takeLoss(): Promise<{ nats: number; images: number }>;
  /** log p of images, or log p(y|x) of a classifier, under the weights that are shown (`shownTensors`), [count] nats. */
  logLikelihood(images: PackedImages, labels: Uint8Array | null): Promise<Float64Array<ArrayBuffer>>;
  state(): Promise<LearnerState>;
  destroy(): void;
}

/** The product of two square matrices of noise in f32 (data/noise-matrix.ts): what the arithmetic of a backend reaches at best. */
export interface MatrixProduct {
  /** Products that are made at a time: one by every thread. */
  readonly together: number;
  /** Makes as many, `times` times; resolves when they have been computed. */
  run(times: number): Promise<void>;
  /** The product, [side, side], after a run. */
  result(): Promise<Float32Array<ArrayBuffer>>;
  destroy(): void;
}

/** The device was lost during a call. Expected: the engine recovers from the last checkpoint. */
export class DeviceLostError extends Error {
  override readonly name = 'DeviceLostError';
}

export const ADAM = { beta1: 0.9, beta2: 0.999, epsilon: 1e-8 } as const;
