/** What a training run is given and leaves behind, as data: it is stored, and passed between the page and the worker. */
import type { Binarisation } from '../data/binarisation.ts';
import type { Grid } from '../data/images.ts';
import type { Hyper, Tensors } from './model.ts';

export type BackendKind = 'webgpu' | 'cpu';

/**
 * What the pixels of a descended density should be, where bits are drawn afresh in every epoch: the bits that were drawn (`sampled`), or
 * their grey levels (`soft`), which is the expectation of the loss over all draws. The pixels that are looked at are drawn in both.
 */
export type TargetKind = 'soft' | 'sampled';

/** What every run needs beside its images. */
export interface RunSettings {
  readonly runId: string;
  readonly family: string;
  readonly grid: Grid;
  readonly hyper: Hyper;
  readonly binarisation: Binarisation;
  /** Images held back for validation: this share of them, at most 5,000. */
  readonly validationShare: number;
  readonly seed: number;
}

/** Weights and Adam's moments after `step` steps: all that a run needs to resume, bit for bit. What is missing is not kept. */
export interface LearnerState {
  readonly step: number;
  readonly tensors: Tensors;
  readonly firstMoments: Tensors;
  readonly secondMoments: Tensors;
  /** Moving averages of the weights. */
  readonly averages?: Tensors;
  /** Running mean of the gradients' lengths, 0 before the first step: what gradients are clipped by. Not of a class-conditional model. */
  readonly gradientLength?: number;
  /** Of a class-conditional model: the steps that each class model has taken, [CLASSES]. */
  readonly classSteps?: readonly number[];
  /** The same of the running means of gradients' lengths, [CLASSES]. */
  readonly classLengths?: readonly number[];
  /**
   * Into how many parts the cpu backend cuts a batch, whose gradients it adds; the last bits of the weights depend on it. Absent before the first
   * step on the cpu, which chooses it.
   */
  readonly shards?: number | undefined;
}

/** The weights that are validated, shown and kept: the averages where there are any. */
export function shownTensors({ tensors, averages }: Pick<LearnerState, 'tensors' | 'averages'>): Tensors {
  return averages ?? tensors;
}

/** One point of a training curve. */
export interface CurvePoint {
  readonly step: number;
  readonly epoch: number;
  /** Mean -log p in nats of the batches since the previous point; null for a point of validation only. */
  readonly train: number | null;
  /** Mean -log p in nats of the validation images; null between evaluations. */
  readonly validation: number | null;
}

/** All that a run needs to resume with the same result as without the interruption. */
export interface Checkpoint {
  readonly runId: string;
  readonly step: number;
  readonly state: LearnerState;
  /** Weights with the lowest validation loss so far. */
  readonly best: {
    readonly tensors: LearnerState['tensors'];
    readonly validation: number;
    readonly step: number;
  } | null;
  readonly curve: readonly CurvePoint[];
  readonly seconds: number;
}

export interface Estimate {
  readonly nats: number;
  readonly standardError: number;
  readonly images: number;
}

/**
 * What a model's record would not say otherwise of how its weights were made: with the rest of the record, all that another machine needs to
 * make the same ones.
 */
export interface RunRecipe {
  /** Of the code: RECIPE_VERSION in src/app/recipes/recipe.ts. */
  readonly version: number;
  /** Those that were planned: a run may end by itself before. */
  readonly epochs: number;
  readonly batchSize: number;
  readonly learningRate: number;
  /** 1 where batches were not cut. */
  readonly shards: number;
  /** `arithmeticOf` in src/app/recipes/fingerprint.ts. */
  readonly arithmetic: string;
  /** CRC-32 of the images and their labels as they were given to the run, eight hexadecimal digits. */
  readonly content: string;
}
