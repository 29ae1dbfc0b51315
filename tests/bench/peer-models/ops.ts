/**
 * What the other libraries have in common. Each family is written once in these operations (the files beside this one); each library runs them in
 * its own way (contenders/tfjs.ts, jax.ts, ort.ts). A map is an image of channels in the layout that the library prefers.
 */
import type { Model } from '../../../src/models/model.ts';

/** A kernel sees `rows` rows, the last of them the pixel's own, and `columns` columns around it. */
export interface KernelShape {
  readonly rows: number;
  readonly columns: number;
  readonly inputs: number;
  readonly outputs: number;
}

/** Numbers of a model in the form that a library stores its own way. */
export type Constant =
  | { readonly kind: 'array'; readonly shape: readonly number[]; readonly values: Float32Array }
  /** `values` is [rows, columns, inputs, outputs]. */
  | { readonly kind: 'kernel'; readonly shape: KernelShape; readonly values: Float32Array }
  /** One number a channel. */
  | { readonly kind: 'channels'; readonly values: Float32Array }
  /** [n, channels] */
  | { readonly kind: 'pixels'; readonly values: Float32Array };

export type Constants = Readonly<Record<string, Constant>>;
export type Values<T> = Readonly<Record<string, T>>;

export interface Ops<T> {
  /** Shapes that differ are broadcast. */
  add(a: T, b: T): T;
  subtract(a: T, b: T): T;
  multiply(a: T, b: T): T;
  divide(a: T, b: T): T;
  /** Of two matrices. */
  product(a: T, b: T): T;
  sigmoid(a: T): T;
  softplus(a: T): T;
  relu(a: T): T;
  elu(a: T): T;
  root(a: T): T;
  /** 1 where a < b, else 0. */
  less(a: T, b: T): T;
  scalar(value: number): T;
  /** Along the last axis, which stays with length 1. */
  sum(a: T): T;
  /** Of [images, n, width] along n, each without itself. */
  sumsBefore(a: T): T;
  /** The last shape may hold one -1. */
  reshape(a: T, shape: readonly number[]): T;
  /** Column number `place`, a tensor of one integer, of a matrix: [images, 1]. */
  column(a: T, place: T): T;
  /** [images, n] as a map of one channel, and back. */
  toMap(a: T): T;
  fromMap(a: T): T;
  /** Features at and before every pixel: outside the image they are 0. */
  convolve(map: T, kernel: T, shape: KernelShape, dilation: number): T;
  /** The mean over the channels of a map, which stay one. */
  channelMean(map: T): T;
  /** Of a map, in raster order, each pixel without itself. */
  mapSumsBefore(map: T): T;
}

/** A model that goes from pixel to pixel with a state of its own, so that drawing a pixel does not need the whole network again. */
export interface Recurrence {
  /** Whether images are scored from pixel to pixel, too: all pixels at once would need much memory. */
  readonly scores: boolean;
  /** The name of the constant that is the state of every image before the first pixel, [width]. */
  readonly initial: string;
  /** Names of the constants of which each pixel sees one row. */
  readonly rows: readonly string[];
  /** Logit of the pixel number `place`, [images, 1], from the state, [images, width]. */
  readonly logit: <T>(ops: Ops<T>, state: T, rows: readonly T[], place: T) => T;
  /** The state after the pixel, x being [images, 1]. */
  readonly next: <T>(ops: Ops<T>, state: T, rows: readonly T[], x: T) => T;
}

/** A family as the other libraries compute it. */
export interface PeerModel {
  readonly constants: Constants;
  /** Names of the constants that are learnt. */
  readonly learnt: readonly string[];
  /** Logits of all pixels at once, [images, n] of x, [images, n]. */
  logits<T>(ops: Ops<T>, constants: Values<T>, x: T): T;
  readonly recurrence?: Recurrence;
  /** 1 where a learnt constant is free and 0 where it stays 0, of those that are not free everywhere. */
  readonly masks: Constants;
  /** Images that are scored at a time, and learnt from at a time: more would need too much memory. */
  readonly scoredAtOnce: number;
  readonly learntAtOnce: number;
}

export type OpenPeerModel = (model: Model) => PeerModel;

/** The constants with what is masked at 0, so that their derivatives are 0 there. */
export function masked<T>(ops: Ops<T>, own: Values<T>, masks: Values<T>): Values<T> {
  const kept = Object.entries(masks).map(([name, mask]) => [name, ops.multiply(own[name], mask)] as const);
  return { ...own, ...Object.fromEntries(kept) };
}

/** log p in nats, [images, 1], from the logits. */
export function logLikelihood<T>(ops: Ops<T>, z: T, x: T): T {
  return ops.sum(ops.subtract(ops.multiply(x, z), ops.softplus(z)));
}
