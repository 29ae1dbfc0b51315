import type { PackedImages } from '../data/images.ts';
import type { Tensors } from './model.ts';
import type { Targets } from './training.ts';

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

/** The gradient of one model whose weights change between two calls. */
export interface CpuGradient {
  /**
   * Overwrites `gradients` (shapes of the tensors) with the mean gradient over the batch of -log p(x), or of the loss that
   * `targets` say, at the weights that the model has now; returns the summed loss in nats.
   */
  gradient(batch: PackedImages, gradients: Tensors, targets?: Targets): number;
}
