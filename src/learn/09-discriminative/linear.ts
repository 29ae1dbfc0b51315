import { logit, sigmoid } from '../../models/shared/math.ts';

/** The pixels of an image that have ink, ascending. */
export type Ink = ArrayLike<number>;

/** A classifier of two classes: the log odds of the first are `bias` plus the weights of the pixels with ink, in nats. */
export interface Linear {
  /** [n] */
  readonly weights: Float64Array<ArrayBuffer>;
  readonly bias: number;
}

/** Naive Bayes of two classes: the shares that it counted, and what each pixel adds to the log odds in either case. */
export interface Counted extends Linear {
  /** Share of the images of each class that have ink at a pixel, smoothed, [2][n]. */
  readonly shares: readonly [Float64Array<ArrayBuffer>, Float64Array<ArrayBuffer>];
  /** log p(first) - log p(second), before any pixel is seen. */
  readonly prior: number;
  /** What a pixel adds where it has ink, log theta_1 / theta_0, and where it has none, log (1 - theta_1) / (1 - theta_0): [n] each. */
  readonly inked: Float64Array<ArrayBuffer>;
  readonly blank: Float64Array<ArrayBuffer>;
}

/**
 * Naive Bayes' weight of a pixel: how much its ink, instead of none, changes the log odds of the first class, in nats. `one` and `other`
 * are the chances of ink in the two classes, between 0 and 1.
 */
export function naiveBayesWeight(one: number, other: number): number {
  return logit(one) - logit(other);
}

/** Naive Bayes of the two lists of images: counted, with `strength` imagined images a class, half of them with ink at a pixel. */
export function countPair(one: readonly Ink[], other: readonly Ink[], n: number, strength: number): Counted {
  const shares = [sharesOf(one, n, strength), sharesOf(other, n, strength)] as const;
  const [first, second] = shares;
  const inked = first.map((share, i) => Math.log(share / second[i]));
  const blank = first.map((share, i) => Math.log1p(-share) - Math.log1p(-second[i]));
  const prior = Math.log((one.length + 1) / (other.length + 1));
  return {
    shares,
    prior,
    inked,
    blank,
    weights: first.map((share, i) => naiveBayesWeight(share, second[i])),
    bias: blank.reduce((sum, nats) => sum + nats, prior),
  };
}

/** Share of images with ink at every pixel, [n], after `strength` imagined ones of which half have ink. */
export function sharesOf(images: readonly Ink[], n: number, strength: number): Float64Array<ArrayBuffer> {
  const shares = new Float64Array(n).fill(strength / 2);
  for (const ink of images) for (let at = 0; at < ink.length; at++) shares[ink[at]]++;
  return shares.map((count) => count / (images.length + strength));
}

/** Step of the gradient; chosen once, on digits of MNIST that are not among the starter digits. */
const RATE = 0.1;

/**
 * Logistic regression after `steps` steps of gradient descent from zero: each adds the mean over all images of (answer wanted - answer
 * given) to the weights of the pixels with ink.
 */
export function descendPair(one: readonly Ink[], other: readonly Ink[], n: number, steps: number): Linear {
  const weights = new Float64Array(n);
  const gradient = new Float64Array(n);
  const images = [...one, ...other];
  let bias = 0;
  for (let step = 0; step < steps; step++) {
    gradient.fill(0);
    let level = 0;
    images.forEach((ink, m) => {
      const missing = Number(m < one.length) - sigmoid(logOdds({ weights, bias }, ink));
      level += missing;
      for (let at = 0; at < ink.length; at++) gradient[ink[at]] += missing;
    });
    const rate = RATE / images.length;
    bias += rate * level;
    for (let i = 0; i < n; i++) weights[i] += rate * gradient[i];
  }
  return { weights, bias };
}

/** log p(first class given the image) - log p(second), in nats. */
export function logOdds({ weights, bias }: Linear, ink: Ink): number {
  let sum = bias;
  for (let at = 0; at < ink.length; at++) sum += weights[ink[at]];
  return sum;
}

/** How many of the log odds name the right class: above 0 for the first, [one], below for the second, [other]. Ties count as wrong. */
export function rightOf(one: readonly number[], other: readonly number[]): number {
  return one.filter((odds) => odds > 0).length + other.filter((odds) => odds < 0).length;
}
