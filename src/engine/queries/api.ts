/**
 * What can be asked of a model that is loaded under a name, beyond its score. The caller aborts the signal of a query whose answer is
 * no longer needed: the call then rejects with the signal's reason. A query goes on with the model that it began with, also where that is unloaded or replaced.
 */
import type { KnownPixels } from '../../data/known-pixels.ts';
import type { GreyImages, PackedImages } from '../../data/images.ts';
import type { Result } from '../../data/result.ts';
import type { ComponentTrees } from '../../models/features.ts';
import type { Hyper } from '../../models/model.ts';
import type { BackendKind } from '../../models/runs.ts';
import type { SampleRequest } from '../../models/sampling.ts';
import type { SampleMethod } from '../backends/backend.ts';

export interface Queries {
  readonly explain: ExplainApi;
  readonly complete: CompleteApi;
  readonly classify: ClassifyApi;
  readonly hiddenUnits: HiddenUnitsApi;
  readonly sampling: SamplingApi;
  readonly speed: SpeedApi;
}

/** One image read by one model. */
export interface Reading {
  /** Null where the model is a classifier. */
  readonly density: DensityReading | null;
  /** p(y | x), [CLASSES]; null where the model knows no classes. */
  readonly posterior: Float32Array<ArrayBuffer> | null;
}

export interface DensityReading {
  /** log p(x) in nats. */
  readonly logLikelihood: number;
  /** p(x_i = 1 | x_<i), [n]. */
  readonly conditionals: Float32Array<ArrayBuffer>;
  /** -log p(x_i | x_<i) in nats, [n]. */
  readonly surprise: Float32Array<ArrayBuffer>;
  /** Whether the chain rule holds, so that log p(x) is minus the sum of `surprise`: not for an ensemble over orders. */
  readonly chained: boolean;
}

// --- explain: attribution of one conditional -------------------------------------------------------------

export interface ExplainApi {
  /** The attribution of p(x_pixel = 1 | x_<pixel) of the first image. `onPart` is given what is known so far. */
  attribute(
    name: string,
    image: PackedImages,
    pixel: number,
    onPart: (attribution: Attribution) => void,
    signal?: AbortSignal,
  ): Promise<Result<Attribution>>;
}

export interface Attribution {
  readonly pixel: number;
  /** Of p(x_pixel = 1 | x_<pixel) of the image as it is. */
  readonly logit: number;
  /** By how much flipping each pixel changes that logit, [n]; NaN where it is not known yet. */
  readonly flips: Float32Array<ArrayBuffer>;
  /** See CpuModel.inputGradient, [n]; null where the model has none. */
  readonly gradient: Float32Array<ArrayBuffer> | null;
  readonly done: boolean;
}

// --- how could it go on? ---------------------------------------------------------------------------------

/**
 * `exact` draws from p(unknown | known). `forward` clamps the known pixels and samples on, ignoring those that come later.
 * `importance` weights forward samples by how well they explain the known pixels, and resamples them. `gibbs` redraws the
 * unknown pixels one by one given all others, sweep after sweep.
 */
export type CompletionMethod = 'exact' | 'forward' | 'importance' | 'gibbs';

export interface CompletionMethodInfo {
  readonly method: CompletionMethod;
  readonly available: boolean;
  /** Whether its images follow p(unknown | known) exactly. */
  readonly exact: boolean;
  /** A sentence: how it is done ("by message passing along the tree"), or why it cannot be. */
  readonly why: string;
}

export interface CompletionRequest {
  readonly method: CompletionMethod;
  readonly knownPixels: KnownPixels;
  /** Number of images. */
  readonly count: number;
  readonly seed: number;
  /** Gibbs: how often every unknown pixel is redrawn. */
  readonly sweeps: number;
  /** Importance: forward samples per image. */
  readonly proposals: number;
}

export interface CompletionFrame {
  /** [count]; known pixels are as they were given, whether or not the sampler has reached them. */
  readonly images: PackedImages;
  /** 0 to 1. */
  readonly done: number;
}

export interface Completion {
  /** [count]; known pixels are as they were given. */
  readonly images: PackedImages;
  readonly exact: boolean;
  /** Importance: (sum w)^2 / sum w^2 of the weights, between 1 and the number of proposals. */
  readonly effectiveSamples: number | null;
  /** log p of the known pixels in nats: exact, or estimated by importance; null where the method knows none. */
  readonly logMarginal: number | null;
}

export interface CompleteApi {
  /** All four methods. */
  methods(name: string, knownPixels: KnownPixels): Promise<Result<readonly CompletionMethodInfo[]>>;
  complete(
    name: string,
    request: CompletionRequest,
    onFrame: (frame: CompletionFrame) => void,
    signal?: AbortSignal,
  ): Promise<Result<Completion>>;
  /**
   * Total variation between the method's completions, `request.count` of them, and p(unknown | known) enumerated, at most 16
   * pixels being unknown: half the sum of |share - p|. Even exact draws leave about sqrt(images / (2 pi count)).
   */
  distance(name: string, request: CompletionRequest, signal?: AbortSignal): Promise<Result<number>>;
}

// --- classify: posterior and evidence --------------------------------------------------------------------

/** The posterior of the class given the known pixels, and the evidence of each. */
export interface ClassReading {
  /** p(y | known), [CLASSES]. */
  readonly posterior: Float64Array<ArrayBuffer>;
  /**
   * What each pixel adds to each class in nats, [CLASSES, n]: log p(x_i | x_<i, y) of a density, w_yi x_i of a classifier; 0
   * for pixels that are not known. Of a density x_<i are the known pixels before i, the others being summed over. With the
   * prior (or bias) they add up to the logit of the class.
   */
  readonly contributions: Float32Array<ArrayBuffer>;
  /** Whether the contributions are known: all are 0 where they are not, or not yet. */
  readonly split: boolean;
  /** log p(y), or the bias, [CLASSES]. */
  readonly prior: Float64Array<ArrayBuffer>;
  /** Whether unknown pixels were summed over exactly; true where there are none. */
  readonly exact: boolean;
  /** A sentence on the treatment of unknown pixels. */
  readonly how: string;
}

/** Posteriors of many images given the same known pixels. */
export interface ClassPosteriors {
  /** log p(y | known pixels), [count, CLASSES]. */
  readonly logPosteriors: Float64Array<ArrayBuffer>;
  /** See ClassReading. */
  readonly exact: boolean;
}

export interface ClassifyApi {
  /** `onPart` is given a reading without contributions where these take longer than the posterior. */
  read(
    name: string,
    knownPixels: KnownPixels,
    onPart: (reading: ClassReading) => void,
    signal?: AbortSignal,
  ): Promise<Result<ClassReading>>;
  /** Every image with the same pixels known: `known` is one image. */
  posteriors(
    name: string,
    images: PackedImages,
    known: PackedImages,
    signal?: AbortSignal,
  ): Promise<Result<ClassPosteriors>>;
}

// --- hidden units ----------------------------------------------------------------------------------------

/** Components of a mixture: see ComponentUnits; pixels in raster order. */
export interface UnitComponents {
  /** p(k), [units] */
  readonly weights: Float32Array<ArrayBuffer>;
  /** Null where components have no trees. */
  readonly trees: ComponentTrees | null;
}

/** The hidden units of a model, and digits on the plane along which their activations vary most. */
export interface UnitMap {
  readonly units: number;
  /** See CpuFeatures, [units, n]. */
  readonly pictures: Float32Array<ArrayBuffer>;
  readonly kind: 'weights' | 'probabilities';
  /** Standard deviation of every unit's activation over the digits, [units]. */
  readonly deviations: Float32Array<ArrayBuffer>;
  /** The largest activation of every unit over the digits, [units]. */
  readonly largest: Float32Array<ArrayBuffer>;
  /** The values whose principal components span the map: see CpuFeatures.logRatios. */
  readonly mappedValues: 'activations' | 'log-ratios';
  /** Every digit on the plane of the first two principal components of the mapped values, [count, 2]. */
  readonly points: Float32Array<ArrayBuffer>;
  /** Shares of its variance along them; zeros where all digits are alike. */
  readonly variance: readonly [number, number];
  /** What units are that are the components of a mixture; null where they are none. */
  readonly components: UnitComponents | null;
  /** Test accuracy of softmax regression on the activations and on raw pixels: a linear probe. */
  readonly probe: {
    readonly activations: number;
    readonly pixels: number;
    readonly trained: number;
    readonly tested: number;
  };
}

export interface MapPosition {
  /** On the plane of the map. */
  readonly point: readonly [number, number];
  /** [units] */
  readonly activations: Float32Array<ArrayBuffer>;
  /** log p(x, k) of the components of a mixture in nats, [units]; null of other units. */
  readonly logJoint: Float32Array<ArrayBuffer> | null;
}

export interface HiddenUnitsApi {
  /** Computes the map of some digits with their labels. `onProgress` is given 0 to 1. */
  map(
    name: string,
    digits: PackedImages,
    labels: Uint8Array<ArrayBuffer>,
    onProgress: (done: number) => void,
    signal?: AbortSignal,
  ): Promise<Result<UnitMap>>;
  /** The first image on the map that was computed last for this model. */
  place(name: string, image: PackedImages): Promise<Result<MapPosition>>;
}

// --- how fast can it sample? -----------------------------------------------------------------------------

/** State of one method run. */
export interface MethodFrame {
  readonly images: PackedImages;
  /** Iterations so far, of the image that has taken most. */
  readonly iterations: number;
  /** Iterations that each image took until it was finished, [count]; 0 while it is not. */
  readonly finished: Uint32Array<ArrayBuffer>;
  /** Time spent computing so far, without waiting for other work. */
  readonly seconds: number;
}

/** How far the images of two method runs agree. */
export interface Agreement {
  readonly images: number;
  /** Images that differ. */
  readonly different: number;
  /** Those of them that first differ at a near-tie: the random number lies within 1e-5 of the probability, and rounding decides. */
  readonly ties: number;
}

export interface SamplingApi {
  /** For every method null where the model supports it, else the reason, in a sentence. */
  methods(name: string): Promise<Result<Readonly<Record<SampleMethod, string | null>>>>;
  start(
    run: string,
    name: string,
    method: SampleMethod,
    request: SampleRequest,
  ): Promise<Result<MethodFrame>>;
  /** Runs up to `iterations` iterations of all images that are not finished. */
  advance(run: string, iterations: number): Promise<Result<MethodFrame>>;
  /** The current images of two method runs of the same request. */
  compare(run: string, other: string): Promise<Result<Agreement>>;
  /** Frees its memory. A call under way fails; so it does on another start under the name. */
  end(run: string): Promise<void>;
}

// --- how fast is this machine? ---------------------------------------------------------------------------

/** What is measured of a family, beside the product of matrices. */
export type SpeedWork = 'score' | 'sample' | 'train';

/** Several measurements of one rate, after a warm-up. */
export interface SpeedRate {
  /** Images a second; of a product floating-point operations a second, an addition and a multiplication being two. */
  readonly median: number;
  /** Quartiles. */
  readonly low: number;
  readonly high: number;
  readonly repetitions: number;
  /** Images of a call; of a product the rows of its matrices. */
  readonly size: number;
}

/** A rate, or why there is none, in a few words. */
export type SpeedResult = Result<SpeedRate>;

export type SpeedEvent =
  /** Its measurements begin; or why there will be none. `software`: the adapter computes on the CPU. */
  | {
      readonly type: 'backend';
      readonly backend: BackendKind;
      readonly found: Result<{ readonly description: string; readonly software: boolean }>;
    }
  /** The next measurement; `family` is null of the product. */
  | {
      readonly type: 'begun';
      readonly backend: BackendKind;
      readonly family: string | null;
      readonly work: SpeedWork | null;
    }
  /** `together`: the threads that made one each. */
  | {
      readonly type: 'product';
      readonly backend: BackendKind;
      readonly together: number;
      readonly result: SpeedResult;
    }
  | {
      readonly type: 'rate';
      readonly backend: BackendKind;
      readonly family: string;
      readonly work: SpeedWork;
      readonly result: SpeedResult;
    };

export interface SpeedRequest {
  /** About how long all of it may take. What is begun is ended. */
  readonly seconds: number;
  /** Digits to score and to learn from, with labels. */
  readonly images: GreyImages;
  /** What is measured, with the size of each model; several of one family are not told apart. */
  readonly models: readonly { readonly family: string; readonly hyper: Hyper }[];
}

export interface SpeedApi {
  /**
   * Measures on backends of its own: first all on the cpu, then on webgpu. Every model has a rate or a reason for every work on
   * both. Models have seeded initial weights or are counted from the images. Nothing else should run meanwhile.
   */
  measure(
    request: SpeedRequest,
    onEvent: (event: SpeedEvent) => void,
    signal?: AbortSignal,
  ): Promise<Result<null>>;
}
