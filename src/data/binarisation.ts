/**
 * How grey levels become bits. It is part of a data set's identity: the same model moves by 14 to 24 nats
 * between these, so no log-likelihood is ever shown without it.
 * - threshold: on where grey >= 128
 * - stochastic: on with probability grey / 255, drawn once (epoch 0) from the seed
 * - dynamic: the same draw, made afresh every epoch
 * - none: the images hold 0 and 255 only
 */
export type Binarisation =
  | { readonly kind: 'threshold' }
  | { readonly kind: 'none' }
  | { readonly kind: 'stochastic'; readonly seed: number }
  | { readonly kind: 'dynamic'; readonly seed: number };
