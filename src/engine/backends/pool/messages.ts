import type { Grid, PackedImages } from '../../../data/images.ts';
import type { Hyper, Model } from '../../../models/model.ts';
import type { SampleRequest } from '../../../models/sampling.ts';
import type { Targets } from '../../../models/training.ts';

/** Description of the SIMD that the thread computes with; null where it uses typed arrays. A worker uses the same, or refuses. */
export type SimdUsed = string | null;

/** What a worker keeps under a number until it is told to forget it. */
export type Kept =
  | { readonly kind: 'model'; readonly model: Model; readonly simd: SimdUsed }
  /** A sampler of the model of another number. */
  | { readonly kind: 'sampler'; readonly model: number; readonly request: SampleRequest };

/** What of an opened model is read. */
export type ReadKind = 'logLikelihood' | 'conditionalLogits' | 'classLogits';

/** The gradient of some images, as CpuGradient.gradient gives it. */
export interface GradientTask {
  readonly kind: 'gradient';
  readonly family: string;
  readonly grid: Grid;
  readonly hyper: Hyper;
  readonly simd: SimdUsed;
  /** Names and lengths of the tensors, in the order in which `numbers` holds them. */
  readonly sizes: readonly (readonly [name: string, length: number])[];
  /** The weights, one tensor after the other. The answer holds the gradients in the same memory. */
  readonly numbers: Float32Array<ArrayBuffer>;
  readonly batch: PackedImages;
  readonly targets: Targets;
}

/** What a worker is asked. */
export type Task =
  | GradientTask
  | { readonly kind: 'read'; readonly of: number; readonly what: ReadKind; readonly images: PackedImages }
  | { readonly kind: 'advance'; readonly of: number; readonly pixels: number }
  | { readonly kind: 'images'; readonly of: number }
  /** Products of square matrices, `times` of them: see openThreadProduct. */
  | {
      readonly kind: 'product';
      readonly side: number;
      readonly times: number;
      readonly simd: SimdUsed;
    };

/** What it answers. */
export interface Answers {
  readonly read: Float64Array<ArrayBuffer> | Float32Array<ArrayBuffer>;
  readonly gradient: { readonly numbers: Float32Array<ArrayBuffer>; readonly nats: number };
  readonly advance: null;
  readonly images: PackedImages;
  readonly product: null;
}

/** To a worker. Only calls are answered. */
export type Message =
  | { readonly keep: number; readonly kept: Kept }
  | { readonly forget: number }
  | { readonly call: number; readonly task: Task };

/** From a worker: once that it is ready, then one answer a call. */
export type Answer =
  | { readonly ready: true }
  | { readonly call: number; readonly value: Answers[Task['kind']] }
  | { readonly call: number; readonly error: string };

/** Tensors that lie one after the other in `numbers`, as views. Throws where the sizes do not fill it. */
export function viewsOf(
  sizes: GradientTask['sizes'],
  numbers: Float32Array<ArrayBuffer>,
): Record<string, Float32Array<ArrayBuffer>> {
  let at = 0;
  const views = sizes.map(([name, length]) => [name, numbers.subarray(at, (at += length))] as const);
  if (at !== numbers.length) throw new RangeError(`numbers: ${numbers.length}, but the tensors hold ${at}`);
  return Object.fromEntries(views);
}
