import type { PackedImages } from '../data/images.ts';

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
