import type { Grid } from '../data/images.ts';
import type { Hyper, Model, Tensors } from './model.ts';
import type { DescentRecipe, TrainingSteps } from './training.ts';

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
  /** Its value in models that were made before the family had it; absent where the family always had it. */
  readonly beforeItExisted?: number;
  /** Its values in the presets where they are not the default. */
  readonly presets?: Readonly<Partial<Record<Preset, number>>>;
  /** Values with names of their own, by value from `min` on: shown as a choice instead of a number. */
  readonly choices?: readonly string[];
  /** What the page calls them where a word of a command line would say too little. */
  readonly choiceWords?: readonly string[];
}

export interface TensorShape {
  readonly name: string;
  readonly shape: readonly number[];
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
   * Images a second in training at the defaults, 28 x 28, on two cores (Intel Xeon) in WebAssembly SIMD, as docs/results.md has it: from
   * which durations on other machines are guessed until one has been measured there.
   */
  readonly imagesPerSecond?: number;
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
  /** Whether a model can be written as an ONNX graph: its folder has `onnx.ts`. */
  readonly onnx?: boolean;
  /** Families that know the texture common to all images and no shape: what a likelihood ratio is taken against. */
  readonly background?: boolean;
  /** Families of tables: the table of one pixel. */
  readonly tableOf?: (model: Model, pixel: number) => ConditionalTable;
}
