import type { KnownPixels } from '../data/known-pixels.ts';
import type { Grid, PackedImages } from '../data/images.ts';
import type { Simd } from '../simd/simd.ts';

/** Values of a family's hyper-parameters by name, every one of them present. */
export type Hyper = Readonly<Record<string, number>>;

/**
 * What code outside the family's folder may ask a hyper-parameter for, whatever its name:
 *
 * - `size`: a number that sets how many parameters the model has;
 * - `order`: the order of the pixels, by the names of its `choices`;
 * - `ensemble`: over how many orders of the pixels the model averages;
 * - `classes`: the switch for a model of every class.
 */
export type HyperRole = 'size' | 'order' | 'ensemble' | 'classes';

/**
 * Settings for fewer training images than the defaults are for: `starter` for the thousand that come with the app, which fill
 * small tables only, and `few` for tens and hundreds, which the default smoothing would outweigh.
 */
export type Preset = 'starter' | 'few';

export interface HyperParameter {
  readonly name: string;
  /** Without one, no code outside the family's folder treats it otherwise than any number or choice. */
  readonly role?: HyperRole;
  readonly label: string;
  /** One sentence for the visitor: what turning this up does. */
  readonly meaning: string;
  readonly unit: string;
  readonly min: number;
  readonly max: number;
  readonly step: number;
  readonly default: number;
  /** Its values in the presets where they are not the default. */
  readonly presets?: Readonly<Partial<Record<Preset, number>>>;
  /** Values with names of their own, by value from `min` on: shown as a choice instead of a number. */
  readonly choices?: readonly string[];
}

/** Named arrays of one model, f32. Names and lengths are those of `FamilySpec.tensors`. */
export type Tensors = Readonly<Record<string, Float32Array<ArrayBuffer>>>;

export interface TensorShape {
  readonly name: string;
  readonly shape: readonly number[];
}

/** How a run goes. Only families that descend look at batches and the rate; only counted ones of fixed bits at no epochs. */
export interface TrainingSteps {
  readonly epochs: number;
  readonly batchSize: number;
  readonly learningRate: number;
}

/** What a descended family's Adam steps do beside following the gradient at the rate of the run. */
export interface DescentRecipe {
  /** Steps over which the rate rises to that of the run, linearly; in short runs a tenth of all steps at most. 0: at once. */
  readonly warmUp: number;
  /** The rate at the end of the run, as a share of the rate that the run was given: cosine decay. */
  readonly finalRate: number;
  /**
   * A gradient that is longer than this multiple of the running mean of their lengths is shortened to it (Pascanu, Mikolov and Bengio,
   * "On the difficulty of training recurrent neural networks", ICML 2013); null: never.
   */
  readonly clip: number | null;
  /**
   * Decay a step of the moving average of the weights, which is what is validated, shown and kept (Polyak and Juditsky, SIAM J. Control
   * Optim. 30, 1992); null: the weights themselves are.
   */
  readonly average: number | null;
}

/** One table of a Bayesian network. */
export interface ConditionalTable {
  /** Pixels that the table looks at, in the order of the bits of an entry's number. */
  readonly parents: readonly number[];
  /** Logit of ink for every combination of the parents, [2^parents]: entry e has parent b on where bit b of e is 1. */
  readonly logits: Float32Array;
}

/** What a family is, as data. It imports no arithmetic, so that the interface can show it without the engine. */
export interface FamilySpec {
  /** Name in links, files and commands: "neighbours". */
  readonly id: string;
  readonly label: string;
  /** One sentence for the picker. */
  readonly idea: string;
  /** Address of the chapter of Learn about it: "neural". */
  readonly chapter: string;
  /** A density gives p(x); a classifier only p(y|x), so it can neither score an image nor draw one. */
  readonly task: 'density' | 'classifier';
  /** Counted families see every image once; those of EM again and again; descended ones take Adam steps. */
  readonly training: 'counted' | 'em' | 'descended';
  /**
   * Whether a model of its own for every class is possible (the default), the only way, or makes no sense. The
   * registry adds the switch, the prior over classes, and multiplies tensors and parameters by the classes: a
   * family's own folder sees one class model.
   */
  readonly classes?: 'optional' | 'always' | 'never';
  readonly hyperparameters: readonly HyperParameter[];
  /** The family's own defaults for training; `trainingOf` in registry.ts adds the others. */
  readonly trainingDefaults?: Partial<TrainingSteps>;
  /**
   * How often an image is multiplied by a parameter, roughly and on average: a convolution uses its weights at every pixel. Says whether
   * cutting a step among threads, each with a copy of the parameters, saves time. Once, where it is absent.
   */
  readonly uses?: (grid: Grid) => number;
  /** Where its Adam steps differ from the usual ones; `descentOf` in registry.ts adds the rest. */
  readonly descent?: Partial<DescentRecipe>;
  /** Free parameters: equals the sum of the tensors' sizes where every stored number is free. */
  readonly parameterCount: (grid: Grid, hyper: Hyper) => number;
  /** The same as a formula for the visitor, for example "n(n+1)/2". */
  readonly parameterFormula: string;
  readonly tensors: (grid: Grid, hyper: Hyper) => readonly TensorShape[];
  /** Grids the family can't do, as a sentence naming the field; null where it can. */
  readonly refuses?: (grid: Grid, hyper: Hyper) => string | null;
  /**
   * Families with structure in their tensors: why these numbers are none that the family can compute with, as a
   * sentence naming the tensor; null where they are. Sizes and ranges have been checked before.
   */
  readonly refusesTensors?: (grid: Grid, hyper: Hyper, tensors: Tensors) => string | null;
  /**
   * Families with an order of their own: the order in which the conditionals see the pixels and a sampler decides
   * them, each `[n]` pixels. More than one where the model is an ensemble over orders. Without it the order is that of
   * the hyper-parameter ORDER (shared/order.ts), else raster.
   */
  readonly orders?: (model: Model) => readonly Uint32Array[];
  /** What a sample draws before its first pixel, in a few words ("one of the components"); absent where nothing. */
  readonly latent?: string;
  /** Whether a sampler can jump to the next pixel that turns on: its references and programs have `firstFiring`. */
  readonly jumps?: boolean;
  /** Whether it has hidden units to look at: what its reference opens has `features`. */
  readonly features?: boolean;
  /** Families that know the texture common to all images and no shape: what a likelihood ratio is taken against. */
  readonly background?: boolean;
  /** Families of tables: the table of one pixel. */
  readonly tableOf?: (model: Model, pixel: number) => ConditionalTable;
}

/** A family with hyper-parameters and numbers: everything that scoring and sampling need. */
export interface Model {
  readonly family: string;
  readonly grid: Grid;
  readonly hyper: Hyper;
  readonly tensors: Tensors;
}

/** Which images to draw. Image number `indices[i]` is a function of (model, seed, indices[i], temperature) alone. */
export interface SampleRequest {
  readonly seed: number;
  /** [count] */
  readonly indices: Uint32Array<ArrayBuffer>;
  /** Divides every logit: 1 is the model itself, below 1 bolder, above 1 noisier. */
  readonly temperature: number;
  /**
   * Pixels that are given: the sampler takes them as they are instead of drawing them, and goes on. Latents are drawn as
   * always, so the images follow p(x) given these pixels only where all of them come first in the order and there is no latent.
   */
  readonly given?: KnownPixels | null;
}

// --- cpu: reference.ts -----------------------------------------------------------------------------------

/** One model opened for reading on the CPU. Synchronous: the caller chunks the work. Classifiers: see shared/classifier.ts. */
export interface CpuModel {
  /** log p of every image in nats, [count] f64. */
  logLikelihood(images: PackedImages): Float64Array<ArrayBuffer>;
  /**
   * Logit of p(x_i = 1 | x_<i) of every pixel of every image, [count, n] f32, entry i belonging to pixel i whatever
   * the order is. Logits, because a probability near 1 rounds to 1 in f32 and its surprise would then be infinite.
   * An ensemble over several orders has no such chain rule: it gives those of the order in which the image is likeliest.
   */
  conditionalLogits(images: PackedImages): Float32Array<ArrayBuffer>;
  sampler(request: SampleRequest): CpuSampler;
  /** Where `sampler` looks ahead: the same images, each pixel decided by itself. To compare with. */
  readonly plainSampler?: (request: SampleRequest) => CpuSampler;
  /**
   * Families that `jumps`: the same images, each iteration going straight to the next pixel that turns on. An image takes as many iterations as
   * it has pixels on, and one more, which finds none.
   */
  readonly firstFiring?: (request: SampleRequest) => CpuIterativeSampler;
  /** Classifiers alone: p(y|x) up to a constant an image, in nats, [count, CLASSES]. */
  readonly classLogits?: (images: PackedImages) => Float64Array<ArrayBuffer>;
  /** Families that can sum over pixels that are not known. */
  readonly marginal?: FamilyMarginal;
  /** Families with hidden units. */
  readonly features?: CpuFeatures;
  /**
   * Of families that are smooth in their inputs: how the logit of p(x_pixel = 1 | x_<pixel) of the first image changes with
   * each pixel before, pixels taken as real numbers: [n], exactly 0 from `pixel` on.
   */
  readonly inputGradient?: (images: PackedImages, pixel: number) => Float64Array<ArrayBuffer>;
}

/** Exact inference where not all pixels are known. */
export interface CpuMarginal {
  /** How it is done, in a few words: "by message passing along the tree". */
  readonly how: string;
  /** log p of the known pixels in nats, the others summed over, for every image, [count]. `known` is one image. */
  logMarginal(images: PackedImages, known: PackedImages): Float64Array<ArrayBuffer>;
  /**
   * Draws the unknown pixels from p(unknown | known), one image for each of `request.indices`; a function of (model,
   * known pixels, seed, index) alone. `request.given` are the known pixels; the temperature is not looked at.
   */
  complete(request: SampleRequest & { readonly given: KnownPixels }): PackedImages;
}

/** The exact inference of a family's own model. */
export interface FamilyMarginal extends CpuMarginal {
  /**
   * Where the known pixels come first in the order, their conditionals multiply to p(known) as well, and where their sum
   * alone is wanted the way of less work is taken.
   */
  work(known: PackedImages): ScoringWork;
  /**
   * What every known pixel adds: log p(x_i | the known pixels before i in `order`) in nats, [n], 0 at unknown ones; of one image. Where it
   * takes less than a marginal for every pixel.
   */
  readonly contributions?: (given: KnownPixels, order: Uint32Array) => Float64Array<ArrayBuffer>;
}

/** Rough work of scoring one image of many: exponentials and logarithms, a sum or a number read from a table counting a tenth. */
export interface ScoringWork {
  /** Of `logMarginal`. */
  readonly marginal: number;
  /** Of `conditionalLogits`, which gives all pixels' whichever are known. */
  readonly conditionals: number;
}

/** What a model has learnt to see. */
export interface CpuFeatures {
  /** Hidden units or components. */
  readonly units: number;
  /** One picture a unit, [units, n]: weights of any sign, or probabilities of ink. */
  readonly pictures: Float32Array<ArrayBuffer>;
  readonly kind: 'weights' | 'probabilities';
  /** The units' values for every image, all of its pixels seen, [count, units]. */
  activations(images: PackedImages): Float32Array<ArrayBuffer>;
  /**
   * Units that share one whole among them are nearly all or nothing. How near the others came is in their centred log-ratios,
   * log p_k minus its mean over k (Aitchison, "Principal component analysis of compositional data", Biometrika 70, 1983),
   * [count, units]; only of such units.
   */
  readonly logRatios?: (images: PackedImages) => Float32Array<ArrayBuffer>;
  /** Of units that are the components of a mixture. */
  readonly components?: ComponentUnits;
}

/** Units that are the components of a mixture, p(x) = sum over k of p(k) p(x | k). */
export interface ComponentUnits {
  /** p(k), [units] */
  readonly weights: Float32Array<ArrayBuffer>;
  /** log p(x, k) in nats of every image, [count, units]. */
  logJoint(images: PackedImages): Float32Array<ArrayBuffer>;
  /** Null where components have no trees. */
  readonly trees: ComponentTrees | null;
}

/** The trees of all components. */
export interface ComponentTrees {
  /** The parent of every pixel, -1 of the root, [units, n] */
  readonly parents: Int32Array<ArrayBuffer>;
  /** Mutual information of every pixel and its parent in nats, 0 of the root, [units, n] */
  readonly nats: Float32Array<ArrayBuffer>;
}

/**
 * Ancestral sampling in progress: every image has the first `position` pixels of its order decided. A latent (the
 * component of a mixture, the order of an ensemble) is drawn before the first pixel, from a stream of its own.
 */
export interface CpuSampler {
  readonly position: number;
  /** Decides up to `pixels` more pixels of every image; past the last pixel it does nothing. */
  advance(pixels: number): void;
  /** What is decided so far; undecided pixels are 0. A live view, not a copy. */
  readonly images: PackedImages;
}

/** A sampling method in progress: images may finish after different numbers of iterations. */
export interface CpuIterativeSampler {
  /** Iterations that each image took until it was finished, [count]; 0 while it is not. A live view. */
  readonly finished: Uint32Array<ArrayBuffer>;
  /** Runs up to `iterations` more iterations of every image that is not finished. */
  advance(iterations: number): void;
  /** The images so far; a live view. */
  readonly images: PackedImages;
}

/** Fits a counted family: add every image once, in any order, then finish. */
export interface CpuCounter {
  add(images: PackedImages): void;
  finish(): Tensors;
}

/** One iteration of EM: add every image once, in any order, then finish. */
export interface CpuEmIteration {
  /** Adds the images' expected statistics under the model; returns their summed log p in nats. */
  add(images: PackedImages): number;
  /** The tensors that maximise the expected log-likelihood. */
  finish(): Tensors;
}

/** What the pixels or the class of a batch's images should be. */
export interface Targets {
  /** Of a classifier: the class of every image, [count]. */
  readonly labels?: Uint8Array | null;
  /**
   * Soft targets: the probability of ink of every pixel, [count, n] f32, in the family's numbering of pixels. The loss of an image is then
   * -sum_i (t_i log p(x_i = 1 | x_<i) + (1 - t_i) log p(x_i = 0 | x_<i)), x being its bits. Without them t is x, and the loss -log p(x).
   */
  readonly soft?: Float32Array | null;
}

/** The gradient of one model whose weights change between two calls. */
export interface CpuGradient {
  /**
   * Overwrites `gradients` (shapes of the tensors) with the mean gradient over the batch of -log p(x), or of the loss that
   * `targets` say, at the weights that the model has now; returns the summed loss in nats.
   */
  gradient(batch: PackedImages, gradients: Tensors, targets?: Targets): number;
}

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
